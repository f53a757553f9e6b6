#include "optim/multi_norm.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"

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

void SinkGD::update(const Tensor& w, Tensor g, NoState&, const SinkGDOptions& o) {
  stateless_step(w, g, o.lr, o.weight_decay, [&](const Tensor& x) { return sr_sinkhorn(x, o.num_iters); });
}
void MultiNormGD::update(const Tensor& w, Tensor g, NoState&, const MultiNormGDOptions& o) {
  stateless_step(w, g, o.lr, o.weight_decay, [&](const Tensor& x) { return multi_normalize(x, o.norms, o.num_iters); });
}

template class Method<SinkGD, SinkGDOptions>;
template class Method<MultiNormGD, MultiNormGDOptions>;

}  // namespace tare::optim
