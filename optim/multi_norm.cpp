#include "optim/multi_norm.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"
#include "optim/sweep.h"

namespace tare::optim {
namespace {

constexpr double kSmallest = 1e-15;

Tensor projection(const Tensor& x, const std::string& name) {
  double m = double(x.size(0)), n = double(x.size(1));
  if (name == "row") return x * (std::sqrt(n) / clamp(norm(x, 2, {1}, true), kSmallest));
  if (name == "column") return x * (std::sqrt(m) / clamp(norm(x, 2, {0}, true), kSmallest));
  if (name == "frobenius") return x * (std::sqrt(m * n) / std::max(norm_of(x), kSmallest));
  if (name == "sign") return sign(x);
  check<ConfigError>(name == "spectral", "multi_normalize: unknown norm \"", name,
                     "\"; there are \"row\", \"column\", \"frobenius\", \"sign\" and \"spectral\"");
  return polar_factor(x) * std::sqrt(std::max(m, n));
}

}  // namespace

Tensor multi_normalize(const Tensor& x, const std::vector<std::string>& norms, int64_t num_iters) {
  check<ShapeError>(x.dim() == 2, "multi_normalize: expected a matrix but the input is ", x.shape());
  check<ConfigError>(num_iters >= 1 && !norms.empty(), "multi_normalize: expected at least one norm and one iteration, not ", norms.size(), " and ", num_iters);
  Tensor y = x;
  for (int64_t k = 0; k < num_iters; k++)
    for (const std::string& name : norms) y = projection(y, name);
  return y;
}

Tensor sr_sinkhorn(const Tensor& x, int64_t num_iters) { return multi_normalize(x, {"row", "column"}, num_iters); }

void stateless_step(const Tensor& w, const Tensor& g, double lr, double weight_decay, const std::function<Tensor(const Tensor&)>& matrix_rule) {
  if (w.numel() == 0) return;
  if (weight_decay > 0) scale_in_place(w, 1 - lr * weight_decay);
  if (w.dim() >= 2) return add_in_place(w, reshape(matrix_rule(as_matrix(g)), w.shape()), -lr);
  add_in_place(w, g, -lr * std::sqrt(double(w.numel())) / std::max(norm_of(g), kSmallest));
}

void SinkGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "num_iters", num_iters, "weight_decay", weight_decay); }
void MultiNormGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "norms", norms, "num_iters", num_iters, "weight_decay", weight_decay); }

void SinkGD::check_options(const SinkGDOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.num_iters >= 1, "SinkGD: num_iters must be at least 1, not ", o.num_iters);
}
void MultiNormGD::check_options(const MultiNormGDOptions& o) {
  Method::check_options(o);
  multi_normalize(zeros_raw({1, 1}, DType::float64), o.norms, o.num_iters);  // names and counts are checked there
}

namespace {

/// The squares of by x_i columns_i: in single precision, and again in double where those are too small or too large for it.
template <class T>
[[gnu::always_inline]] inline double squares_of(const T* x, const T* columns, int64_t n, double factor) {
  constexpr int64_t kLanes = 16, kChunk = 256;
  T by = T(factor);
  double squares = 0;
  for (int64_t at = 0; at < n; at += kChunk) {
    int64_t end = std::min(n, at + kChunk), i = at;
    T lanes[kLanes] = {};
    for (; i + kLanes <= end; i += kLanes)
      for (int64_t k = 0; k < kLanes; k++) {
        T scaled = by * x[i + k] * columns[i + k];
        lanes[k] += scaled * scaled;
      }
    for (; i < end; i++) lanes[0] += (by * x[i] * columns[i]) * (by * x[i] * columns[i]);
    for (T lane : lanes) squares += double(lane);
  }
  if (squares > 1e-25 * double(n) && squares < 1e30) return squares;
  squares = 0;
  for (int64_t i = 0; i < n; i++) {
    double scaled = factor * double(x[i]) * double(columns[i]);
    squares += scaled * scaled;
  }
  return squares;
}

/// One iteration of SR-Sinkhorn on row_i g_ij column_j: at_row makes row i anew, the sweep gathers the columns' squares.
template <class T>
struct SinkhornRule {
  static constexpr Fold fold = Fold::sum;
  static constexpr bool by_column = true;
  const T *g, *columns;
  int64_t n;
  double* rows;
  T row = 0;
  [[gnu::always_inline]] void at_row(int64_t r) {
    double squares = squares_of(g + r * n, columns, n, rows[r]);
    if (squares > 0) rows[r] *= std::sqrt(double(n)) / std::max(std::sqrt(squares), kSmallest);  // a row of zeros keeps its factor
    row = T(rows[r]);
  }
  T operator()(T&, T x, T column) const {
    T scaled = row * x * column;
    return scaled * scaled;
  }
};

template <class T>
struct SinkStep {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = true;
  const double* rows;
  T shrink, lr, row = 0;
  void at_row(int64_t r) { row = T(rows[r]); }
  void operator()(T& w, T g, T column) const { w = shrink * w - lr * (row * g * column); }
};

/// stateless_step with sr_sinkhorn, without its matrices.
void sink_step(const Tensor& w, const Tensor& g, double lr, double weight_decay, int64_t num_iters) {
  if (w.dim() < 2 || w.numel() == 0) return stateless_step(w, g, lr, weight_decay, [](const Tensor& x) { return x; });
  write_guard("SinkGD", w);
  dispatch_floating("SinkGD", w.dtype(), [&]<class T>() {
    MatrixShape shape = MatrixShape::rows_of_first(w);
    std::vector<double> rows(size_t(shape.rows), 1.0);
    std::vector<T> columns(size_t(shape.columns), T(1));
    for (int64_t k = 0; k < num_iters; k++) {
      Swept x = sweep(SinkhornRule<T>{g.data<T>(), columns.data(), shape.columns, rows.data()}, shape, w.mutable_data<T>(), g.data<T>(), columns.data());
      for (size_t j = 0; j < columns.size(); j++)
        if (x.columns[j] > 0) columns[j] = T(double(columns[j]) * std::sqrt(double(shape.rows)) / std::max(std::sqrt(x.columns[j]), kSmallest));
    }
    sweep(SinkStep<T>{rows.data(), T(1 - lr * weight_decay), T(lr)}, shape, w.mutable_data<T>(), g.data<T>(), columns.data());
  });
}

}  // namespace

void SinkGD::update(const Tensor& w, const Tensor& g, NoState&, const SinkGDOptions& o) { sink_step(w, g, o.lr, o.weight_decay, o.num_iters); }
void MultiNormGD::update(const Tensor& w, const Tensor& g, NoState&, const MultiNormGDOptions& o) {
  if (o.norms == std::vector<std::string>{"row", "column"}) return sink_step(w, g, o.lr, o.weight_decay, o.num_iters);
  stateless_step(w, g, o.lr, o.weight_decay, [&](const Tensor& x) { return multi_normalize(x, o.norms, o.num_iters); });
}

template class Method<SinkGD, SinkGDOptions>;
template class Method<MultiNormGD, MultiNormGDOptions>;

}  // namespace tare::optim
