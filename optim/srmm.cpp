#include "optim/srmm.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct SRMMRule {
  static constexpr auto tensors = std::tuple{&SRMMState::mov_avg_grad, &SRMMState::mov_avg_param};
  Ema<T> average;
  T lr;
  static double fresh(int64_t t, const SRMMOptions& o) { return std::pow(double((o.memory_length ? t % *o.memory_length : t) + 1), -o.beta); }
  SRMMRule(SRMMState& s, const SRMMOptions& o) : average(1 - fresh(++s.step, o)), lr(T(o.lr)) {}
  void operator()(T& w, T g, T& mean_g, T& mean_w) const {
    mean_g = average(mean_g, g);
    mean_w = average(mean_w, w);
    w = mean_w - lr * mean_g;
  }
};

}  // namespace

void SRMMOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "memory_length", memory_length); }
void SRMMState::visit(Visitor& v) { list_states(v, "mov_avg_grad", mov_avg_grad, "mov_avg_param", mov_avg_param, "step", step); }

void SRMM::check_options(const SRMMOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.memory_length.value_or(1) >= 1, "SRMM: memory_length must be at least 1, not ", o.memory_length.value_or(1));
}

void SRMM::apply(Step& s) { fuse<SRMMRule>(s, *this); }

template class Method<SRMM, SRMMOptions, SRMMState>;

}  // namespace tare::optim
