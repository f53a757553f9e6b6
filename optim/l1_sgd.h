// Steps on a loss plus l1 |w|_1, from GD doesn't make the cut: Three ways that non-differentiability affects neural network training (Kumar, 2024,
// arXiv:2401.08426).
//
//   L1SubgradientSGD:      d = g + l1 sign(w),   buf <- momentum buf + d,   w <- w - lr buf                      sign(0) = 0
//   L1SubgradientRMSprop:  d as above,   v <- alpha v + (1 - alpha) d^2,   w <- w - lr d / (sqrt(v) + eps)
//   ProximalSGD:           z = w - lr g,   w <- sign(z) max(|z| - lr l1, 0)
//
// The first two are what differentiating |w| gives. At a constant rate a weight that should vanish oscillates with an amplitude of about lr l1
// and is never exactly zero; the proximal step is the minimiser of the linearised loss plus the penalty and gives exact zeros.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct L1SubgradientSGDOptions {
  double lr = 1e-3;
  double l1 = 0;        ///< weight of the penalty, at least 0
  double momentum = 0;  ///< as in SGD, without dampening
  void visit(Visitor& v);
};

class L1SubgradientSGD : public Method<L1SubgradientSGD, L1SubgradientSGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "L1SubgradientSGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const L1SubgradientSGDOptions& o);
};

struct L1SubgradientRMSpropOptions {
  double lr = 1e-2;
  double l1 = 0;
  double alpha = 0.99;  ///< in [0, 1)
  double eps = 1e-8;
  void visit(Visitor& v);
};

struct SquareState {
  Tensor square_avg;
  void visit(Visitor& v);
};

class L1SubgradientRMSprop : public Method<L1SubgradientRMSprop, L1SubgradientRMSpropOptions, SquareState> {
 public:
  static constexpr std::string_view type = "L1SubgradientRMSprop";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const L1SubgradientRMSpropOptions& o);
};

struct ProximalSGDOptions {
  double lr = 1e-3;
  double l1 = 0;
  void visit(Visitor& v);
};

class ProximalSGD : public Method<ProximalSGD, ProximalSGDOptions> {
 public:
  static constexpr std::string_view type = "ProximalSGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const ProximalSGDOptions& o);
};

extern template class Method<L1SubgradientSGD, L1SubgradientSGDOptions, MomentumState>;
extern template class Method<L1SubgradientRMSprop, L1SubgradientRMSpropOptions, SquareState>;
extern template class Method<ProximalSGD, ProximalSGDOptions>;

}  // namespace tare::optim
