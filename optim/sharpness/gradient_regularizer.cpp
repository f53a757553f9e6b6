#include "optim/sharpness/gradient_regularizer.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "optim/fields.h"
#include "optim/hutchinson.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {

void GradientRegularizerOptions::visit(Visitor& v) { list_options(v, "gamma", gamma, "epsilon", epsilon, "mode", mode); }
void FloodingOptions::visit(Visitor& v) { list_options(v, "level", level); }

void GradientRegularizer::check_options(const GradientRegularizerOptions& o) {
  Method::check_options(o);
  check_rate(type, "gamma", o.gamma);
  check<ConfigError>(o.epsilon > 0, "GradientRegularizer: epsilon must be positive, not ", o.epsilon);
  check<ConfigError>(o.mode == "forward" || o.mode == "backward" || o.mode == "central" || o.mode == "double_backward",
                     "GradientRegularizer: mode must be \"forward\", \"backward\", \"central\" or \"double_backward\", not \"", o.mode, "\"");
}

void GradientRegularizer::apply(Step& s) {
  const GradientRegularizerOptions& o = options();
  Tensors g = s.grads, slope;  // slope: what gamma multiplies
  {
    Excursion away(s);
    auto probe = [&](double epsilon) {
      away.to(g, epsilon);
      away.evaluate(type);
      return s.grads;
    };
    auto difference = [&](const Tensors& a, const Tensors& b, double width) {
      for (size_t i = 0; i < s.size(); i++) slope.push_back(a[i].defined() && b[i].defined() ? (a[i] - b[i]) / width : Tensor());
    };
    if (o.mode == "forward") difference(probe(o.epsilon), g, o.epsilon);
    else if (o.mode == "backward") difference(g, probe(-o.epsilon), o.epsilon);
    else if (o.mode == "central") {
      Tensors ahead = probe(o.epsilon);
      difference(ahead, probe(-o.epsilon), 2 * o.epsilon);
    } else {
      FrozenStatistics frozen;
      slope = hessian_vector_product(s, g, type);
    }
  }
  for (size_t i = 0; i < s.size(); i++) s.grads[i] = slope[i].defined() ? g[i] + slope[i].detach() * o.gamma : g[i];
  base->apply(s);
}

void Flooding::apply(Step& s) {
  check<StateError>(s.loss.defined(), "Flooding: it needs the loss: call step(closure)");
  double height = sum_of(s.loss) / double(s.loss.numel()) - options().level;
  if (height > 0) return;
  for (Tensor& g : s.grads)
    if (g.defined()) g = height < 0 ? -g : g * 0;
}

Tensor flooded(const Tensor& loss, double level) { return abs(loss - level) + level; }

template class Wrapper<GradientRegularizer, GradientRegularizerOptions>;
template class Method<Flooding, FloodingOptions>;

}  // namespace tare::optim
