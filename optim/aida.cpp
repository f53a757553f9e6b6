#include "optim/aida.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct AidaMoment {
  static constexpr auto tensors = std::tuple{&AidaState::exp_avg};
  Ema<T> first;
  T decay;
  AidaMoment(AidaState& s, const AidaOptions& o) : first(o.betas[0]), decay(T(o.weight_decay)) { s.step++; }
  /// <g, m>, |g|^2, |m|^2.
  std::array<T, 3> operator()(T& w, T g, T& m) const {
    g += decay * w;
    m = first(m, g);
    return {g * m, g * g, m * m};
  }
};

template <class T>
struct AidaStep {
  static constexpr auto tensors = std::tuple{&AidaState::exp_avg, &AidaState::exp_avg_var};
  Ema<T> second;
  T decay, step_size, eps, on_g, on_m;
  AidaStep(AidaState& s, const AidaOptions& o, const Here& here, const std::vector<std::array<double, 3>>& products)
      : second(o.betas[1]), decay(T(o.weight_decay)), eps(T(o.eps)) {
    auto [gm, gg, mm] = products[here.index];
    double x = 1, y = 1;  // multiples of g and m
    for (int64_t i = 0; i < o.k; i++) {
      double inner = x * y * gm, next_x = x * inner / (x * x * gg + o.xi), next_y = y * inner / (y * y * mm + o.xi);
      x = next_x, y = next_y;
    }
    double t = double(s.step);
    on_g = T(x), on_m = T(y);
    step_size = T(o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g += decay * w;
    T d = on_m * m - on_g * g;
    v = second(v, d * d) + eps;
    w -= v > 0 ? step_size * m / std::sqrt(v) : T(0);
  }
};

}  // namespace

void AidaOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "k", k, "xi", xi, "eps", eps, "weight_decay", weight_decay); }
void AidaState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_var", exp_avg_var, "step", step); }

void Aida::check_options(const AidaOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.k >= 0, "Aida: k must be at least 0, not ", o.k);
}

void Aida::apply(Step& s) {
  auto products = fuse<AidaMoment>(s, *this);
  fuse<AidaStep>(s, *this, products);
}

template class Method<Aida, AidaOptions, AidaState>;

}  // namespace tare::optim
