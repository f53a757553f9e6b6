// AdamS: On the Overlooked Pitfalls of Weight Decay and How to Mitigate Them (Xie et al., 2023, arXiv:2011.11152): Adam with stable decay.
//
//   w <- (1 - lr weight_decay / sqrt(mean of vh over all tensors)) w - lr mh / (sqrt(vh) + eps)        mh, vh: Adam's corrected averages
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AdamSOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  bool amsgrad = false;
  double eps = 1e-8;
  double weight_decay = 1e-4;
  void visit(Visitor& v);
};

class AdamS : public Method<AdamS, AdamSOptions, MaxMomentsState> {
 public:
  static constexpr std::string_view type = "AdamS";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<AdamS, AdamSOptions, MaxMomentsState>;

}  // namespace tare::optim
