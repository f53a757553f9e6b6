#include "optim/came.h"

#include "autograd/ops/elementwise.h"
#include "optim/factored.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void CAMEOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "clip_threshold", clip_threshold, "weight_decay", weight_decay); }
void CAMEState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq_row", exp_avg_sq_row, "exp_avg_sq_col", exp_avg_sq_col, "exp_avg_res_row", exp_avg_res_row,
              "exp_avg_res_col", exp_avg_res_col, "exp_avg_sq", exp_avg_sq, "step", step);
}

void CAME::check_options(const CAMEOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps.size() == 2 && o.eps[0] >= 0 && o.eps[1] >= 0, "CAME: eps are two numbers of at least 0");
  check<ConfigError>(o.clip_threshold > 0, "CAME: clip_threshold must be positive, not ", o.clip_threshold);
}

namespace {

/// m, and how far u is from it.
template <class T>
struct CAMEMomentum {
  static constexpr Fold fold = Fold::sum;
  static constexpr bool by_column = true;
  typename InverseRoot<T>::At inverse_root;
  Ema<T> average;
  T eps;
  void at_row(int64_t r) { inverse_root.at_row(r); }
  T operator()(T&, T g, T column, T& m) const {
    T u = g * inverse_root(column);
    m = average(m, u);
    return (u - m) * (u - m) + eps;
  }
};

template <class T>
struct CAMEStep {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = true;
  typename InverseRoot<T>::At inverse_root;  // times lr
  T shrink;
  void at_row(int64_t r) { inverse_root.at_row(r); }
  void operator()(T& w, T, T column, T& m) const { w = shrink * w - m * inverse_root(column); }
};

template <class T>
void factored_step(const Tensor& weight, const Tensor& gradient, CAMEState& s, const CAMEOptions& o) {
  MatrixShape shape(weight);
  T* w = weight.mutable_data<T>();
  const T* g = gradient.data<T>();
  T* m = static_cast<T*>(detail::ready(CAME::type, s.exp_avg, weight));
  FactoredMoment squares{s.exp_avg_sq_row, s.exp_avg_sq_col}, instability{s.exp_avg_res_row, s.exp_avg_res_col};

  squares.average(sweep(FactoredSquares<T>{T(o.eps[0])}, shape, w, g), weight, o.betas[1]);
  InverseRoot<T> root(squares);
  double total = sweep(FactoredUpdate<T>{{root.rows.data()}}, shape, w, g, root.columns.data()).totals[0];
  CAMEMomentum<T> momentum{{root.rows.data(), rms_clip(total, weight.numel(), o.clip_threshold)}, Ema<T>(o.betas[0]), T(o.eps[1])};
  instability.average(sweep(momentum, shape, w, g, root.columns.data(), m), weight, o.betas[2]);
  InverseRoot<T> steady(instability);
  sweep(CAMEStep<T>{{steady.rows.data(), o.lr}, T(1 - o.lr * o.weight_decay)}, shape, w, g, steady.columns.data(), m);
}

void vector_step(const Tensor& w, const Tensor& g, CAMEState& s, const CAMEOptions& o) {
  average_in(s.exp_avg_sq, square(g) + o.eps[0], o.betas[1]);
  average_in(s.exp_avg, clipped_by_rms(g / sqrt(s.exp_avg_sq), o.clip_threshold), o.betas[0]);
  scale_in_place(w, 1 - o.lr * o.weight_decay);
  add_in_place(w, s.exp_avg, -o.lr);
}

}  // namespace

void CAME::update(const Tensor& w, const Tensor& g, CAMEState& s, const CAMEOptions& o) {
  s.step++;
  write_guard("CAME", w);
  if (w.dim() < 2) vector_step(w, g, s, o);
  else dispatch_floating(type, w.dtype(), [&]<class T>() { factored_step<T>(w, g, s, o); });
}

template class Method<CAME, CAMEOptions, CAMEState>;

}  // namespace tare::optim
