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

namespace {

template <class T>
struct AdafactorPaperStep {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = true;
  typename InverseRoot<T>::At inverse_root;  // times the rate
  Ema<T> average;
  T shrink;
  void at_row(int64_t r) { inverse_root.at_row(r); }
  void operator()(T& w, T g, T column) const { w = shrink * w - g * inverse_root(column); }
  void operator()(T& w, T g, T column, T& m) const {
    m = average(m, g * inverse_root(column));
    w = shrink * w - m;
  }
};

}  // namespace

void AdafactorPaper::update(const Tensor& w, const Tensor& g, AdafactorPaperState& s, const AdafactorPaperOptions& o) {
  double t = double(++s.step), b = 1 - std::pow(t, o.decay_rate);
  double most = o.relative_step ? std::min(o.warmup_init ? 1e-6 * t : 1e-2, 1 / std::sqrt(t)) : *o.lr;
  auto rate = [&](double mean_square) { return o.scale_parameter ? most * std::max(o.eps[1], std::sqrt(mean_square)) : most; };
  if (w.dim() < 2) {
    average_in(s.exp_avg_sq, square(g) + o.eps[0], b);
    double by = rate(mean_square_of(w));
    Tensor u = clipped_by_rms(g / sqrt(s.exp_avg_sq), o.clip_threshold) * by;
    if (o.beta1) average_in(s.exp_avg, u, *o.beta1);
    scale_in_place(w, 1 - by * o.weight_decay);
    return add_in_place(w, o.beta1 ? s.exp_avg : u, -1);
  }
  write_guard("AdafactorPaper", w);
  dispatch_floating(type, w.dtype(), [&]<class T>() {
    MatrixShape shape(w);
    T* weights = w.mutable_data<T>();
    const T* gradient = g.data<T>();
    FactoredMoment moment{s.exp_avg_sq_row, s.exp_avg_sq_col};
    Swept squares = sweep(FactoredSquares<T>{T(o.eps[0])}, shape, weights, gradient);
    moment.average(squares, w, b);
    InverseRoot<T> root(moment);
    double total = sweep(FactoredUpdate<T>{{root.rows.data()}}, shape, weights, gradient, root.columns.data()).totals[0];
    double by = rate(squares.totals[0] / double(std::max<int64_t>(1, w.numel())));
    AdafactorPaperStep<T> rule{{root.rows.data(), by * rms_clip(total, w.numel(), o.clip_threshold)}, Ema<T>(o.beta1.value_or(0)), T(1 - by * o.weight_decay)};
    if (o.beta1) sweep(rule, shape, weights, gradient, root.columns.data(), static_cast<T*>(detail::ready(type, s.exp_avg, w)));
    else sweep(rule, shape, weights, gradient, root.columns.data());
  });
}

template class Method<AdafactorPaper, AdafactorPaperOptions, AdafactorPaperState>;

}  // namespace tare::optim
