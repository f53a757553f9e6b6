// Adaptive gradient clipping, from High-Performance Large-Scale Image Recognition Without Normalization (Brock et al., 2021, arXiv:2102.06171).
// For every output unit i of a weight W with gradient G:
//
//   max_i = clipping * max(|W_i|, eps)
//   G_i <- G_i                                  where |G_i| < max_i
//          G_i * max_i / max(|G_i|, 1e-6)       elsewhere
//
// A unit is a row (a filter), except in tensors that have at most one axis longer than 1: those are one unit. Stateless; it comes before the
// method, whose weight decay is not clipped. The paper leaves the final classifier out: name it in `exclude`.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaptiveGradClipOptions {
  double clipping = 0.01;              ///< at least 0; infinity clips nothing
  double eps = 1e-3;                   ///< floor of a unit's norm, so that weights of zero can move
  std::vector<std::string> exclude{};  ///< patterns of names of parameters to leave alone
  void visit(Visitor& v);
};

class AdaptiveGradClip : public Method<AdaptiveGradClip, AdaptiveGradClipOptions> {
 public:
  static constexpr std::string_view type = "AdaptiveGradClip";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaptiveGradClipOptions& o);
};

inline AdaptiveGradClip agc(double clipping = 0.01, double eps = 1e-3) { return AdaptiveGradClip({.clipping = clipping, .eps = eps}); }

/// The Euclidean norm of every output unit: over all axes but the first, kept; of vectors and numbers the whole. With `squeeze`, tensors like (n, 1)
/// count as vectors.
Tensor unit_norms(const Tensor& x, bool squeeze = false);
/// G clipped, as above. Throws ShapeError unless both have one shape.
Tensor adaptive_grad_clip(const Tensor& w, const Tensor& g, double clipping = 0.01, double eps = 1e-3, bool squeeze = true);

extern template class Method<AdaptiveGradClip, AdaptiveGradClipOptions>;

}  // namespace tare::optim
