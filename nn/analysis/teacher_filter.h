// When is a Convolutional Filter Easy To Learn? (Du, Lee and Tian, 2017, arXiv:1709.06129). One filter, rectifier, sum pooling over the k patches Z_i of an input, and
// a teacher w* of the same form:
//
//   f(w, Z) = sum_i relu(w . Z_i),   L(w) = E 1/2 (f(w, Z) - f(w*, Z))^2,   relu'(0) = 0
//
// Gradient descent from a random start recovers w*, faster the closer the patches of an input are to each other:
//   rho = the largest angle between a patch and the mean patch of its sample
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// w and w_star (p), patches (n, k, p): the mean over samples. Differentiable in all.
Tensor conv_filter_teacher_loss(const Tensor& w, const Tensor& w_star, const Tensor& patches);
/// Windows of x (n, L) that fit, without padding: (n, k, kernel_size), k = (L - kernel_size) / stride + 1.
Tensor extract_patches_1d(const Tensor& x, int64_t kernel_size, int64_t stride = 1);
/// rho in radians; 0 for patches that are all equal.
double patch_closeness(const Tensor& patches);

struct ConvFilterLearnabilityOptions {
  int64_t p = 10;
  int64_t patches = 6;     ///< k
  int64_t samples = 2000;
  double spread = 0.1;     ///< s: patch_i = base + s N(0, 1), base ~ N(0, 1) a sample
  double lr = 0.3;         ///< the step is lr / k^2: the loss sums k patches
  int64_t steps = 600;
  int64_t seed = 0;
  void visit(Visitor& v);
};
struct LearningCurve {
  Tensor distance;  ///< (steps + 1): ||w - w*||
  Tensor angle;     ///< (steps + 1): between w and w*, radians
  Tensors flatten() const { return {distance, angle}; }
};
/// Full-batch gradient descent in float64: w* a random unit vector, patches divided by their root mean square, w_0 random of norm 0.5 with w_0 . w* > 0.
class ConvFilterLearnability : public Layer<ConvFilterLearnability> {
 public:
  static constexpr std::string_view type = "ConvFilterLearnability";
  using Options = ConvFilterLearnabilityOptions;
  explicit ConvFilterLearnability(Options options = {});
  LearningCurve forward();
  Options options;
};

extern template class Layer<ConvFilterLearnability>;

}  // namespace tare::nn
