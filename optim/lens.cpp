#include "optim/lens.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

template <class T>
struct LensSGDRule {
  static constexpr auto tensors = std::tuple<>{};
  T lr;
  LensSGDRule(NoState&, const LensSGDOptions& o) : lr(T(o.lr)) {}
  void operator()(T& p, T dp) const { p -= lr * dp; }
};

template <class T>
struct LensMomentumRule {
  static constexpr auto tensors = std::tuple{&VelocityState::velocity};
  T lr, momentum;
  LensMomentumRule(VelocityState&, const LensMomentumOptions& o) : lr(T(o.lr)), momentum(T(o.momentum)) {}
  void operator()(T& p, T dp, T& v) const {
    v = momentum * v + lr * dp;
    p -= v;
  }
};

template <class T>
struct LensNesterovRule : LensMomentumRule<T> {
  using LensMomentumRule<T>::LensMomentumRule;
  void operator()(T& p, T dp, T& v) const {
    v = this->momentum * v - this->lr * dp;
    p += v;
  }
};

template <class T>
struct LensAdagradRule {
  static constexpr auto tensors = std::tuple{&LensAdagradState::sum};
  T lr, eps;
  LensAdagradRule(LensAdagradState&, const LensAdagradOptions& o) : lr(T(o.lr)), eps(T(o.eps)) {}
  void operator()(T& p, T dp, T& sum) const {
    sum += dp * dp;
    p -= dp == 0 ? T(0) : lr * dp / (eps + std::sqrt(sum));
  }
};

template <class T>
struct LensAdamRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T step_size, inverse_root, eps;
  LensAdamRule(MomentsState& s, const LensAdamOptions& o) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    double t = double(++s.step);
    step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& p, T dp, T& m, T& v) const {
    m = first(m, dp);
    v = second(v, dp * dp);
    p -= step_size * m / (eps + std::sqrt(v) * inverse_root);
  }
};

using Pair = std::pair<Tensor, Tensor>;
using Result = Lens<Tensor, Tensor>::Result;
using PairResult = Lens<Pair, Tensor>::Result;

Tensor mod2(const Tensor& x) { return kernels::remainder(x, 2); }

void check_bits(std::string_view who, std::initializer_list<Tensor> all) {
  for (const Tensor& t : all)
    check<DTypeError>(t.dtype() == DType::int64, who, ": expected int64 tensors of 0 and 1 but found ", t.dtype());
}

}  // namespace

void LensSGDOptions::visit(Visitor& v) { list_options(v, "lr", lr); }
void LensMomentumOptions::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum); }
void LensAdagradOptions::visit(Visitor& v) { list_options(v, "lr", lr, "eps", eps); }
void LensAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps); }
void VelocityState::visit(Visitor& v) { list_states(v, "velocity", velocity); }
void LensAdagradState::visit(Visitor& v) { list_states(v, "sum", sum); }

void LensSGD::apply(Step& s) { fuse<LensSGDRule>(s, *this); }
void LensMomentum::apply(Step& s) { fuse<LensMomentumRule>(s, *this); }
void LensAdagrad::apply(Step& s) { fuse<LensAdagradRule>(s, *this); }
void LensAdam::apply(Step& s) { fuse<LensAdamRule>(s, *this); }

Tensor LensNesterov::evaluation_weight(size_t i, const Tensor& w) const {
  const VelocityState* state = state_or_null(i);
  return state && state->velocity.defined() ? kernels::add(w, kernels::mul(state->velocity, options().momentum)) : Tensor();
}

void LensNesterov::apply(Step& s) {
  if (s.closure) {
    Excursion away(s);
    Tensors ahead(s.size());
    for (size_t i = 0; i < s.size(); i++)
      if (has_state(i) && state(i).velocity.defined()) ahead[i] = kernels::mul(state(i).velocity, options(s.groups[i]).momentum);
    away.to(ahead);
    away.evaluate(type);
  }
  fuse<LensNesterovRule>(s, *this);
}

Lens<Tensors, Tensor> tape_lens(std::function<Tensor(const Tensors&)> f) {
  return {[f](const Tensors& x) {
    EnableGrad on;
    Tensors leaves;
    for (const Tensor& t : x) leaves.push_back(is_floating(t.dtype()) ? t.detach().set_requires_grad() : t);
    Tensor y = f(leaves);
    return Lens<Tensors, Tensor>::Result{y.detach(), [leaves, y](const Tensor& dy) {
                                           Tensors wanted, changes(leaves.size());
                                           for (const Tensor& t : leaves)
                                             if (t.requires_grad()) wanted.push_back(t);
                                           Tensors found = grad({y}, wanted, {.grad_outputs = {dy}, .retain_graph = true, .allow_unused = true});
                                           for (size_t i = 0, k = 0; i < leaves.size(); i++)
                                             if (leaves[i].requires_grad()) changes[i] = found[k].defined() ? found[k] : zeros_like(wanted[k]), k++;
                                           return changes;
                                         }};
  }};
}

Para<Tensor, Tensor, Tensor> linear_lens() {
  return {{[](const Pair& in) {
    return PairResult{mv(in.first, in.second), [in](const Tensor& d) { return Pair{outer(d, in.second), mv(transpose(in.first), d)}; }};
  }}};
}

