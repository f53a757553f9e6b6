// LARS: Large Batch Training of Convolutional Networks (You, Gitman, Ginsburg, 2017, arXiv:1708.03888). Norms of each tensor:
//
//   1. r = c |w| / (|g| + weight_decay |w| + 1e-8), 1 where a norm is 0        c = trust_coefficient
//   2. b <- momentum b + r (g + weight_decay w),  w <- w - lr b
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct LARSOptions {
  double lr = 1e-3;
  double momentum = 0.9;
  double weight_decay = 0;
  double trust_coefficient = 1e-3;
  void visit(Visitor& v);
};

class LARS : public Method<LARS, LARSOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "LARS";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const LARSOptions& o);
};

extern template class Method<LARS, LARSOptions, MomentumState>;

}  // namespace tare::optim
