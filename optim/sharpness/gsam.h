// Surrogate Gap Minimization Improves Sharpness-Aware Training (Zhuang et al., 2022, arXiv:2203.08065): SAM's gradient, and the surrogate gap
// max L near w - L(w) falls too, by climbing L along what is orthogonal to it. Norms and products are over all tensors.
//
//   1. g = grad L(w),  p = grad L(w + rho g / |g|)
//   2. o = g minus its part along p
//   3. the base optimizer steps from w with p - alpha o
//
// The paper lets rho follow the learning rate; a schedule on "rho" does.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GSAMOptions {
  double rho = 0.05;  ///< at least 0
  double alpha = 0.2;  ///< at least 0; 0 is SAM
  void visit(Visitor& v);
};

class GSAM : public Wrapper<GSAM, GSAMOptions> {
 public:
  static constexpr std::string_view type = "GSAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const GSAMOptions& o);
};

extern template class Wrapper<GSAM, GSAMOptions>;

}  // namespace tare::optim
