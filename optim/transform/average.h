// The gradient's moving average in the gradient's place: momentum as a part of its own. m starts from zeros.
//
//   m <- decay m + (1 - decay) g,  g <- m / (1 - decay^t)          without debias: g <- m
#pragma once

#include "optim/states.h"
#include "optim/transform/gradient_map.h"

namespace tare::optim {

struct AverageGradientsOptions {
  double decay = 0.9;  ///< in [0, 1)
  bool debias = true;
  void visit(Visitor& v);
};

class AverageGradients : public GradientMap<AverageGradients, AverageGradientsOptions, MomentState> {
 public:
  static constexpr std::string_view type = "AverageGradients";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, MomentState& s, const AverageGradientsOptions& o);
  static void check_options(const AverageGradientsOptions& o);
};

extern template class Method<AverageGradients, AverageGradientsOptions, MomentState>;

}  // namespace tare::optim
