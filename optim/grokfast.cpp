#include "optim/grokfast.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct GrokfastRule {
  static constexpr auto tensors = std::tuple{&GrokfastState::exp_avg, &GrokfastState::exp_avg_sq, &GrokfastState::grok_exp_avg};
  Ema<T> first, second, slow;
  T lamb, shrink, step_size, inverse_root, eps;
  bool beginning;
  GrokfastRule(GrokfastState& s, const GrokfastAdamWOptions& o)
      : first(o.betas[0]), second(o.betas[1]), slow(o.grokfast_alpha), lamb(T(o.grokfast_lamb)), shrink(T(1 - o.lr * o.weight_decay)), eps(T(o.eps)),
        beginning(s.step++ == 0) {
    double t = double(s.step);
    step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v, T& grok) const {
    grok = beginning ? g : slow(grok, g);
    g += lamb * grok;
    m = first(m, g);
    v = second(v, g * g);
    w = shrink * w - step_size * m / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void GrokfastAdamWOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "grokfast_alpha", grokfast_alpha, "grokfast_lamb", grokfast_lamb, "eps", eps,
               "weight_decay", weight_decay);
}
void GrokfastState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "grok_exp_avg", grok_exp_avg, "step", step); }

void GrokfastAdamW::check_options(const GrokfastAdamWOptions& o) {
  Method::check_options(o);
  check_range(type, "grokfast_alpha", o.grokfast_alpha, 0, 1);
}

void GrokfastAdamW::apply(Step& s) { fuse<GrokfastRule>(s, *this); }

template class Method<GrokfastAdamW, GrokfastAdamWOptions, GrokfastState>;

}  // namespace tare::optim
