#include "optim/ranger21.h"

#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"
#include "optim/rows.h"
#include "optim/scalar_math.h"
#include "optim/sweep.h"

namespace tare::optim {
namespace {

using S = Ranger21State;

/// Stages 1 to 3, which are one affine map of each row: clipping scales it, centralization shifts it, the deviation of the whole scales all.
struct Prepared {
  std::vector<double> scale, shift;
  Prepared(const Tensor& g, const std::vector<RowSums>& rows, const Ranger21Options& o) : scale(rows.size(), 1.0), shift(rows.size(), 0.0) {
    double n = double(g.numel()) / double(std::max<size_t>(1, rows.size())), total = 0, squares = 0;
    for (size_t r = 0; r < rows.size(); r++) {
      double most = std::max(std::sqrt(rows[r].ww), o.agc_eps) * o.agc_clipping_value, length = std::sqrt(rows[r].gg);
      if (o.use_adaptive_gradient_clipping && length > most) scale[r] = most / std::max(length, 1e-6);
      if (o.using_gc && g.dim() > 1) shift[r] = scale[r] * rows[r].g / n;
      total += scale[r] * rows[r].g - n * shift[r];
      squares += scale[r] * scale[r] * rows[r].gg - 2 * scale[r] * shift[r] * rows[r].g + n * shift[r] * shift[r];
    }
    if (!o.using_normgc || g.numel() <= 2) return;
    double numbers = double(g.numel()), variance = std::max(0.0, (squares - total * total / numbers) / (numbers - 1));
    double k = 1 / (std::sqrt(variance) + 1e-8);
    for (size_t r = 0; r < rows.size(); r++) scale[r] *= k, shift[r] *= k;
  }
};

template <class T>
struct RowRule {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = false;
  const Prepared& g;
  T scale = 0, shift = 0;
  void at_row(int64_t r) { scale = T(g.scale[size_t(r)]), shift = T(g.shift[size_t(r)]); }
  T prepared(T x) const { return scale * x - shift; }
};

template <class T>
struct VarianceRule : RowRule<T> {
  Ema<T> second;
  T inverse;
  VarianceRule(const Prepared& g, S& s, const Ranger21Options& o) : RowRule<T>{g}, second(o.betas[1]), inverse(T(1 / correction(o.betas[1], double(s.step)))) {}
  T operator()(T&, T x, T& v) const {
    T g = this->prepared(x);
    v = second(v, g * g);
    return v * inverse;
  }
};

/// Stages 5 to 10. A and B are the two momenta, in the order of this step.
template <class T>
struct StepRule : RowRule<T> {
  const std::vector<double>& decays;  // 5 and 6, by rows
  Ema<T> average;
  T on_a, on_b, inverse_root, eps, beta, inverse_beta, alpha, decay = 1;  // a large beta makes softplus(x) = x
  StepRule(const Prepared& g, const std::vector<double>& row_decays, S& s, const Ranger21Options& o, int64_t t)
      : RowRule<T>{g}, decays(row_decays), average(o.betas[0] * o.betas[0]), eps(T(o.eps)), beta(T(o.softplus ? o.beta_softplus : 1e30)), inverse_beta(1 / beta),
        alpha(T(o.lookahead_blending_alpha)) {
    double b2 = o.betas[1], k = o.pnm_momentum_factor, noise = std::sqrt((1 + b2) * (1 + b2) + b2 * b2);
    double rate = o.rate(t) / correction(o.betas[0], double(s.step));
    on_a = T(rate * (1 + k) / noise), on_b = T(rate * k / noise);
    inverse_root = T(1 / std::sqrt(correction(b2, double(s.step))));
  }
  void at_row(int64_t r) { RowRule<T>::at_row(r), decay = T(decays[size_t(r)]); }
  template <class... Slow>
  void operator()(T& w, T x, T& a, const T& b, const T& v, Slow&... slow) const {
    a = average(a, this->prepared(x));
    T den = soft_floor(std::sqrt(v) * inverse_root + eps, beta, inverse_beta);
    w = decay * w - quotient(on_a * a - on_b * b, den);
    ((w = slow += alpha * (w - slow)), ...);
  }
};

template <class T>
T* ready_state(Tensor& t, const Tensor& w) {
  return static_cast<T*>(detail::ready(Ranger21::type, t, w));
}

}  // namespace

void Ranger21Options::visit(Visitor& v) {
  list_options(v, "lr", lr, "num_epochs", num_epochs, "num_batches_per_epoch", num_batches_per_epoch, "betas", betas, "eps", eps, "weight_decay",
               weight_decay, "use_adaptive_gradient_clipping", use_adaptive_gradient_clipping, "agc_clipping_value", agc_clipping_value, "agc_eps", agc_eps,
               "using_gc", using_gc, "using_normgc", using_normgc, "pnm_momentum_factor", pnm_momentum_factor, "softplus", softplus, "beta_softplus",
               beta_softplus);
  list_options(v, "normloss_active", normloss_active, "normloss_factor", normloss_factor, "lookahead_active", lookahead_active, "lookahead_mergetime",
               lookahead_mergetime, "lookahead_blending_alpha", lookahead_blending_alpha, "use_warmup", use_warmup, "num_warmup_iterations",
               num_warmup_iterations, "warmup_pct_default", warmup_pct_default, "warmdown_active", warmdown_active, "warmdown_start_pct",
               warmdown_start_pct, "warmdown_min_lr", warmdown_min_lr);
}
void Ranger21State::visit(Visitor& v) {
  list_states(v, "grad_ma", grad_ma, "neg_grad_ma", neg_grad_ma, "variance_ma", variance_ma, "lookahead_params", lookahead_params, "step", step);
}

double Ranger21Options::rate(int64_t t) const {
  double total = double(num_epochs * num_batches_per_epoch), result = lr;
  if (use_warmup && (num_warmup_iterations || total > 0)) {
    double warm = std::ceil(2 / (1 - betas[1]));
    if (num_warmup_iterations) warm = double(*num_warmup_iterations);
    else if (warm > 0.45 * total) warm = std::floor(warmup_pct_default * total);
    if (double(t) <= warm) result = lr * std::min(1.0, double(t) / warm);
  }
  double start = std::floor(warmdown_start_pct * total);
  if (warmdown_active && total > 0 && double(t) >= start)
    result = lr - (lr - warmdown_min_lr) * std::min(1.0, (double(t) + 1 - start) / (total - start + 1));
  return result;
}

void Ranger21::check_options(const Ranger21Options& o) {
  Method::check_options(o);
  check_rate(type, "agc_clipping_value", o.agc_clipping_value);
  check_rate(type, "normloss_factor", o.normloss_factor);
  check<ConfigError>(o.num_epochs >= 0 && o.num_batches_per_epoch >= 0, "Ranger21: num_epochs and num_batches_per_epoch must be at least 0, not ",
                     o.num_epochs, " and ", o.num_batches_per_epoch);
  check<ConfigError>(o.lookahead_mergetime >= 1, "Ranger21: lookahead_mergetime must be at least 1, not ", o.lookahead_mergetime);
  check<ConfigError>(o.lookahead_blending_alpha >= 0 && o.lookahead_blending_alpha <= 1, "Ranger21: lookahead_blending_alpha must be in [0, 1], not ",
                     o.lookahead_blending_alpha);
  check<ConfigError>(o.beta_softplus > 0, "Ranger21: beta_softplus must be positive, not ", o.beta_softplus);
}

void Ranger21::apply(Step& s) {
  step_++;
  std::vector<std::vector<RowSums>> rows(s.size());
  std::vector<double> variances(s.size());
  each_parameter(s, [&](size_t i) {
    const Tensor &w = s.param(i), g = finite_gradient(s, i, type);
    const Ranger21Options& o = options(s.groups[i]);
    S& at = state(i);
    at.step++;
    if (o.lookahead_active && !at.lookahead_params.defined()) at.lookahead_params = kernels::copy(w);
    rows[i] = row_sums(w, g);
    Prepared prepared(g, rows[i], o);
    dispatch_floating(type, w.dtype(), [&]<class T>() {
      variances[i] = sweep(VarianceRule<T>(prepared, at, o), MatrixShape::rows_of_first(w), w.mutable_data<T>(), g.data<T>(), nullptr, ready_state<T>(at.variance_ma, w)).totals[0];
    });
  });
  double total = 0, count = 0;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) total += variances[i], count += double(s.param(i).numel());
  double root = count > 0 ? std::sqrt(total / count) : 0;
  each_parameter(s, [&](size_t i) {
    const Tensor &w = s.param(i), g = contiguous_gradient(s, i);
    const Ranger21Options& o = options(s.groups[i]);
    S& at = state(i);
    double rate = o.rate(step_), decay = o.weight_decay > 0 && root > 0 ? 1 - o.weight_decay * rate / root : 1;
    std::vector<double> decays(rows[i].size(), decay);
    for (size_t r = 0; r < decays.size() && o.normloss_active; r++)
      decays[r] *= 1 - 2 * rate * o.normloss_factor * (1 - 1 / (std::abs(decay) * std::sqrt(rows[i][r].ww) + o.eps));
    write_guard("Ranger21", w);
    Prepared prepared(g, rows[i], o);
    dispatch_floating(type, w.dtype(), [&]<class T>() {
      StepRule<T> rule(prepared, decays, at, o, step_);
      MatrixShape shape = MatrixShape::rows_of_first(w);
      T *a = ready_state<T>(at.grad_ma, w), *b = ready_state<T>(at.neg_grad_ma, w), *v = ready_state<T>(at.variance_ma, w);
      if (at.step % 2 == 0) std::swap(a, b);
      if (o.lookahead_active && step_ % o.lookahead_mergetime == 0)
        sweep(rule, shape, w.mutable_data<T>(), g.data<T>(), nullptr, a, b, v, ready_state<T>(at.lookahead_params, w));
      else sweep(rule, shape, w.mutable_data<T>(), g.data<T>(), nullptr, a, b, v);
    });
  });
}

void Ranger21::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Method<Ranger21, Ranger21Options, Ranger21State>;

}  // namespace tare::optim