Para<Tensor, Tensor, Tensor> bias_lens() {
  return {{[](const Pair& in) { return PairResult{in.second + in.first, [](const Tensor& d) { return Pair{d, d}; }}; }}};
}

Lens<Tensor, Tensor> sigmoid_lens() {
  return {[](const Tensor& z) {
    Tensor y = sigmoid(z);
    return Result{y, [y](const Tensor& d) { return d * y * (1 - y); }};
  }};
}

Para<Tensor, Tensor, Tensor> z2_lookup_lens() {
  return {{[](const Pair& in) {
    Tensor value = lens_z2_lookup(in.first, in.second, scalar(0, DType::int64))[0];
    return PairResult{value, [in](const Tensor& d) {
                        Tensors all = lens_z2_lookup(in.first, in.second, d);
                        return Pair{all[1], all[2]};
                      }};
  }}};
}

Lens<Tensor, Tensor> gd_lens(double lr) {
  return {[lr](const Tensor& p) { return Result{p, [p, lr](const Tensor& dp) { return p - dp * lr; }}; }};
}

Lens<Tensor, Tensor> z2_gd_lens() {
  return {[](const Tensor& p) { return Result{p, [p](const Tensor& dp) { return mod2(p + dp); }}; }};
}

Lens<Tensor, Tensor> squared_error_lens(Tensor y) {
  return {[y](const Tensor& predicted) {
    Tensor wrong = predicted - y;
    return Result{0.5 * sum(square(wrong)), [wrong](const Tensor& d) { return wrong * d; }};
  }};
}

Lens<Tensor, Tensor> z2_error_lens(Tensor y) {
  return {[y](const Tensor& predicted) {
    Tensor wrong = mod2(predicted + y);
    return Result{wrong, [wrong](const Tensor& d) { return mod2(wrong * d); }};
  }};
}

Tensors lens_dense_sigmoid(const Tensor& m, const Tensor& b, const Tensor& x, const Tensor& dy) {
  auto out = ((linear_lens() >> bias_lens()).lens >> sigmoid_lens()).run({{b, m}, x});
  auto [parameters, dx] = out.rev(dy);
  return {out.value, parameters.second, parameters.first, dx};
}

Tensor lens_nesterov_quadratic(const Tensor& p0, const Tensor& a, double lr, double momentum, int64_t steps) {
  check<ShapeError>(p0.dim() == 1 && a.shape() == Shape({p0.size(0), p0.size(0)}), "lens_nesterov_quadratic: expected p0 (n) and A (n, n) but they are ",
                    p0.shape(), " and ", a.shape());
  Tensor p = p0, v = zeros_like(p0), symmetric = (a + transpose(a)) * 0.5;
  Tensors path;
  for (int64_t k = 0; k < steps; k++) {
    v = v * momentum - mv(symmetric, p + v * momentum) * lr;
    p = p + v;
    path.push_back(p);
  }
  return path.empty() ? zeros({0, p0.size(0)}, p0.dtype()) : stack(path);
}

Tensors lens_z2_linear(const Tensor& m, const Tensor& x, const Tensor& dy) {
  check_bits("lens_z2_linear", {m, x, dy});
  check<ShapeError>(m.dim() == 2 && x.shape() == Shape({m.size(1)}) && dy.shape() == Shape({m.size(0)}),
                    "lens_z2_linear: expected M (o, i), x (i), dy (o) but they are ", m.shape(), ", ", x.shape(), ", ", dy.shape());
  Tensor column = reshape(dy, {-1, 1});
  return {mod2(sum(m * x, {1})), mod2(column * x), mod2(sum(m * column, {0}))};
}

Tensors lens_z2_lookup(const Tensor& table, const Tensor& x, const Tensor& dy) {
  check_bits("lens_z2_lookup", {table, x, dy});
  int64_t k = x.numel();
  check<ShapeError>(x.dim() == 1 && k < 62 && table.shape() == Shape({int64_t(1) << k}) && dy.numel() == 1,
                    "lens_z2_lookup: expected a table (2^k), x (k) and one dy but they are ", table.shape(), ", ", x.shape(), ", ", dy.shape());
  std::vector<int64_t> values = table.to_vector<int64_t>(), bits = x.to_vector<int64_t>(), dtable(values.size()), dx(bits.size());
  int64_t at = 0, change = dy.item<int64_t>() & 1;
  for (int64_t bit : bits) at = at << 1 | (bit & 1);
  dtable[size_t(at)] = change;
  for (size_t j = 0; j < bits.size(); j++) dx[j] = (values[size_t(at)] ^ values[size_t(at ^ int64_t(1) << (bits.size() - 1 - j))]) & change;
  return {from_vector(std::vector<int64_t>{values[size_t(at)]}, {}), from_vector(dtable, table.shape()), from_vector(dx, x.shape())};
}

Tensors lens_z2_and(const Tensor& x, const Tensor& y, const Tensor& dz) {
  check_bits("lens_z2_and", {x, y, dz});
  return {mod2(x * y), mod2(y * dz), mod2(x * dz)};
}

template class Method<LensSGD, LensSGDOptions>;
template class Method<LensMomentum, LensMomentumOptions, VelocityState>;
template class Method<LensNesterov, LensMomentumOptions, VelocityState>;
template class Method<LensAdagrad, LensAdagradOptions, LensAdagradState>;
template class Method<LensAdam, LensAdamOptions, MomentsState>;

}  // namespace tare::optim
