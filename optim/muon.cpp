#include "optim/muon.h"

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

/// B and then u.
Tensor muon_momentum(Tensor& buffer, const Tensor& g, double momentum, bool nesterov) {
  average_in(buffer, g, momentum);
  return nesterov ? lerp(g, buffer, momentum) : buffer;
}

void muon_step(const Tensor& w, const Tensor& x, double lr, double weight_decay, double eps) {
  scale_in_place(w, 1 - lr * weight_decay);
  add_in_place(w, reshape(x, w.shape()), -0.2 * lr * std::sqrt(double(w.numel())) / (norm_of(x) + eps));
}

}  // namespace

void MuonOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "nesterov", nesterov, "ns_steps", ns_steps, "ns_coefficients", ns_coefficients,
               "weight_decay", weight_decay, "eps", eps, "adjust_lr_fn", adjust_lr_fn);
}
void NorMuonOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "beta2", beta2, "nesterov", nesterov, "ns_steps", ns_steps, "weight_decay", weight_decay,
               "eps", eps);
}
void NorMuonState::visit(Visitor& v) {
  list_states(v, "momentum_buffer", momentum_buffer, "second_momentum_buffer", second_momentum_buffer, "step", step);
}
void AdaMuonOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "nesterov", nesterov, "ns_steps", ns_steps, "weight_decay", weight_decay, "eps", eps);
}
void AdaMuonState::visit(Visitor& v) { list_states(v, "momentum_buffer", momentum_buffer, "v_buffer", v_buffer, "step", step); }

void Muon::check_options(const MuonOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check<ConfigError>(o.ns_coefficients.size() == 3 && o.ns_steps >= 0, "Muon: ns_coefficients are three numbers and ns_steps is at least 0");
  check<ConfigError>(o.adjust_lr_fn == "original" || o.adjust_lr_fn == "match_rms_adamw",
                     "Muon: adjust_lr_fn must be \"original\" or \"match_rms_adamw\", not \"", o.adjust_lr_fn, "\"");
}

void Muon::update(const Tensor& w, Tensor g, MomentumState& s, const MuonOptions& o) {
  s.step++;
  Tensor u = newton_schulz(as_matrix(muon_momentum(s.momentum_buffer, g, o.momentum, o.nesterov)), o.ns_steps, o.eps, o.ns_coefficients);
  double rows = double(u.size(0)), cols = double(u.size(1));
  double k = o.adjust_lr_fn == "original" ? std::sqrt(std::max(1.0, rows / cols)) : 0.2 * std::sqrt(std::max(rows, cols));
  scale_in_place(w, 1 - o.lr * o.weight_decay);
  add_in_place(w, reshape(u, w.shape()), -o.lr * k);
}

void NorMuon::check_options(const NorMuonOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_range(type, "beta2", o.beta2, 0, 1);
}

void NorMuon::update(const Tensor& w, Tensor g, NorMuonState& s, const NorMuonOptions& o) {
  s.step++;
  Tensor u = newton_schulz(as_matrix(muon_momentum(s.momentum_buffer, g, o.momentum, o.nesterov)), o.ns_steps);
  average_in(s.second_momentum_buffer, mean(square(u), {1}, true), o.beta2);
  muon_step(w, u / (sqrt(s.second_momentum_buffer) + o.eps), o.lr, o.weight_decay, o.eps);
}

void AdaMuon::check_options(const AdaMuonOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}

void AdaMuon::update(const Tensor& w, Tensor g, AdaMuonState& s, const AdaMuonOptions& o) {
  s.step++;
  Tensor u = newton_schulz(sign(as_matrix(muon_momentum(s.momentum_buffer, g, o.momentum, o.nesterov))), o.ns_steps);
  average_in(s.v_buffer, square(u), o.momentum);
  muon_step(w, u / (sqrt(s.v_buffer) + o.eps), o.lr, o.weight_decay, o.eps);
}

template class Method<Muon, MuonOptions, MomentumState>;
template class Method<NorMuon, NorMuonOptions, NorMuonState>;
template class Method<AdaMuon, AdaMuonOptions, AdaMuonState>;

}  // namespace tare::optim
