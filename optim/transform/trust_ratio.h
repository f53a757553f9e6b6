// Large Batch Training of Convolutional Networks (You, Gitman, Ginsburg, 2017, arXiv:1708.03888): a rate for each layer, as a transform. Before SGD
// with momentum it is LARS, before other methods what their paper left out.
//
//   g <- r (g + weight_decay w),  r = trust_coefficient |w| / (|g| + weight_decay |w| + eps), and 1 where |w| or |g| is 0
#pragma once

#include "optim/transform/gradient_map.h"

namespace tare::optim {

struct TrustRatioOptions {
  double trust_coefficient = 1e-3;  ///< at least 0
  double weight_decay = 0;
  double eps = 1e-8;
  void visit(Visitor& v);
};

class TrustRatio : public GradientMap<TrustRatio, TrustRatioOptions> {
 public:
  static constexpr std::string_view type = "TrustRatio";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, NoState& s, const TrustRatioOptions& o);
  static void check_options(const TrustRatioOptions& o);
};

extern template class Method<TrustRatio, TrustRatioOptions>;

}  // namespace tare::optim
