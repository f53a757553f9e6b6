#include "optim/rmsprop.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <bool kCentered, bool kMomentum>
struct RmsForm {
  template <class T>
  struct Rule {
    using S = RMSpropState;
    static constexpr auto tensors = choose<kCentered>(
        choose<kMomentum>(std::tuple{&S::square_avg, &S::grad_avg, &S::momentum_buffer}, std::tuple{&S::square_avg, &S::grad_avg}),
        choose<kMomentum>(std::tuple{&S::square_avg, &S::momentum_buffer}, std::tuple{&S::square_avg}));
    Ema<T> average;
    Decay<T> decay;
    T sign, momentum, eps_inside, eps_outside, into_buffer, out_of_buffer;

    Rule(S& s, const RMSpropOptions& o)
        : average(o.alpha), decay(o.lr, o.weight_decay, false), sign(T(o.maximize ? -1 : 1)), momentum(T(o.momentum)), eps_inside(0),
          eps_outside(T(o.eps)), into_buffer(1), out_of_buffer(T(o.lr)) {
      s.step++;
    }
    Rule(S& s, const RMSpropTFOptions& o)
        : average(o.alpha), decay(o.lr, o.weight_decay, o.weight_decouple), sign(1), momentum(T(o.momentum)), eps_inside(T(o.eps)), eps_outside(0),
          into_buffer(T(o.lr_in_momentum ? o.lr : 1)), out_of_buffer(T(o.lr_in_momentum ? 1 : o.lr)) {
      s.step++;
    }
    static void first_state(S&, const RMSpropOptions&, const Tensor&) {}
    static void first_state(S& s, const RMSpropTFOptions&, const Tensor& w) {
      if (s.square_avg.defined()) return;
      s.square_avg = empty(w.shape(), w.dtype());
      kernels::fill(s.square_avg, 1);
    }
    template <class... More>
    void operator()(T& w, T g, T& square, More&... more) const {
      auto others = std::tie(more...);
      g *= sign;
      decay(w, g);
      square = average(square, g * g);
      T variance = square;
      if constexpr (kCentered) {
        T& mean = std::get<0>(others);
        mean = average(mean, g);
        variance -= mean * mean;
      }
      T u = into_buffer * g / (std::sqrt(variance + eps_inside) + eps_outside);
      if constexpr (kMomentum) {
        T& buffer = std::get<kCentered ? 1 : 0>(others);
        u = buffer = momentum * buffer + u;
      }
      w -= out_of_buffer * u;
    }
  };
};

template <class M>
void apply_rms(Step& s, M& m) {
  fuse_where<RmsForm<false, false>::Rule>(s, m, [](auto& o) { return !o.centered && o.momentum == 0; });
  fuse_where<RmsForm<false, true>::Rule>(s, m, [](auto& o) { return !o.centered && o.momentum != 0; });
  fuse_where<RmsForm<true, false>::Rule>(s, m, [](auto& o) { return o.centered && o.momentum == 0; });
  fuse_where<RmsForm<true, true>::Rule>(s, m, [](auto& o) { return o.centered && o.momentum != 0; });
}

}  // namespace

void RMSpropOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "alpha", alpha, "eps", eps, "weight_decay", weight_decay, "momentum", momentum, "centered", centered,
               "maximize", maximize);
}
void RMSpropState::visit(Visitor& v) {
  list_states(v, "square_avg", square_avg, "momentum_buffer", momentum_buffer, "grad_avg", grad_avg, "step", step);
}
void RMSpropTFOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "alpha", alpha, "eps", eps, "weight_decay", weight_decay, "centered", centered,
               "weight_decouple", weight_decouple, "lr_in_momentum", lr_in_momentum);
}

void RMSprop::check_options(const RMSpropOptions& o) {
  Method::check_options(o);
  check_range(type, "alpha", o.alpha, 0, 1);
}

void RMSprop::apply(Step& s) { apply_rms(s, *this); }

void RMSpropTF::check_options(const RMSpropTFOptions& o) {
  Method::check_options(o);
  check_range(type, "alpha", o.alpha, 0, 1);
}

void RMSpropTF::apply(Step& s) { apply_rms(s, *this); }

template class Method<RMSprop, RMSpropOptions, RMSpropState>;
template class Method<RMSpropTF, RMSpropTFOptions, RMSpropState>;

}  // namespace tare::optim
