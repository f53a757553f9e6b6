#include "optim/adafactor.h"

#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "optim/factored.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AdafactorOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "beta2_decay", beta2_decay, "eps", eps, "d", d, "weight_decay", weight_decay, "maximize", maximize);
}
void AdafactorState::visit(Visitor& v) { list_states(v, "row_var", row_var, "col_var", col_var, "variance", variance, "step", step); }

void Adafactor::check_options(const AdafactorOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps.size() == 2 && o.eps[0] >= 0 && o.eps[1] >= 0, "Adafactor: eps are two numbers of at least 0");
  check<ConfigError>(o.beta2_decay <= 0, "Adafactor: beta2_decay must be at most 0, not ", o.beta2_decay);
  check<ConfigError>(o.d > 0, "Adafactor: d must be positive, not ", o.d);
}

namespace {

template <class T>
struct AdafactorStep {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = true;
  typename InverseRoot<T>::At inverse_root;
  T shrink, rate;
  void at_row(int64_t r) { inverse_root.at_row(r); }
  void operator()(T& w, T g, T column) const { w = shrink * w - rate * (g * inverse_root(column)); }
};

}  // namespace

void Adafactor::update(const Tensor& w, const Tensor& g, AdafactorState& s, const AdafactorOptions& o) {
  double t = double(++s.step), k = std::pow(t, o.beta2_decay), shrink = 1 - o.lr * o.weight_decay, most = std::min(o.lr, 1 / std::sqrt(t)) * (o.maximize ? -1 : 1);
  double eps1 = o.eps[0] > 0 ? o.eps[0] : w.dtype() == DType::float32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  if (w.dim() < 2) {
    double rate = most * std::max(o.eps[1], rms_of(w));
    average_in(s.variance, square(g), 1 - k);
    scale_in_place(w, shrink);
    Tensor u = g / sqrt(clamp(s.variance, eps1 * eps1));
    return add_in_place(w, u, -rate * rms_clip(mean_square_of(u), 1, o.d));
  }
  write_guard("Adafactor", w);
  dispatch_floating(type, w.dtype(), [&]<class T>() {
    MatrixShape shape(w);
    T* weights = w.mutable_data<T>();
    const T* gradient = g.data<T>();
    FactoredMoment moment{s.row_var, s.col_var};
    Swept squares = sweep(FactoredSquares<T>{0}, shape, weights, gradient);
    moment.average(squares, w, 1 - k);
    double rate = most * std::max(o.eps[1], std::sqrt(squares.totals[0] / double(w.numel())));
    InverseRoot<T> root(moment, eps1);
    typename InverseRoot<T>::At at{root.rows.data(), 1, T(1 / eps1)};  // 1 / sqrt(max(V, eps1^2))
    double total = sweep(FactoredUpdate<T>{at}, shape, weights, gradient, root.columns.data()).totals[0];
    sweep(AdafactorStep<T>{at, T(shrink), T(rate * rms_clip(total, w.numel(), o.d))}, shape, weights, gradient, root.columns.data());
  });
}

std::unique_ptr<Optimizer> Adafactor::create(const Json& json, const std::string& path) {
  Json plain = json;
  if (Json* eps = plain.find("eps"); eps && eps->is_array())
    for (Json& e : eps->as_array())
      if (e.is_null()) e = 0.0;
  return Method::create(plain, path);
}

template class Method<Adafactor, AdafactorOptions, AdafactorState>;

}  // namespace tare::optim
