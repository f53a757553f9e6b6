// Grams: Gradient Descent with Adaptive Momentum Scaling (Cao, Li, Song, 2024, arXiv:2412.17107): Adam's size, the gradient's sign.
//
//   w <- (1 - lr weight_decay) w - lr sign(g) |mh| / (sqrt(vh) + eps)                       mh, vh: Adam's corrected averages
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct GramsOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-6;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class Grams : public Method<Grams, GramsOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "Grams";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Grams, GramsOptions, MomentsState>;

}  // namespace tare::optim
