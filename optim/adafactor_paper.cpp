#include "optim/adafactor_paper.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "optim/factored.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AdafactorPaperOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "eps", eps, "clip_threshold", clip_threshold, "decay_rate", decay_rate, "beta1", beta1, "weight_decay", weight_decay,
               "scale_parameter", scale_parameter, "relative_step", relative_step, "warmup_init", warmup_init);
}
void AdafactorPaperState::visit(Visitor& v) {
  list_states(v, "exp_avg_sq_row", exp_avg_sq_row, "exp_avg_sq_col", exp_avg_sq_col, "exp_avg_sq", exp_avg_sq, "exp_avg", exp_avg, "step", step);
}

void AdafactorPaper::check_options(const AdafactorPaperOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps.size() == 2 && o.eps[0] >= 0 && o.eps[1] >= 0, "AdafactorPaper: eps are two numbers of at least 0");
  check<ConfigError>(o.clip_threshold > 0, "AdafactorPaper: clip_threshold must be positive, not ", o.clip_threshold);
  check<ConfigError>(o.decay_rate <= 0, "AdafactorPaper: decay_rate must be at most 0, not ", o.decay_rate);
  check_range(type, "beta1", o.beta1.value_or(0), 0, 1);
  check<ConfigError>(o.relative_step || o.lr, "AdafactorPaper: without relative_step it needs an lr");
  check<ConfigError>(!o.relative_step || !o.lr, "AdafactorPaper: with relative_step the rate follows from the step; set relative_step to false to use lr = ",
                     o.lr.value_or(0));
}

void AdafactorPaper::update(const Tensor& w, Tensor g, AdafactorPaperState& s, const AdafactorPaperOptions& o) {
  double t = double(++s.step), b = 1 - std::pow(t, o.decay_rate);
  Tensor squares = square(g) + o.eps[0], u;
  if (w.dim() > 1) {
    average_factors(s.exp_avg_sq_row, s.exp_avg_sq_col, squares, b);
    u = over_factored_root(g, s.exp_avg_sq_row, s.exp_avg_sq_col);
  } else {
    average_in(s.exp_avg_sq, squares, b);
    u = g / sqrt(s.exp_avg_sq);
  }
  u = clipped_by_rms(u, o.clip_threshold);
  double rate = o.relative_step ? std::min(o.warmup_init ? 1e-6 * t : 1e-2, 1 / std::sqrt(t)) : *o.lr;
  if (o.scale_parameter) rate *= std::max(o.eps[1], rms_of(w));
  u = u * rate;
  if (o.beta1) {
    average_in(s.exp_avg, u, *o.beta1);
    u = s.exp_avg;
  }
  scale_in_place(w, 1 - rate * o.weight_decay);
  add_in_place(w, u, -1);
}

template class Method<AdafactorPaper, AdafactorPaperOptions, AdafactorPaperState>;

}  // namespace tare::optim
