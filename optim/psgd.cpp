#include "optim/psgd.h"

#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "core/random.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/hutchinson.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

double draw(Generator& g) { return rand({1}, DType::float64, &g).item(); }

}  // namespace

void PSGDOptions::visit(Visitor& v) {
  list_options(v, "preconditioner", preconditioner, "rank", rank, "lr", lr, "lr_preconditioner", lr_preconditioner, "momentum", momentum,
               "grad_clip_max_norm", grad_clip_max_norm, "preconditioner_update_probability", preconditioner_update_probability, "step_normalizer",
               step_normalizer, "exact_hessian_vector_product", exact_hessian_vector_product, "preconditioner_type", preconditioner_type, "init_scale",
               init_scale, "max_size_triangular", max_size_triangular, "seed", seed);
}

void PSGD::check_options(const PSGDOptions& o) {
  Method::check_options(o);
  auto one_of = [](std::string_view name, const std::string& value, std::initializer_list<std::string_view> known) {
    for (std::string_view k : known)
      if (value == k) return;
    throw ConfigError(text("PSGD: unknown ", name, " \"", value, "\""));
  };
  one_of("preconditioner", o.preconditioner, {"xmat", "lra", "kron"});
  one_of("step_normalizer", o.step_normalizer, {"1st", "2nd"});
  one_of("preconditioner_type", o.preconditioner_type, {"newton", "whitening"});
  check_range(type, "momentum", o.momentum, 0, 1);
  check_rate(type, "lr_preconditioner", o.lr_preconditioner.value_or(0));
  check<ConfigError>(o.rank >= 1, "PSGD: rank must be at least 1, not ", o.rank);
  check<ConfigError>(!o.init_scale || *o.init_scale > 0, "PSGD: init_scale must be positive, not ", o.init_scale.value_or(0));
  check<ConfigError>(o.preconditioner_update_probability >= 0 && o.preconditioner_update_probability <= 1,
                     "PSGD: preconditioner_update_probability must be in [0, 1], not ", o.preconditioner_update_probability);
}

double PSGD::rate() const { return options().lr_preconditioner.value_or(options().step_normalizer == "2nd" ? 0.1 : 0.01); }

Tensor PSGD::curvature(Step& s, Tensor& v, Tensor& g) const {
  const PSGDOptions& o = options();
  if (o.preconditioner_type == "whitening") return g;
  if (o.exact_hessian_vector_product) {
    Tensor h = flatten(s.params, hessian_vector_product(s, unflatten(s.params, v), type));
    g = flatten(s.params, s.grads);  // of the same evaluation
    return h;
  }
  v = v * std::sqrt(v.dtype() == DType::float64 ? std::numeric_limits<double>::epsilon() : double(std::numeric_limits<float>::epsilon()));
  Excursion away(s);
  away.to(unflatten(s.params, v));
  away.evaluate(type);
  return flatten(s.params, s.grads) - g;
}

void PSGD::start(const ParameterList& params, const Tensor& v, const Tensor& h, Generator& random) {
  const PSGDOptions& o = options();
  int64_t n = v.numel();
  double above = o.preconditioner_type == "whitening" ? double(n) : dot_of(v, v), scale = o.init_scale.value_or(std::pow(above / dot_of(h, h), 0.25));
  factors_.clear();
  if (o.preconditioner == "xmat") factors_ = {full({n}, scale, v.dtype()), zeros({n}, v.dtype())};
  if (o.preconditioner == "lra") {
    double deviation = 1 / std::sqrt(double(n) * double(o.rank + 10));
    for (int k = 0; k < 2; k++) factors_.push_back(randn({n, o.rank}, v.dtype(), &random) * deviation);
    factors_.push_back(full({n, 1}, scale, v.dtype()));
  }
  if (o.preconditioner == "kron")
    for (auto& e : params) {
      Tensor m = as_matrix(e.tensor);
      for (int axis = 0; axis < 2; axis++) {
        int64_t size = m.size(axis);
        factors_.push_back((size <= o.max_size_triangular ? eye(size, size, e.tensor.dtype()) : ones({size}, e.tensor.dtype())) * std::sqrt(scale));
      }
    }
}

