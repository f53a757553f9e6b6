#include "optim/transform/average.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void AverageGradientsOptions::visit(Visitor& v) { list_options(v, "decay", decay, "debias", debias); }

void AverageGradients::check_options(const AverageGradientsOptions& o) { check_range(type, "decay", o.decay, 0, 1); }

Tensor AverageGradients::transform(const Tensor& g, const Tensor&, MomentState& s, const AverageGradientsOptions& o) {
  s.step++;
  average_in(s.exp_avg, g, o.decay);
  // A new tensor in any case: what follows may keep the gradient, and the average changes in place.
  return kernels::mul(s.exp_avg, o.debias ? 1 / correction(o.decay, double(s.step)) : 1.0);
}

template class Method<AverageGradients, AverageGradientsOptions, MomentState>;

}  // namespace tare::optim
