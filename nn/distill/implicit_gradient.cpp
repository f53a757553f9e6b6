#include "nn/distill/implicit_gradient.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "nn/weighting/adam_moments.h"

namespace tare::nn {
namespace {

Tensors leaves(const Tensors& all) {
  Tensors out;
  for (const Tensor& t : all) out.push_back(t.detach().set_requires_grad());
  return out;
}
Tensor inner_product(const Tensors& a, const Tensors& b) {
  Tensor total;
  for (size_t i = 0; i < a.size(); i++) {
    if (!a[i].defined()) continue;
    Tensor part = sum(a[i] * b[i]);
    total = total.defined() ? total + part : part;
  }
  return total;
}
/// Gradients of a number, zeros where it does not depend on an input.
Tensors slopes(const Tensor& y, const Tensors& x, bool keep) {
  Tensors g = y.defined() && y.requires_grad() ? grad({y}, x, {.retain_graph = keep, .allow_unused = true}) : Tensors(x.size());
  for (size_t i = 0; i < g.size(); i++)
    if (!g[i].defined()) g[i] = zeros_like(x[i]).detach();
  return g;
}

}  // namespace

ImplicitGradient implicit_gradient(const BilevelLoss& inner, const BilevelLoss& outer, const Tensors& theta_star, const Tensors& given, const ImplicitGradientOptions& o) {
  EnableGrad on;
  Tensors theta = leaves(theta_star), hyper = leaves(given), both = theta;
  both.insert(both.end(), hyper.begin(), hyper.end());
  ImplicitGradient out;
  Tensor loss = outer(theta, hyper);
  Tensors all = slopes(loss, both, false);
  out.outer = loss.detach();
  Tensors g(all.begin(), all.begin() + int64_t(theta.size()));
  out.direct.assign(all.begin() + int64_t(theta.size()), all.end());
  out.hyper = out.direct;
  if (!o.implicit) return out;
  Tensors slope = grad({inner(theta, hyper)}, theta, {.create_graph = true, .allow_unused = true});
  auto times_h = [&](const Tensors& v) { return slopes(inner_product(slope, v), theta, true); };
  for (const Tensor& t : theta) out.v.push_back(zeros_like(t).detach());
  if (o.steps > 0) {
    std::vector<AdamMoments> moments(theta.size());
    double first = 0, last = 0;
    out.fell = true;
    for (int64_t k = 0; k <= o.steps; k++) {
      Tensors hv = times_h(out.v);
      NoGrad off;
      double value = 0.5 * inner_product(out.v, hv).item() - inner_product(out.v, g).item();
      if (k == 0) first = value;
      else if (value > last) out.fell = false;
      last = value;
      for (size_t i = 0; k < o.steps && i < theta.size(); i++) out.v[i] = out.v[i] - moments[i].update(hv[i] - g[i], o.lr);
    }
    out.rose = last > first;
  } else {
    Tensors rows, targets;
    for (size_t i = 0; i < theta.size(); i++) {
      targets.push_back(reshape(g[i], {theta[i].numel()}));
      Tensor units = eye(theta[i].numel(), theta[i].numel(), theta[i].dtype());
      for (int64_t k = 0; k < theta[i].numel(); k++) {
        Tensors unit = out.v, row;  // zeros
        unit[i] = reshape(select(units, 0, k), theta[i].shape());
        for (const Tensor& part : times_h(unit)) row.push_back(reshape(part, {part.numel()}));
        rows.push_back(cat(row));
      }
    }
    NoGrad off;
    Tensor v = squeeze(solve(stack(rows), unsqueeze(cat(targets), 1)), {1});
    for (int64_t i = 0, at = 0; i < int64_t(theta.size()); at += theta[size_t(i)].numel(), i++)
      out.v[size_t(i)] = reshape(narrow(v, 0, at, theta[size_t(i)].numel()), theta[size_t(i)].shape());
  }
  Tensors implicit = slopes(inner_product(slope, out.v), hyper, false);
  NoGrad off;
  for (size_t i = 0; i < hyper.size(); i++) {
    double size = norm(implicit[i]).item(), limit = norm(out.direct[i]).item();
    double factor = o.clip && size > limit ? limit / size : 1;
    out.hyper[i] = out.direct[i] - factor * implicit[i];
  }
  return out;
}

}  // namespace tare::nn
