// Sharpness-Aware Minimization for Efficiently Improving Generalization (Foret, Kleiner, Mobahi, Neyshabur, 2021, arXiv:2010.01412).
//
//   1. e <- rho * g / (||g|| + eps)          g: all gradients at w; eps = 1e-12
//   2. g <- gradient at w + e                running statistics frozen
//   3. the base optimizer steps from w with this g
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SAMOptions {
  double rho = 0.05;  ///< radius of the neighbourhood, at least 0
  void visit(Visitor& v);
};

class SAM : public Wrapper<SAM, SAMOptions> {
 public:
  static constexpr std::string_view type = "SAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const SAMOptions& o);
};

}  // namespace tare::optim
