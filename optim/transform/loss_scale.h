// Mixed Precision Training (Micikevicius et al., 2018, arXiv:1710.03740): the loss is multiplied before it is differentiated, so that small gradients
// stay representable, and the gradients divided before the step. A step with a gradient that is NaN or infinite is left out and the scale halved;
// after growth_interval good steps it is doubled.
//
//   LossScale scaler(AdamW{{...}});  scaler.bind(params);
//   backward(scaler.scaled(loss));  scaler.step();                        or
//   scaler.step([&] { return scaler.scaled(loss()); });
//
// factor 1 for growth and init_scale 1 only leaves bad steps out.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct LossScaleOptions {
  double init_scale = 65536;  ///< positive
  double growth_factor = 2;   ///< at least 1
  double backoff_factor = 0.5;  ///< in (0, 1]
  int64_t growth_interval = 2000;  ///< good steps before the scale grows; 0: never
  void visit(Visitor& v);
};

class LossScale : public Wrapper<LossScale, LossScaleOptions> {
 public:
  static constexpr std::string_view type = "LossScale";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const LossScaleOptions& o);

  /// loss times the scale, on the tape.
  Tensor scaled(const Tensor& loss) const;
  double scale() const { return scale_ > 0 ? scale_ : options().init_scale; }
  int64_t skipped() const { return skipped_; }  ///< steps left out so far

 private:
  double scale_ = 0;  // 0: init_scale, until the first step
  int64_t good_ = 0, skipped_ = 0;
};

extern template class Wrapper<LossScale, LossScaleOptions>;

}  // namespace tare::optim
