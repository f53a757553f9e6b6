#include "optim/pnm.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// u, from the two buffers; the first is A at odd steps.
template <class T>
struct PnmMomentum {
  T keep_p, fresh_p, keep_n, fresh_n, on_p, on_n;  // the buffer that is C keeps all of itself
  PnmMomentum(double b, double k, int64_t t) {
    double scale = std::sqrt((1 + k) * (1 + k) + k * k), keep = b * b;
    bool odd = t % 2 == 1;
    keep_p = T(odd ? keep : 1), fresh_p = T(odd ? 1 - keep : 0), on_p = T((odd ? 1 + k : -k) / scale);
    keep_n = T(odd ? 1 : keep), fresh_n = T(odd ? 0 : 1 - keep), on_n = T((odd ? -k : 1 + k) / scale);
  }
  T operator()(T g, T& p, T& n) const {
    p = keep_p * p + fresh_p * g;
    n = keep_n * n + fresh_n * g;
    return on_p * p + on_n * n;
  }
};

template <class T>
struct PNMRule {
  static constexpr auto tensors = std::tuple{&PNMState::pos_momentum, &PNMState::neg_momentum};
  PnmMomentum<T> momentum;
  Decay<T> decay;
  T lr;
  PNMRule(PNMState& s, const PNMOptions& o)
      : momentum(o.betas[0], o.betas[1], ++s.step), decay(o.lr, o.weight_decay, o.weight_decouple), lr(T(o.lr)) {}
  void operator()(T& w, T g, T& p, T& n) const {
    decay(w, g);
    w -= lr * momentum(g, p, n);
  }
};

template <bool kAmsgrad>
struct AdaPnmForm {
  template <class T>
  struct Rule {
    using S = AdaPNMState;
    static constexpr auto tensors = choose<kAmsgrad>(std::tuple{&S::exp_avg, &S::neg_exp_avg, &S::exp_avg_sq, &S::max_exp_avg_sq},
                                                     std::tuple{&S::exp_avg, &S::neg_exp_avg, &S::exp_avg_sq});
    PnmMomentum<T> momentum;
    Ema<T> second;
    Decay<T> decay;
    T step_size, inverse_root, eps;
    Rule(S& s, const AdaPNMOptions& o)
        : momentum(o.betas[0], o.betas[2], ++s.step), second(o.betas[1]), decay(o.lr, o.weight_decay, o.weight_decouple),
          step_size(T(o.lr / correction(o.betas[0], double(s.step)))), inverse_root(T(1 / std::sqrt(correction(o.betas[1], double(s.step))))),
          eps(T(o.eps)) {}
    template <class... Max>
    void operator()(T& w, T g, T& p, T& n, T& v, Max&... max) const {
      decay(w, g);
      T u = momentum(g, p, n);
      v = second(v, g * g);
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      w -= step_size * u / (std::sqrt(largest) * inverse_root + eps);
    }
  };
};

}  // namespace

void AdaPNMOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "weight_decouple", weight_decouple, "amsgrad", amsgrad);
}
void AdaPNMState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "neg_exp_avg", neg_exp_avg, "exp_avg_sq", exp_avg_sq, "max_exp_avg_sq", max_exp_avg_sq, "step", step);
}
void PNMOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "weight_decay", weight_decay, "weight_decouple", weight_decouple); }
void PNMState::visit(Visitor& v) { list_states(v, "pos_momentum", pos_momentum, "neg_momentum", neg_momentum, "step", step); }

void AdaPNM::check_options(const AdaPNMOptions& o) {
  check_rate(type, "lr", o.lr);
  check_rate(type, "eps", o.eps);
  check_rate(type, "weight_decay", o.weight_decay);
  check<ConfigError>(o.betas.size() == 3, "AdaPNM: betas must be 3 numbers, not ", o.betas.size());
  check_betas(type, {o.betas[0], o.betas[1]}, 2);
  check_rate(type, "betas.2", o.betas[2]);
}

void AdaPNM::apply(Step& s) {
  fuse_where<AdaPnmForm<false>::Rule>(s, *this, [](auto& o) { return !o.amsgrad; });
  fuse_where<AdaPnmForm<true>::Rule>(s, *this, [](auto& o) { return o.amsgrad; });
}

void PNM::check_options(const PNMOptions& o) {
  check_rate(type, "lr", o.lr);
  check_rate(type, "weight_decay", o.weight_decay);
  check<ConfigError>(o.betas.size() == 2, "PNM: betas must be 2 numbers, not ", o.betas.size());
  check_range(type, "betas.0", o.betas[0], 0, 1);
  check_rate(type, "betas.1", o.betas[1]);
}

void PNM::apply(Step& s) { fuse<PNMRule>(s, *this); }

template class Method<AdaPNM, AdaPNMOptions, AdaPNMState>;
template class Method<PNM, PNMOptions, PNMState>;

}  // namespace tare::optim
