#include "optim/ranger21.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"
#include "optim/rows.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

using S = Ranger21State;

template <class T>
struct VarianceRule {
  static constexpr auto tensors = std::tuple{&S::variance_ma};
  Ema<T> second;
  T inverse;
  VarianceRule(S& s, const Ranger21Options& o) : second(o.betas[1]), inverse(T(1 / correction(o.betas[1], double(++s.step)))) {}
  T operator()(T&, T g, T& v) const {
    v = second(v, g * g);
    return v * inverse;
  }
};

/// A and B are the two momenta, in the order of this step.
template <class T>
struct StepRule {
  Ema<T> average;
  T on_a, on_b, inverse_root, eps, beta, inverse_beta;  // a large beta makes softplus(x) = x
  StepRule(S& s, const Ranger21Options& o, int64_t t) : average(o.betas[0] * o.betas[0]), eps(T(o.eps)), beta(T(o.softplus ? o.beta_softplus : 1e30)), inverse_beta(1 / beta) {
    double b2 = o.betas[1], k = o.pnm_momentum_factor, noise = std::sqrt((1 + b2) * (1 + b2) + b2 * b2);
    double rate = o.rate(t) / correction(o.betas[0], double(s.step));
    on_a = T(rate * (1 + k) / noise), on_b = T(rate * k / noise);
    inverse_root = T(1 / std::sqrt(correction(b2, double(s.step))));
  }
  void operator()(T& w, T g, T& a, const T& b, const T& v) const {
    a = average(a, g);
    T den = soft_floor(std::sqrt(v) * inverse_root + eps, beta, inverse_beta);
    w -= quotient(on_a * a - on_b * b, den);
  }
};
template <class T>
struct OddRule : StepRule<T> {
  static constexpr auto tensors = std::tuple{&S::grad_ma, &S::neg_grad_ma, &S::variance_ma};
  using StepRule<T>::StepRule;
};
template <class T>
struct EvenRule : StepRule<T> {
  static constexpr auto tensors = std::tuple{&S::neg_grad_ma, &S::grad_ma, &S::variance_ma};
  using StepRule<T>::StepRule;
};

template <class T>
struct LookaheadRule {
  static constexpr auto tensors = std::tuple{&S::lookahead_params};
  T alpha;
  LookaheadRule(S&, const Ranger21Options& o) : alpha(T(o.lookahead_blending_alpha)) {}
  void operator()(T& w, T, T& slow) const { w = slow += alpha * (w - slow); }
};

/// Stages 1 to 3, which are one affine map a row: clipping scales it, centralization shifts it, the deviation of the whole scales all. Made anew in both passes over the
/// tensors: that costs less than keeping all gradients.
Tensor prepared(const Tensor& g, const std::vector<RowSums>& rows, const Ranger21Options& o) {
  double n = double(g.numel()) / double(std::max<size_t>(1, rows.size())), total = 0, squares = 0;
  std::vector<double> scale(rows.size(), 1.0), shift(rows.size(), 0.0);
  for (size_t r = 0; r < rows.size(); r++) {
    double most = std::max(std::sqrt(rows[r].ww), o.agc_eps) * o.agc_clipping_value, length = std::sqrt(rows[r].gg);
    if (o.use_adaptive_gradient_clipping && length > most) scale[r] = most / std::max(length, 1e-6);
    if (o.using_gc && g.dim() > 1) shift[r] = scale[r] * rows[r].g / n;
    total += scale[r] * rows[r].g - n * shift[r];
    squares += scale[r] * scale[r] * rows[r].gg - 2 * scale[r] * shift[r] * rows[r].g + n * shift[r] * shift[r];
  }
  if (o.using_normgc && g.numel() > 2) {
    double numbers = double(g.numel()), variance = std::max(0.0, (squares - total * total / numbers) / (numbers - 1));
    double k = 1 / (std::sqrt(variance) + 1e-8);
    for (size_t r = 0; r < rows.size(); r++) scale[r] *= k, shift[r] *= k;
  }
  return affine_rows(g, scale, shift);
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
  double total = 0, count = 0;
  in_parts(s, [&](Step& part) {
    for (size_t i = 0; i < s.size(); i++) {
      if (!part.grads[i].defined()) continue;
      const Tensor& w = s.param(i);
      const Ranger21Options& o = options(s.groups[i]);
      if (o.lookahead_active && !state(i).lookahead_params.defined()) state(i).lookahead_params = kernels::copy(w);
      Tensor g = contiguous_gradient(part, i);
      rows[i] = row_sums(w, g);
      for (const RowSums& r : rows[i])
        if (!std::isfinite(r.gg)) finite_gradient(part, i, type);
      part.grads[i] = prepared(g, rows[i], o);
      count += double(w.numel());
    }
    for (auto& [squares] : fuse<VarianceRule>(part, *this)) total += squares;
  });
  double root = count > 0 ? std::sqrt(total / count) : 0;
  in_parts(s, [&](Step& part) {
    for (size_t i = 0; i < s.size(); i++) {
      if (!part.grads[i].defined()) continue;
      const Ranger21Options& o = options(s.groups[i]);
      part.grads[i] = prepared(contiguous_gradient(part, i), rows[i], o);
      double rate = o.rate(step_), decay = o.weight_decay > 0 && root > 0 ? 1 - o.weight_decay * rate / root : 1;
      std::vector<double> scale(rows[i].size(), decay);
      for (size_t r = 0; r < scale.size() && o.normloss_active; r++)
        scale[r] *= 1 - 2 * rate * o.normloss_factor * (1 - 1 / (std::abs(decay) * std::sqrt(rows[i][r].ww) + o.eps));
      write_guard("Ranger21", s.param(i));
      if (decay != 1 || o.normloss_active) scale_rows(s.param(i), scale);
    }
    auto odd = [&](const Ranger21Options&, size_t i) { return state(i).step % 2 == 1; };
    fuse_where<OddRule>(part, *this, odd, step_);
    fuse_where<EvenRule>(part, *this, [&](const Ranger21Options& o, size_t i) { return !odd(o, i); }, step_);
    fuse_where<LookaheadRule>(part, *this, [&](const Ranger21Options& o) { return o.lookahead_active && step_ % o.lookahead_mergetime == 0; });
  });
}

void Ranger21::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Method<Ranger21, Ranger21Options, Ranger21State>;

}  // namespace tare::optim