void PSGD::update(const ParameterList& params, const Tensor& v, const Tensor& h, Generator& random) {
  const PSGDOptions& o = options();
  if (o.preconditioner == "xmat") {
    XMat q = psgd_xmat_update(factors_[0], factors_[1], v, h, rate(), o.step_normalizer);
    factors_ = {q.a, q.b};
  } else if (o.preconditioner == "lra") {
    if (draw(random) < 0.01) {
      // The product U V^T is the same; the two are brought to one size.
      double rho = std::sqrt(norm_of(factors_[0]) / norm_of(factors_[1]));
      if (std::isfinite(rho) && rho > 0) factors_[0] = factors_[0] / rho, factors_[1] = factors_[1] * rho;
    }
    LowRank q = psgd_lra_update({factors_[0], factors_[1], factors_[2]}, v, h, draw(random) < 0.5 ? "U" : "V", rate(), o.step_normalizer);
    factors_ = {q.u, q.v, q.d};
  } else {
    Tensors vs = unflatten(params, v), hs = unflatten(params, h);
    for (size_t i = 0; i < params.size(); i++) {
      if (vs[i].numel() == 0) continue;
      Kron q = psgd_kron_update({factors_[2 * i], factors_[2 * i + 1]}, as_matrix(vs[i]), as_matrix(hs[i]), rate(), o.step_normalizer);
      factors_[2 * i] = q.q1, factors_[2 * i + 1] = q.q2;
    }
  }
}

Tensor PSGD::precondition(const ParameterList& params, const Tensor& x) const {
  if (factors_.empty()) return x;
  const PSGDOptions& o = options();
  if (o.preconditioner == "xmat") return psgd_xmat_precondition(factors_[0], factors_[1], x);
  if (o.preconditioner == "lra") return psgd_lra_precondition({factors_[0], factors_[1], factors_[2]}, x);
  Tensors parts = unflatten(params, x);
  for (size_t i = 0; i < params.size(); i++)
    if (parts[i].numel() > 0) parts[i] = reshape(psgd_kron_precondition({factors_[2 * i], factors_[2 * i + 1]}, as_matrix(parts[i])), parts[i].shape());
  return flatten(params, parts);
}

void PSGD::apply(Step& s) {
  const PSGDOptions& o = options();
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  Generator random(uint64_t(o.seed));
  random.position = uint64_t(position_);
  Tensor g = flatten(s.params, s.grads);
  if (factors_.empty() || draw(random) < o.preconditioner_update_probability) {
    Tensor v = randn(g.shape(), g.dtype(), &random), h = curvature(s, v, g);
    double size = norm_of(h);
    check<ValueError>(std::isfinite(size), "PSGD: the Hessian-vector product is not finite");
    if (size > 0) {  // where the curvature vanishes there is nothing to learn
      if (factors_.empty()) start(s.params, v, h, random);
      update(s.params, v, h, random);
    }
  }
  if (o.momentum > 0) average_in(momentum_, g, o.momentum);
  Tensor p = precondition(s.params, o.momentum > 0 ? momentum_ : g);
  double length = norm_of(p), scale = o.grad_clip_max_norm && length > *o.grad_clip_max_norm ? *o.grad_clip_max_norm / length : 1;
  Tensors steps = unflatten(s.params, p);
  for (size_t i = 0; i < s.size(); i++)  // P mixes all parameters; those without a gradient stay all the same
    if (s.grads[i].defined()) add_in_place(s.param(i), steps[i], -options(s.groups[i]).lr * scale);
  position_ = int64_t(random.position);
}

void PSGD::visit_global_state(Visitor& v) { list_states(v, "factors", factors_, "momentum", momentum_, "position", position_); }

// Factors are of all parameters in order; other parameters begin anew.
void PSGD::move_state(const std::vector<int64_t>& old_index_of_new) {
  for (size_t i = 0; i < old_index_of_new.size(); i++)
    if (old_index_of_new[i] != int64_t(i)) factors_.clear(), momentum_ = Tensor();
}

template class Method<PSGD, PSGDOptions>;

}  // namespace tare::optim
