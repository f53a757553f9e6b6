// Towards Efficient and Scalable Sharpness-Aware Minimization (Liu, Mai, Chen, Hsieh, You, 2022, arXiv:2203.02714): SAM's second gradient only every
// `every` steps; in between the part of it that plain gradients lack is used again. Norms and products are over all tensors.
//
//   every `every`-th step, the first included:  g_s = grad L(w + rho g / |g|),  v = g_s minus its part along g,  step with g_s
//   otherwise:                                  step with g + alpha |g| / |v| v
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct LookSAMOptions {
  double rho = 0.05;  ///< radius of the neighbourhood, at least 0
  int64_t every = 5;  ///< at least 1; 1 is SAM
  double alpha = 0.7;  ///< size of the part used again, relative to the gradient; at least 0
  void visit(Visitor& v);
};

struct LookSAMState {
  Tensor v;
  void visit(Visitor& visitor);
};

class LookSAM : public Wrapper<LookSAM, LookSAMOptions, LookSAMState> {
 public:
  static constexpr std::string_view type = "LookSAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  static void check_options(const LookSAMOptions& o);

 private:
  int64_t step_ = 0;
};

extern template class Wrapper<LookSAM, LookSAMOptions, LookSAMState>;

}  // namespace tare::optim
