// SGD-SaI: No More Adam: Learning Rate Scaling at Initialization is All You Need (Xu et al., 2024, arXiv:2412.11768). Each tensor's rate is
// fixed by the signal-to-noise ratio of its first gradient.
//
//   k = |g_1| / (std(g_1) + eps)  (std unbiased, 0 for one element),  b_1 = g_1,  b <- momentum b + (1 - momentum) g
//   w <- (1 - lr weight_decay) w - lr k b
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SGDSaIOptions {
  double lr = 0.01;
  double momentum = 0.9;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< decoupled
  void visit(Visitor& v);
};

struct SGDSaIState {
  double gsnr = 0;  ///< k
  Tensor momentum_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class SGDSaI : public Method<SGDSaI, SGDSaIOptions, SGDSaIState> {
 public:
  static constexpr std::string_view type = "SGDSaI";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SGDSaIOptions& o);
};

extern template class Method<SGDSaI, SGDSaIOptions, SGDSaIState>;

}  // namespace tare::optim
