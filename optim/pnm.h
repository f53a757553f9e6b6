// Positive-Negative Momentum (Xie, Yuan, Zhu, Sugiyama, 2021, arXiv:2103.17182). Two buffers A and C swap roles every step:
//
//   A <- b^2 A + (1 - b^2) g,  u = ((1 + k) A - k C) / sqrt((1 + k)^2 + k^2)
//   PNM (betas = b, k):           w <- w - lr u
//   AdaPNM (betas = b, beta2, k): w <- w - lr / (1 - b^t) u / (sqrt(v) / sqrt(1 - beta2^t) + eps), v Adam's, amsgrad: its maximum
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaPNMOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999, 1.0};  ///< the last is k, at least 0
  double eps = 1e-8;
  double weight_decay = 0;
  bool weight_decouple = true;  ///< false: L2
  bool amsgrad = true;
  void visit(Visitor& v);
};

struct AdaPNMState {
  Tensor exp_avg, neg_exp_avg, exp_avg_sq, max_exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaPNM : public Method<AdaPNM, AdaPNMOptions, AdaPNMState> {
 public:
  static constexpr std::string_view type = "AdaPNM";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaPNMOptions& o);
};

struct PNMOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 1.0};  ///< the last is k, at least 0
  double weight_decay = 0;
  bool weight_decouple = true;  ///< false: L2
  void visit(Visitor& v);
};

struct PNMState {
  Tensor pos_momentum, neg_momentum;
  int64_t step = 0;
  void visit(Visitor& v);
};

class PNM : public Method<PNM, PNMOptions, PNMState> {
 public:
  static constexpr std::string_view type = "PNM";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const PNMOptions& o);
};

extern template class Method<AdaPNM, AdaPNMOptions, AdaPNMState>;
extern template class Method<PNM, PNMOptions, PNMState>;

}  // namespace tare::optim
