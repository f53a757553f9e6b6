#include "optim/sgdw.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct SGDWRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T lr, momentum, keep;
  SGDWRule(MomentumState& s, const SGDWOptions& o) : lr(T(o.lr)), momentum(T(o.momentum)), keep(T(1 - o.weight_decay)) { s.step++; }
  void operator()(T& w, T g, T& buffer) const {
    buffer = momentum * buffer + lr * g;
    w = keep * w - buffer;
  }
};

template <class T>
struct AdamWPaperRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T keep, step_size, inverse_root, eps;
  AdamWPaperRule(MomentsState& s, const AdamWPaperOptions& o) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    double t = double(++s.step);
    double eta = o.schedule.empty() ? 1 : o.schedule[std::min(size_t(s.step), o.schedule.size()) - 1];
    keep = T(1 - eta * o.weight_decay);
    step_size = T(eta * o.lr / correction(o.betas[0], t));
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    w = keep * w - step_size * m / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void SGDWOptions::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay); }
void AdamWPaperOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "schedule", schedule);
}

void SGDW::apply(Step& s) { fuse<SGDWRule>(s, *this); }

void AdamWPaper::check_options(const AdamWPaperOptions& o) {
  Method::check_options(o);
  for (double eta : o.schedule) check_rate(type, "schedule", eta);
}

void AdamWPaper::apply(Step& s) { fuse<AdamWPaperRule>(s, *this); }

double normalized_weight_decay(double lambda_norm, int64_t batch_size, int64_t num_samples, int64_t epochs) {
  check<ConfigError>(lambda_norm >= 0 && batch_size > 0 && num_samples > 0 && epochs > 0,
                     "normalized_weight_decay: expected positive numbers but lambda_norm, batch_size, num_samples, epochs are ", lambda_norm, ", ",
                     batch_size, ", ", num_samples, ", ", epochs);
  return lambda_norm * std::sqrt(double(batch_size) / (double(num_samples) * double(epochs)));
}

template class Method<SGDW, SGDWOptions, MomentumState>;
template class Method<AdamWPaper, AdamWPaperOptions, MomentsState>;

}  // namespace tare::optim
