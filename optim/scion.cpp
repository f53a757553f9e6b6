#include "optim/scion.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"

namespace tare::optim {
namespace {

Tensor scion_direction(const Tensor& b, const ScionOptions& o) {
  constexpr double kTiny = 1e-8;
  if (o.norm == "auto" && b.dim() < 2) return b * (1 / (rms_of(b) + kTiny));
  Tensor matrix = reshape(b, {b.dim() ? b.size(0) : 1, -1});
  double rows = double(matrix.size(0)), cols = double(matrix.size(1));
  if (o.norm == "sign") return sign(matrix) * (1 / cols);
  if (o.norm == "col") return matrix / (sqrt(mean(square(matrix), {0}, true)) + kTiny);
  if (o.norm == "row") return matrix / (std::sqrt(cols) * tare::norm(matrix, 2, {1}, true) + kTiny);
  double in = double(b.size(1)), kernel = cols / in;
  return newton_schulz(matrix, o.ns_steps) * (std::sqrt(rows / in) / kernel);
}

}  // namespace

void ScionOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "norm", norm, "scale", scale, "unconstrained", unconstrained, "ns_steps", ns_steps);
}

void Scion::check_options(const ScionOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.momentum > 0 && o.momentum <= 1, "Scion: momentum must be in (0, 1], not ", o.momentum);
  check<ConfigError>(o.norm == "auto" || o.norm == "sign" || o.norm == "col" || o.norm == "row",
                     "Scion: norm must be \"auto\", \"sign\", \"col\" or \"row\", not \"", o.norm, "\"");
}

void Scion::update(const Tensor& w, Tensor g, MomentumState& s, const ScionOptions& o) {
  s.step++;
  if (o.momentum < 1) {
    average_in(s.momentum_buffer, g, 1 - o.momentum);
    g = s.momentum_buffer;
  }
  if (!o.unconstrained) scale_in_place(w, 1 - o.lr);
  add_in_place(w, reshape(scion_direction(g, o), w.shape()), -o.lr * o.scale);
}

template class Method<Scion, ScionOptions, MomentumState>;

}  // namespace tare::optim
