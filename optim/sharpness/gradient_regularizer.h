// Gradient regularization: Understanding Gradient Regularization in Deep Learning: Efficient Finite-Difference Computation and Implicit Bias (Karakida et al.,
// 2023, arXiv:2210.02720). The penalty gamma / 2 |grad L|^2 has the gradient gamma H g, exactly or by finite differences along g, NOT normalized (that is SAM):
//
//   double_backward:  G = g + gamma H g
//   forward:          G = g + gamma / epsilon (grad L(w + epsilon g) - g)          gamma = epsilon: the gradient at w + epsilon g
//   backward:         G = g + gamma / epsilon (g - grad L(w - epsilon g))
//   central:          G = g + gamma / (2 epsilon) (grad L(w + epsilon g) - grad L(w - epsilon g))
//
// The base optimizer takes G; gamma is not multiplied by its rate. Running statistics are frozen at the probes. float32 needs epsilon >= 1e-3.
//
// Flooding (Ishida et al., 2020, arXiv:2002.08709) minimises |L - level| + level: the gradient changes its sign below the level. Around it two steps make a
// gradient regularization of a strength of the order of the rate.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GradientRegularizerOptions {
  double gamma = 0.01;            ///< strength, at least 0
  double epsilon = 0.01;          ///< probe, positive
  std::string mode = "forward";   ///< "forward", "backward", "central" or "double_backward"
  void visit(Visitor& v);
};

class GradientRegularizer : public Wrapper<GradientRegularizer, GradientRegularizerOptions> {
 public:
  static constexpr std::string_view type = "GradientRegularizer";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const GradientRegularizerOptions& o);
};

struct FloodingOptions {
  double level = 0;  ///< the loss to stay at
  void visit(Visitor& v);
};

/// A transform for a chain; needs step(closure), for the loss's value.
class Flooding : public Method<Flooding, FloodingOptions> {
 public:
  static constexpr std::string_view type = "Flooding";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
};
/// |loss - level| + level.
Tensor flooded(const Tensor& loss, double level);

extern template class Wrapper<GradientRegularizer, GradientRegularizerOptions>;
extern template class Method<Flooding, FloodingOptions>;

}  // namespace tare::optim
