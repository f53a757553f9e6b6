#include "optim/adafactor.h"

#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
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

void Adafactor::update(const Tensor& w, Tensor g, AdafactorState& s, const AdafactorOptions& o) {
  double t = double(++s.step), k = std::pow(t, o.beta2_decay);
  double eps1 = o.eps[0] > 0 ? o.eps[0] : w.dtype() == DType::float32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  double rate = std::max(o.eps[1], rms_of(w)) * std::min(o.lr, 1 / std::sqrt(t));
  if (o.maximize) g = -g;
  scale_in_place(w, 1 - o.lr * o.weight_decay);
  Tensor v, squares = square(g);
  if (w.dim() > 1) {
    average_in(s.row_var, mean(squares, {-1}, true), 1 - k);
    average_in(s.col_var, mean(squares, {-2}, true), 1 - k);
    v = matmul(s.row_var, s.col_var) / clamp(mean(s.row_var, {-2}, true), eps1);
  } else {
    average_in(s.variance, squares, 1 - k);
    v = s.variance;
  }
  Tensor u = g / sqrt(clamp(v, eps1 * eps1));
  add_in_place(w, u, -rate / std::max(1.0, rms_of(u) / o.d));
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
