// Gradient-Mask Tuning Elevates the Upper Limits of LLM Performance (Li et al., 2024, arXiv:2406.15330): fine-tuning in which only the entries with the
// largest accumulated gradient are updated, masked anew at each update.
//
//   1. Gamma <- mean of the gradients of accumulation_steps steps; in between parameters do not move
//   2. of each tensor (scope "global": of all together) the floor(mask_ratio n) entries of smallest |Gamma| become 0; among equals the earlier ones
//   3. the base optimizer steps with what is left
//
// A masked entry's gradient is an exact zero: Adam's momentum and decoupled decay may still move it, unless freeze_masked puts it back. Ranking by tensors
// and the order of equals are our reading. mask_ratio = 0 is the base optimizer bit for bit.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GradientMaskTuningOptions {
  double mask_ratio = 0.3;        ///< share of entries masked, in [0, 1]
  int64_t accumulation_steps = 1;
  std::string scope = "tensor";   ///< or "global"
  bool freeze_masked = false;     ///< masked entries are not written at all
  void visit(Visitor& v);
};

struct AccumulatedState {
  Tensor accumulated;
  void visit(Visitor& v);
};

class GradientMaskTuning : public Wrapper<GradientMaskTuning, GradientMaskTuningOptions, AccumulatedState> {
 public:
  static constexpr std::string_view type = "GradientMaskTuning";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const GradientMaskTuningOptions& o);

 private:
  int64_t micro_batch_ = 0;
};

/// For tensors taken together: 0 at the floor(ratio n) entries of smallest absolute value, 1 elsewhere. Undefined ones stay undefined.
Tensors largest_entries(const Tensors& tensors, double ratio);

extern template class Wrapper<GradientMaskTuning, GradientMaskTuningOptions, AccumulatedState>;

}  // namespace tare::optim
