// Categorical Foundations of Gradient-Based Learning (Cruttwell et al., 2022, arXiv:2103.01931): layers, losses and optimizers are all LENSES, a forward
// map with a backward one, and training is their composition. Nothing needs real numbers: the same lenses train boolean functions over Z2.
//
//   Lens A -> B:   fwd: A -> B,   rev: A x B' -> A'
//   f ; g:         fwd x = g(f x),   rev(x, dz) = f.rev(x, g.rev(f x, dz))
//   f (x) g:       componentwise;    copy: fwd x = (x, x), rev(x, (a, b)) = a + b
//   Para:          a lens with a parameter input; composing collects the parameters, the last layer's first
//   optimizer:     state and parameter: get says which parameter the model sees, rev(s, p, dp) = (s', p')
//
//     LensSGD       p' = p - lr dp                                   LensMomentum   v' = momentum v + lr dp, p' = p - v'
//     LensAdagrad   G' = G + dp^2, p' = p - lr dp / (eps + sqrt(G'))
//     LensNesterov  v' = momentum v - lr dp, p' = p + v', but get = p + momentum v: the gradient is taken at the look-ahead
//     LensAdam      m, v averages, bias-corrected: p' = p - lr m^ / (eps + sqrt(v^))
//
// The lens optimizers write their equations out so that the view can be compared with the ordinary ones: tests find SGD, Adagrad and Adam equal to them.
#pragma once

#include <functional>
#include <utility>

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

/// fwd gives the value together with what carries a change of it back: rev is called with the change and needs no second forward pass, so that a chain of n
/// lenses costs n of each (rev as a function of x alone would recompute, quadratically).
template <class A, class B>
struct Lens {
  struct Result {
    B value;
    std::function<A(const B&)> rev;
  };
  std::function<Result(const A&)> run;

  B fwd(const A& x) const { return run(x).value; }
  A rev(const A& x, const B& change) const { return run(x).rev(change); }
};

template <class A>
Lens<A, A> identity_lens() {
  return {[](const A& x) { return typename Lens<A, A>::Result{x, [](const A& d) { return d; }}; }};
}

/// f ; g
template <class A, class B, class C>
Lens<A, C> operator>>(const Lens<A, B>& f, const Lens<B, C>& g) {
  return {[f, g](const A& x) {
    auto first = f.run(x);
    auto second = g.run(first.value);
    return typename Lens<A, C>::Result{second.value, [first, second](const C& d) { return first.rev(second.rev(d)); }};
  }};
}

/// f (x) g
template <class A, class B, class C, class D>
Lens<std::pair<A, C>, std::pair<B, D>> operator*(const Lens<A, B>& f, const Lens<C, D>& g) {
  using In = std::pair<A, C>;
  using Out = std::pair<B, D>;
  return {[f, g](const In& x) {
    auto left = f.run(x.first);
    auto right = g.run(x.second);
    return typename Lens<In, Out>::Result{{left.value, right.value}, [left, right](const Out& d) { return In{left.rev(d.first), right.rev(d.second)}; }};
  }};
}

/// x -> (x, x); changes add up, by `plus` (xor over Z2).
template <class A>
Lens<A, std::pair<A, A>> copy_lens(std::function<A(const A&, const A&)> plus) {
  using Out = std::pair<A, A>;
  return {[plus](const A& x) { return typename Lens<A, Out>::Result{{x, x}, [plus](const Out& d) { return plus(d.first, d.second); }}; }};
}

/// A lens with a parameter.
template <class P, class A, class B>
struct Para {
  Lens<std::pair<P, A>, B> lens;
};

/// (P, f) ; (Q, g) = (Q x P, (q, p, a) -> g(q, f(p, a)))
template <class P, class Q, class A, class B, class C>
Para<std::pair<Q, P>, A, C> operator>>(const Para<P, A, B>& f, const Para<Q, B, C>& g) {
  using In = std::pair<std::pair<Q, P>, A>;
  return {{[f, g](const In& x) {
    auto first = f.lens.run({x.first.second, x.second});
    auto second = g.lens.run({x.first.first, first.value});
    return typename Lens<In, C>::Result{second.value, [first, second](const C& d) {
                                          auto [dq, db] = second.rev(d);
                                          auto [dp, da] = first.rev(db);
                                          return In{{dq, dp}, da};
                                        }};
  }}};
}

/// Any function of tensors as a lens, by its vjp: a layer of the framework is {params, x} -> f.
Lens<Tensors, Tensor> tape_lens(std::function<Tensor(const Tensors&)> f);

