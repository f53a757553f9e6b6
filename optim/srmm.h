// SRMM: Stochastic regularized majorization-minimization with weakly convex and multi-convex surrogates (Lyu, 2022, arXiv:2201.01652).
//
//   k = (t mod memory_length + 1)^-beta        (without memory_length: (t + 1)^-beta)
//   G <- (1 - k) G + k g,  X <- (1 - k) X + k w,  w <- X - lr G
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SRMMOptions {
  double lr = 0.01;
  double beta = 0.5;
  std::optional<int64_t> memory_length = 100;  ///< absent: all steps
  void visit(Visitor& v);
};

struct SRMMState {
  Tensor mov_avg_grad, mov_avg_param;
  int64_t step = 0;
  void visit(Visitor& v);
};

class SRMM : public Method<SRMM, SRMMOptions, SRMMState> {
 public:
  static constexpr std::string_view type = "SRMM";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SRMMOptions& o);
};

extern template class Method<SRMM, SRMMOptions, SRMMState>;

}  // namespace tare::optim
