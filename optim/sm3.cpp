#include "optim/sm3.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/sweep.h"

namespace tare::optim {

void SM3Options::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "beta", beta, "eps", eps); }

void SM3::check_options(const SM3Options& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_range(type, "beta", o.beta, 0, 1);
}

namespace {

template <class T>
struct SM3Rule {
  static constexpr Fold fold = Fold::largest;  // u
  static constexpr bool by_column = true;
  const T* rows;  // the least accumulator of the leading axes
  T keep, fresh, eps, lr;
  Ema<T> average;
  T row = 0;
  void at_row(int64_t r) { row = rows[r]; }
  template <class... M>
  T operator()(T& w, T g, T column, M&... m) const {
    T u = keep * (row < column ? row : column) + fresh * (g * g), d = g / std::sqrt(u + eps);
    if constexpr (sizeof...(M) > 0) ((d = m = average(m, d)), ...);
    w -= lr * d;
    return u;
  }
};

template <class T>
Tensor as_tensor(const std::vector<double>& x, const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  std::copy(x.begin(), x.end(), t.mutable_data<T>());
  return t;
}

}  // namespace

void SM3::update(const Tensor& w, const Tensor& g, SM3State& s, const SM3Options& o) {
  s.step++;
  int rank = std::max(g.dim(), 1);
  check<ShapeError>(rank <= int(s.accumulators.size()), "SM3: expected at most ", s.accumulators.size(), " axes but a parameter is ", w.shape());
  Shape leading = w.dim() > 0 ? w.shape() : Shape{1};
  Tensor least;
  for (int i = 0; i < rank; i++) {
    Tensor& a = s.accumulators[size_t(i)];
    Shape shape(rank, 1);
    shape[i] = leading[i];
    if (!a.defined()) a = zeros_raw(shape, g.dtype());
    check<StateError>(a.shape() == shape, "SM3: accumulator_", i, " of the state is ", a.shape(), " but the parameter is ", w.shape());
    if (i < rank - 1) least = least.defined() ? minimum(least, a) : a;
  }
  leading[rank - 1] = 1;
  if (!least.defined()) least = full(leading, INFINITY, g.dtype());
  least = contiguous(least);
  write_guard("SM3", w);
  dispatch_floating(type, w.dtype(), [&]<class T>() {
    Tensor& last = s.accumulators[size_t(rank - 1)];
    SM3Rule<T> rule{least.data<T>(), T(o.beta > 0 ? o.beta : 1), T(1 - o.beta), T(o.eps), T(o.lr), Ema<T>(o.momentum)};
    MatrixShape shape = MatrixShape::rows_of_last(w);
    T* weights = w.mutable_data<T>();
    Swept u = o.momentum > 0 ? sweep(rule, shape, weights, g.data<T>(), last.data<T>(), static_cast<T*>(detail::ready(type, s.momentum_buffer, w)))
                             : sweep(rule, shape, weights, g.data<T>(), last.data<T>());
    if (w.numel() == 0) return;
    Tensor rows = as_tensor<T>(u.rows, leading, w.dtype());
    for (int i = 0; i < rank; i++) {
      Tensor& a = s.accumulators[size_t(i)];
      std::vector<int64_t> others;
      for (int k = 0; k < rank - 1; k++)
        if (k != i) others.push_back(k);
      Tensor top = i == rank - 1 ? as_tensor<T>(u.columns, a.shape(), w.dtype()) : others.empty() ? rows : amax(rows, Shape(std::span<const int64_t>(others)), true);
      a = o.beta > 0 ? maximum(a, top) : top;
    }
  });
}

void SM3State::visit(Visitor& v) {
  for (size_t i = 0; i < accumulators.size(); i++) v.state(text("accumulator_", i), accumulators[i]);
  list_states(v, "momentum_buffer", momentum_buffer, "step", step);
}

template class Method<SM3, SM3Options, SM3State>;

}  // namespace tare::optim
