#include "optim/sm3.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void SM3Options::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "beta", beta, "eps", eps); }

void SM3::check_options(const SM3Options& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_range(type, "beta", o.beta, 0, 1);
}

void SM3::update(const Tensor& w, Tensor g, SM3State& s, const SM3Options& o) {
  s.step++;
  int rank = std::max(g.dim(), 1);
  check<ShapeError>(rank <= int(s.accumulators.size()), "SM3: expected at most ", s.accumulators.size(), " axes but a parameter is ", w.shape());
  if (g.dim() == 0) g = reshape(g, {1});
  Tensor least;
  for (int i = 0; i < rank; i++) {
    Tensor& a = s.accumulators[size_t(i)];
    Shape shape(rank, 1);
    shape[i] = g.size(i);
    if (!a.defined()) a = zeros_raw(shape, g.dtype());
    check<StateError>(a.shape() == shape, "SM3: accumulator_", i, " of the state is ", a.shape(), " but the parameter is ", w.shape());
    least = least.defined() ? minimum(least, a) : a;
  }
  Tensor u = o.beta > 0 ? o.beta * least + (1 - o.beta) * square(g) : least + square(g);
  for (int i = 0; i < rank; i++) {
    Tensor& a = s.accumulators[size_t(i)];
    std::vector<int64_t> others;
    for (int k = 0; k < rank; k++)
      if (k != i) others.push_back(k);
    Tensor top = others.empty() ? u : amax(u, Shape(std::span<const int64_t>(others)), true);
    a = o.beta > 0 ? maximum(a, top) : top;
  }
  Tensor d = reshape(g / sqrt(u + o.eps), w.shape());
  if (o.momentum > 0) {
    average_in(s.momentum_buffer, d, o.momentum);
    d = s.momentum_buffer;
  }
  add_in_place(w, d, -o.lr);
}

void SM3State::visit(Visitor& v) {
  for (size_t i = 0; i < accumulators.size(); i++) v.state(text("accumulator_", i), accumulators[i]);
  list_states(v, "momentum_buffer", momentum_buffer, "step", step);
}

template class Method<SM3, SM3Options, SM3State>;

}  // namespace tare::optim
