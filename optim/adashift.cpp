#include "optim/adashift.h"

#include <utility>

#include "autograd/ops/factory.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AdaShiftOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "keep_num", keep_num, "eps", eps, "reduce", reduce); }
void AdaShiftState::visit(Visitor& v) { list_states(v, "grad_queue", grad_queue, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "step", step); }

void AdaShift::check_options(const AdaShiftOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.keep_num >= 1, "AdaShift: keep_num must be at least 1, not ", o.keep_num);
  check<ConfigError>(o.reduce == "max" || o.reduce == "none", "AdaShift: reduce must be \"max\" or \"none\", not \"", o.reduce, "\"");
}

namespace {

/// 1 / sum of beta1^i over the last n gradients.
double share(const AdaShiftOptions& o) { return (1 - o.betas[0]) / correction(o.betas[0], double(o.keep_num)); }

/// While the queue fills: m only.
template <class T>
struct FillRule {
  static constexpr auto tensors = std::tuple{&AdaShiftState::exp_avg, &AdaShiftState::oldest};
  T keep, fresh;
  FillRule(AdaShiftState&, const AdaShiftOptions& o) : keep(T(o.betas[0])), fresh(T(share(o))) {}
  void operator()(T&, T g, T& m, T& kept) const {
    m = keep * m + fresh * g;
    kept = g;
  }
};

/// The step, from den, the denominator of the whole tensor or of one number; the oldest gradient is written over by g.
template <class T>
struct ShiftRule {
  T keep, fresh, leaves, lr, eps, inverse;
  explicit ShiftRule(const AdaShiftState& s, const AdaShiftOptions& o) : keep(T(o.betas[0])), fresh(T(share(o))), lr(T(o.lr)), eps(T(o.eps)) {
    leaves = T(share(o) * std::pow(o.betas[0], double(o.keep_num)));
    inverse = T(1 / correction(o.betas[1], double(s.step - o.keep_num)));
  }
  T den(T v) const { return std::sqrt(v * inverse) + eps; }
  void move(T& w, T g, T& m, T& old, T den) const {
    m = keep * m + fresh * g - leaves * old;
    old = g;
    w -= lr * m / den;
  }
};

template <class T>
struct ByTensorRule : ShiftRule<T> {
  static constexpr auto tensors = std::tuple{&AdaShiftState::exp_avg, &AdaShiftState::oldest};
  T of_tensor;
  ByTensorRule(AdaShiftState& s, const AdaShiftOptions& o) : ShiftRule<T>(s, o), of_tensor(this->den(T(s.exp_avg_sq.item()))) {}
  void operator()(T& w, T g, T& m, T& old) const { this->move(w, g, m, old, of_tensor); }
};

template <class T>
struct ByNumberRule : ShiftRule<T> {
  static constexpr auto tensors = std::tuple{&AdaShiftState::exp_avg, &AdaShiftState::oldest, &AdaShiftState::exp_avg_sq};
  Ema<T> second;
  ByNumberRule(AdaShiftState& s, const AdaShiftOptions& o) : ShiftRule<T>(s, o), second(o.betas[1]) {}
  void operator()(T& w, T g, T& m, T& old, T& v) const {
    v = second(v, old * old);
    this->move(w, g, m, old, this->den(v));
  }
};

}  // namespace

void AdaShift::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    AdaShiftState& a = state(i);
    const AdaShiftOptions& o = options(s.groups[i]);
    if (a.step++ < o.keep_num) continue;
    a.oldest = a.grad_queue.front();
    a.grad_queue.erase(a.grad_queue.begin());
    if (o.reduce == "max" && a.oldest.numel()) average_in(a.exp_avg_sq, full({}, max_abs_of(a.oldest) * max_abs_of(a.oldest), a.oldest.dtype()), o.betas[1]);
  }
  auto moves = [&](const AdaShiftOptions& o, size_t i) { return state(i).step > o.keep_num && s.param(i).numel() > 0; };
  fuse_where<FillRule>(s, *this, [&](const AdaShiftOptions& o, size_t i) { return !moves(o, i); });
  fuse_where<ByTensorRule>(s, *this, [&](const AdaShiftOptions& o, size_t i) { return moves(o, i) && o.reduce == "max"; });
  fuse_where<ByNumberRule>(s, *this, [&](const AdaShiftOptions& o, size_t i) { return moves(o, i) && o.reduce != "max"; });
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) state(i).grad_queue.push_back(std::exchange(state(i).oldest, {}));
}

template class Method<AdaShift, AdaShiftOptions, AdaShiftState>;

}  // namespace tare::optim
