// LAMB: Large Batch Optimization for Deep Learning (You et al., 2020, arXiv:1904.00962). Norms of each tensor:
//
//   1. d = mh / (sqrt(vh) + eps) + weight_decay w        mh, vh: Adam's corrected averages
//   2. w <- w - lr (|w| / |d|) d                         ratio 1 where a norm is 0
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct LAMBOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-6;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class LAMB : public Method<LAMB, LAMBOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "LAMB";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<LAMB, LAMBOptions, MomentsState>;

}  // namespace tare::optim
