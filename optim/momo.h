// MoMo: Momentum Models for Adaptive Learning Rates (Schaipp, Ohana, Eickenberg, Defazio, Gower, 2024, arXiv:2305.07583). The rate is the one at
// which a model of the loss, made from averages of losses and gradients, reaches its lower bound, at most lr. Needs step(closure), or the loss f in
// the Step; <., .> and sums are over all tensors.
//
//   1. F, q, m <- averages of f, <g, w>, g with beta               MoMo: they start as the first ones, c = 1
//                                                                  MoMoAdam: from 0 with beta1, c = 1 - beta1^t
//   2. P = 1                                                       MoMoAdam: sqrt(v / (1 - beta2^t)) + eps
//   3. K = 1 + lr weight_decay,  y = min(lr / c, max(0, K (F - c lb - q) + <m, w>) / sum(m^2 / P))
//   4. w <- w / K - y m / P
//
// adapt_lower_bound: lb starts as lower_bound. When h = K (F - q) + <m, w> < K c lb, lb <- max(h / (2 c K), lower_bound) before 3., and after the
// step lb <- max((F + <m, w> - q - y / 2 sum(m^2 / P)) / c, lower_bound). Each group has its own y; lb and the averages follow the first.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

/// The averages of the losses and what depends on them.
struct LossModel {
  double barf = 0, gamma = 0, lb = 0;  ///< F, q and the lower bound
  int64_t step = 0;
  void visit(Visitor& v);
};

struct MoMoOptions {
  double lr = 1;  ///< the largest rate
  double beta = 0.9;  ///< in [0, 1)
  double weight_decay = 0;
  double lower_bound = 0;  ///< of the loss
  bool adapt_lower_bound = false;
  void visit(Visitor& v);
};

class MoMo : public Method<MoMo, MoMoOptions, MomentState> {
 public:
  static constexpr std::string_view type = "MoMo";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override { model_.visit(v); }
  static void check_options(const MoMoOptions& o);

 private:
  LossModel model_;
};

struct MoMoAdamOptions {
  double lr = 1e-2;  ///< the largest rate
  std::vector<double> betas = {0.9, 0.999};
  double lower_bound = 0;
  bool adapt_lower_bound = false;
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class MoMoAdam : public Method<MoMoAdam, MoMoAdamOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "MoMoAdam";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override { model_.visit(v); }

 private:
  LossModel model_;
};

extern template class Method<MoMo, MoMoOptions, MomentState>;
extern template class Method<MoMoAdam, MoMoAdamOptions, MomentsState>;

}  // namespace tare::optim