// What a training step is put together from, each with a reverse derivative of its own: ((update * identity) >> model >> error).rev({p, x},
// change).first is the next parameter; the change of the error that starts it is 1 (or a rate, if the update has none).

/// (M, x) -> M x.
Para<Tensor, Tensor, Tensor> linear_lens();
/// (b, z) -> z + b.
Para<Tensor, Tensor, Tensor> bias_lens();
Lens<Tensor, Tensor> sigmoid_lens();
/// (table, x) -> the table's value at the bits x, over Z2 (lens_z2_lookup).
Para<Tensor, Tensor, Tensor> z2_lookup_lens();
/// Gradient descent: get p; p' = p - lr dp. Its product with itself updates a pair of parameters. Over Z2: p' = p + dp.
Lens<Tensor, Tensor> gd_lens(double lr);
Lens<Tensor, Tensor> z2_gd_lens();
/// |y' - y|^2 / 2 of a prediction y'. Over Z2: y' + y, 1 where it is wrong.
Lens<Tensor, Tensor> squared_error_lens(Tensor y);
Lens<Tensor, Tensor> z2_error_lens(Tensor y);

struct LensSGDOptions {
  double lr = 1e-3;
  void visit(Visitor& v);
};
class LensSGD : public Method<LensSGD, LensSGDOptions> {
 public:
  static constexpr std::string_view type = "LensSGD";
  using Method::Method;
  void apply(Step& s) override;
};

struct LensMomentumOptions {
  double lr = 1e-3;
  double momentum = 0.9;
  void visit(Visitor& v);
};
struct VelocityState {
  Tensor velocity;
  void visit(Visitor& v);
};
class LensMomentum : public Method<LensMomentum, LensMomentumOptions, VelocityState> {
 public:
  static constexpr std::string_view type = "LensMomentum";
  using Method::Method;
  void apply(Step& s) override;
};

/// With step(closure) the gradient is taken at the look-ahead, by a second evaluation. step() takes .grad as the gradient there: run the forward pass inside
/// an EvaluationScope, which swaps in what `get` says the model should see.
class LensNesterov : public Method<LensNesterov, LensMomentumOptions, VelocityState> {
 public:
  static constexpr std::string_view type = "LensNesterov";
  using Method::Method;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
};

struct LensAdagradOptions {
  double lr = 1e-2;
  double eps = 1e-7;
  void visit(Visitor& v);
};
struct LensAdagradState {
  Tensor sum;
  void visit(Visitor& v);
};
class LensAdagrad : public Method<LensAdagrad, LensAdagradOptions, LensAdagradState> {
 public:
  static constexpr std::string_view type = "LensAdagrad";
  using Method::Method;
  void apply(Step& s) override;
};

struct LensAdamOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  void visit(Visitor& v);
};
class LensAdam : public Method<LensAdam, LensAdamOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "LensAdam";
  using Method::Method;
  void apply(Step& s) override;
};

/// y = sigmoid(M x + b); changes of (M, b, x) for a change dy of y. Shapes [o, i], [o], [i], [o].
Tensors lens_dense_sigmoid(const Tensor& m, const Tensor& b, const Tensor& x, const Tensor& dy);
/// `steps` steps of LensNesterov on p^T A p / 2 from p0 with no velocity: [steps, n].
Tensor lens_nesterov_quadratic(const Tensor& p0, const Tensor& a, double lr, double momentum, int64_t steps);
// Over Z2: int64 tensors of 0 and 1, sums mod 2.
/// y = M x; (y, dM = dy x^T, dx = M^T dy).
Tensors lens_z2_linear(const Tensor& m, const Tensor& x, const Tensor& dy);
/// A table of 2^k values read at the number x spells, most significant bit first; (y, dtable, dx), dx_j = (table at x) xor (table at x with bit j flipped), and dy.
Tensors lens_z2_lookup(const Tensor& table, const Tensor& x, const Tensor& dy);
/// z = x and y; (z, dx = y dz, dy = x dz).
Tensors lens_z2_and(const Tensor& x, const Tensor& y, const Tensor& dz);

extern template class Method<LensSGD, LensSGDOptions>;
extern template class Method<LensMomentum, LensMomentumOptions, VelocityState>;
extern template class Method<LensNesterov, LensMomentumOptions, VelocityState>;
extern template class Method<LensAdagrad, LensAdagradOptions, LensAdagradState>;
extern template class Method<LensAdam, LensAdamOptions, MomentsState>;

}  // namespace tare::optim
