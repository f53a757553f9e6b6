// Adding Gradient Noise Improves Learning for Very Deep Networks (Neelakantan et al., 2015, arXiv:1511.06807).
//
//   g <- g + N(0, eta / t^gamma)          t = 1, 2, ...: the variance falls with the steps
//
// The generator is the transform's own; its state is saved, so that a resumed run adds the same noise.
#pragma once

#include "core/random.h"
#include "optim/method.h"

namespace tare::optim {

struct GradientNoiseOptions {
  double eta = 0.01;    ///< variance of the first step's noise, at least 0
  double gamma = 0.55;  ///< how fast it falls, at least 0
  int64_t seed = 0;
  void visit(Visitor& v);
};

class GradientNoise : public Method<GradientNoise, GradientNoiseOptions> {
 public:
  static constexpr std::string_view type = "GradientNoise";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const GradientNoiseOptions& o);

 private:
  int64_t step_ = 0, position_ = 0;
};

extern template class Method<GradientNoise, GradientNoiseOptions>;

}  // namespace tare::optim
