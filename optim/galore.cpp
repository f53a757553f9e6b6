#include "optim/galore.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

/// P and the side it stands on: right (rank, columns) or left (rows, rank).
struct Projection {
  const Tensor& p;
  bool right;
  Tensor into(const Tensor& g) const { return right ? matmul(g, transpose(p)) : matmul(transpose(p), g); }
  Tensor back(const Tensor& u) const { return right ? matmul(u, p) : matmul(p, u); }
};

template <class Options>
bool on_the_right(const Tensor& g, const Options& o) {
  bool tall = g.size(0) >= g.size(1);
  return o.proj_type == "right" || (o.proj_type == "std" && tall) || (o.proj_type == "reverse_std" && !tall);
}

template <class State, class Options>
Projection projection(State& s, const Tensor& g, const Options& o) {
  bool right = on_the_right(g, o);
  if (!s.projector.defined() || (s.step - 1) % o.update_proj_gap == 0) {
    auto [u, values, vh] = svd(g, false);
    int64_t rank = std::min(o.rank, values.size(0));
    s.projector = kernels::contiguous(right ? narrow(vh, 0, 0, rank) : narrow(u, 1, 0, rank));
  }
  return {s.projector, right};
}

/// Adam's direction, uncorrected; and its rate.
template <class State, class Options>
Tensor direction(State& s, const Tensor& h, const Options& o) {
  average_in(s.exp_avg, h, o.betas[0]);
  average_in(s.exp_avg_sq, square(h), o.betas[1]);
  return s.exp_avg / (sqrt(s.exp_avg_sq) + o.eps);
}
template <class Options>
double rate_at(const Options& o, int64_t step) {
  double t = double(step);
  return o.lr * std::sqrt(1 - std::pow(o.betas[1], t)) / (1 - std::pow(o.betas[0], t));
}

template <class Options>
void check_projection(std::string_view who, const Options& o) {
  check<ConfigError>(o.rank >= 1, who, ": rank must be at least 1, not ", o.rank);
  check<ConfigError>(o.update_proj_gap >= 1, who, ": update_proj_gap must be at least 1, not ", o.update_proj_gap);
  check<ConfigError>(o.proj_type == "std" || o.proj_type == "reverse_std" || o.proj_type == "right" || o.proj_type == "left", who,
                     ": proj_type must be \"std\", \"reverse_std\", \"right\" or \"left\", not \"", o.proj_type, "\"");
}

}  // namespace

void GaLoreOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "rank", rank, "update_proj_gap", update_proj_gap, "scale", scale, "proj_type", proj_type, "eps", eps,
               "weight_decay", weight_decay);
}
void GaLoreState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "projector", projector, "step", step); }
void FiraOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "rank", rank, "update_proj_gap", update_proj_gap, "scale", scale, "proj_type", proj_type, "limiter", limiter,
               "eps", eps, "weight_decay", weight_decay);
}
void FiraState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "projector", projector, "scaling_grad", scaling_grad, "step", step);
}

void GaLore::check_options(const GaLoreOptions& o) { Method::check_options(o), check_projection(type, o); }
void Fira::check_options(const FiraOptions& o) {
  Method::check_options(o), check_projection(type, o);
  check<ConfigError>(o.limiter >= 1, "Fira: limiter must be at least 1, not ", o.limiter);
}

void GaLore::update(const Tensor& w, Tensor g, GaLoreState& s, const GaLoreOptions& o) {
  s.step++;
  Tensor u;
  if (g.dim() == 2) {
    Projection p = projection(s, g, o);
    u = p.back(direction(s, p.into(g), o)) * o.scale;
  } else {
    u = direction(s, g, o);
  }
  add_in_place(w, u, -rate_at(o, s.step));
  scale_in_place(w, 1 - o.lr * o.weight_decay);
}

void Fira::update(const Tensor& w, Tensor g, FiraState& s, const FiraOptions& o) {
  constexpr double kTiny = 1e-8;
  s.step++;
  Tensor u;
  if (g.dim() == 2) {
    Projection p = projection(s, g, o);
    Tensor h = p.into(g), low = direction(s, h, o);
    Shape along{p.right ? 1 : 0};
    Tensor factor = sqrt(sum(square(low), along, true)) / (sqrt(sum(square(h), along, true)) + kTiny);
    Tensor rest = (g - p.back(h) * o.scale) * factor;
    double size = norm_of(rest);
    if (s.step > 1) {
      double limit = std::max(size / (s.scaling_grad + kTiny), o.limiter) / o.limiter;
      rest = rest / limit, size /= limit;
    }
    s.scaling_grad = size;
    u = p.back(low) * o.scale + rest;
  } else {
    u = direction(s, g, o);
  }
  add_in_place(w, u, -rate_at(o, s.step));
  scale_in_place(w, 1 - o.lr * o.weight_decay);
}

template class Method<GaLore, GaLoreOptions, GaLoreState>;
template class Method<Fira, FiraOptions, FiraState>;

}  // namespace tare::optim
