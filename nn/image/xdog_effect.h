// XDoG line drawings with trained parameters (nn/image/filters.h; Loetzsch et al., 2022, arXiv:2207.14606). Parameters are used as they are: keep
// them in range with reparametrize(effect, "sigma", Positive{}) or by clamping after a step.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct XDoGEffectOptions {
  std::string mode = "global";                       ///< numbers; or "local": maps of height x width
  int64_t height = 0, width = 0;                     ///< of "local"
  std::vector<double> start{0.7, 0.2, 0.3, 0.1};     ///< sigma, p, eps, phi
  int64_t radius = 4;
  double k = 1.6, p_scale = 100, phi_scale = 100;
  void visit(Visitor& v);
};

/// (B, C, H, W) -> (B, C, H, W).
class XDoGEffect : public Layer<XDoGEffect> {
 public:
  static constexpr std::string_view type = "XDoGEffect";
  using Options = XDoGEffectOptions;
  explicit XDoGEffect(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter sigma, p, eps, phi;  ///< (1), or (1, 1, height, width)
};

extern template class Layer<XDoGEffect>;

}  // namespace tare::nn
