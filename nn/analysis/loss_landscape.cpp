#include "nn/analysis/loss_landscape.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/analysis/hessian.h"
#include "nn/training_flags.h"

namespace tare::nn {
namespace {

Tensor filter_norms(const Tensor& t) {
  Shape rest(t.dim() - 1, 0);
  for (int a = 1; a < t.dim(); a++) rest[a - 1] = a;
  return norm(t, 2, rest, true);
}

Tensor flat(const NamedTensors& tensors, DType dtype) {
  Tensors parts;
  for (auto& [name, t] : tensors) parts.push_back(to(flatten(t.detach()), dtype));
  return cat(parts);
}

/// theta + a dx + b dy, by name; `dy` may be null.
NamedTensors displaced(Module& model, const WeightDirection& dx, double a, const WeightDirection* dy, double b) {
  NamedTensors moved;
  ParameterList params = model.parameters();
  for (size_t i = 0; i < params.size(); i++) {
    Tensor p = params[i].tensor.detach() + a * dx.parts()[i].second();
    moved.emplace_back(params[i].name, dy ? p + b * dy->parts()[i].second() : p);
  }
  return moved;
}

/// measure(parameters) at each point of a grid, in rows of betas.
Tensor over_grid(Module& model, const WeightDirection& dx, const Tensor& alphas, const WeightDirection* dy, const std::vector<double>& betas, DType dtype,
                 const std::function<double(const NamedTensors&)>& measure) {
  std::vector<double> values;
  for (double a : alphas.to_vector<double>())
    for (double b : betas) values.push_back(measure(displaced(model, dx, a, dy, b)));
  return from_vector(values, {int64_t(values.size())}, dtype);
}

}  // namespace

Tensor normalize_direction(const Tensor& direction, const Tensor& weight, std::string_view how, std::string_view ignore) {
  check<ShapeError>(direction.shape() == weight.shape(), "normalize_direction: expected a direction and a weight of one shape but they are ", direction.shape(), " and ", weight.shape());
  check<ConfigError>(ignore == "biasbn" || ignore.empty(), "normalize_direction: ignore must be \"biasbn\" or null, not \"", ignore, "\"");
  if (weight.dim() <= 1) return ignore.empty() ? clone(weight) : zeros_like(weight);
  if (how == "filter") return direction * (filter_norms(weight) / (filter_norms(direction) + 1e-10));
  if (how == "dfilter") return direction / (filter_norms(direction) + 1e-10);
  if (how == "weight") return direction * weight;
  check<ConfigError>(how == "layer" || how == "dlayer", "normalize_direction: norm must be filter, layer, weight, dfilter or dlayer, not \"", how, "\"");
  Tensor length = norm(direction);
  if (length.item() == 0) return direction;
  return how == "layer" ? direction * (norm(weight) / length) : direction / length;
}

NamedTensors snapshot(Module& model) {
  NamedTensors out;
  for (auto& e : model.parameters()) out.emplace_back(e.name, clone(e.tensor.detach()));
  return out;
}

NamedTensors random_direction(Module& model, std::string_view how, std::string_view ignore, Generator* generator) {
  NoGrad off;
  NamedTensors out;
  for (auto& e : model.parameters()) out.emplace_back(e.name, normalize_direction(randn(e.tensor.shape(), e.tensor.dtype(), generator), e.tensor.detach(), how, ignore));
  return out;
}

NamedTensors difference_direction(Module& a, Module& b) {
  NoGrad off;
  ParameterList from = a.parameters(), target = b.parameters();
  check<ConfigError>(from.size() == target.size(), "difference_direction: the models have ", from.size(), " and ", target.size(), " parameters");
  NamedTensors out;
  for (size_t i = 0; i < from.size(); i++) {
    check<ShapeError>(from[i].name == target[i].name && from[i].tensor.shape() == target[i].tensor.shape(), "difference_direction: parameter ", i, " is \"", from[i].name, "\" ",
                      from[i].tensor.shape(), " in one model and \"", target[i].name, "\" ", target[i].tensor.shape(), " in the other");
    out.emplace_back(from[i].name, target[i].tensor.detach() - from[i].tensor.detach());
  }
  return out;
}

NamedTensors direction_of(Module& model, const Tensor& flat_vector) {
  ParameterList params = model.parameters();
  check<ShapeError>(flat_vector.dim() == 1 && flat_vector.numel() == params.numel(), "direction_of: expected a vector (", params.numel(), ") but it is ", flat_vector.shape());
  NamedTensors out;
  int64_t at = 0;
  for (auto& e : params) {
    out.emplace_back(e.name, reshape(narrow(flat_vector.detach(), 0, at, e.tensor.numel()), e.tensor.shape()));
    at += e.tensor.numel();
  }
  return out;
}

Trajectory trajectory_directions(const std::vector<NamedTensors>& snapshots) {
  check<ValueError>(snapshots.size() >= 3, "trajectory_directions: expected at least 3 snapshots, not ", snapshots.size());
  NoGrad off;
  Tensor end = flat(snapshots.back(), DType::float64);
  Tensors rows;
  for (auto& s : snapshots) {
    rows.push_back(flat(s, DType::float64));
    check<ShapeError>(rows.back().numel() == end.numel(), "trajectory_directions: snapshots have ", rows.back().numel(), " and ", end.numel(), " numbers");
    rows.back() = rows.back() - end;
  }
  Tensor all = stack(rows), m = narrow(all, 0, 0, int64_t(rows.size()) - 1);
  m = m - mean(m, {0}, true);
  // M = U S V^T: the right singular vectors are M^T u / s, and U and S^2 those of M M^T, which is small.
  auto [squares, u] = eigh(matmul(m, transpose(m)));
  int64_t n = squares.numel();
  Trajectory out;
  Tensors axes;
  for (int64_t k : {n - 1, n - 2}) {
    Tensor axis = mv(transpose(m), select(u, 1, k)), length = norm(axis);
    axes.push_back(length.item() > 0 ? axis / length : axis);
  }
  Tensor basis = stack(axes, 1), total = sum(clamp(squares, 0));
  out.coordinates = matmul(all, basis);
  out.explained = flip(clamp(narrow(squares, 0, n - 2, 2), 0), {0}) / where(gt(total, 0), total, 1);
  int64_t at = 0;
  for (auto& [name, t] : snapshots.back()) {
    for (int k = 0; k < 2; k++) (k ? out.dy : out.dx).emplace_back(name, to(reshape(narrow(axes[size_t(k)], 0, at, t.numel()), t.shape()), t.dtype()));
    at += t.numel();
  }
  return out;
}

WeightDirection::WeightDirection(Module& model) {
  for (auto& e : model.parameters()) parts_.emplace_back(e.name, Buffer(zeros_like(e.tensor.detach())));
}

WeightDirection& WeightDirection::operator=(const NamedTensors& values) {
  check<ConfigError>(values.size() == parts_.size(), "WeightDirection: expected ", parts_.size(), " tensors, one for each parameter, but ", values.size(), " were given");
  for (size_t i = 0; i < parts_.size(); i++) {
    check<ConfigError>(values[i].first == parts_[i].first, "WeightDirection: expected \"", parts_[i].first, "\" but \"", values[i].first, "\" was given");
    parts_[i].second = values[i].second;
  }
  return *this;
}

void WeightDirection::visit(Visitor& v, std::string_view prefix) {
  for (auto& [name, b] : parts_) v.buffer(text(prefix, ".", name), b);
}

void LossCurveOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
}
LossCurve::LossCurve(Options o) : options(std::move(o)) { dx = WeightDirection(Objective(type, options.model, options.loss).model()); }
void LossCurve::visit(Visitor& v) {
  v.exchangeable("model", options.model);
  dx.visit(v, "dx");
}
Tensor LossCurve::forward(const Tensor& x, const Tensor& y, const Tensor& alphas) {
  Objective objective(type, options.model, options.loss);
  EvaluationScope scope(objective.model());
  NoGrad off;
  return over_grid(objective.model(), dx, alphas, nullptr, {0}, alphas.dtype(),
                   [&](const NamedTensors& at) { return functional_call(objective.model(), at, [&] { return objective(x, y); }).item(); });
}

void LossSurfaceOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
}
LossSurface::LossSurface(Options o) : options(std::move(o)) {
  dx = WeightDirection(Objective(type, options.model, options.loss).model());
  dy = dx;
}
void LossSurface::visit(Visitor& v) {
  v.exchangeable("model", options.model);
  dx.visit(v, "dx");
  dy.visit(v, "dy");
}
Tensor LossSurface::forward(const Tensor& x, const Tensor& y, const Tensor& alphas, const Tensor& betas) {
  Objective objective(type, options.model, options.loss);
  EvaluationScope scope(objective.model());
  NoGrad off;
  Tensor values = over_grid(objective.model(), dx, alphas, &dy, betas.to_vector<double>(), alphas.dtype(),
                            [&](const NamedTensors& at) { return functional_call(objective.model(), at, [&] { return objective(x, y); }).item(); });
  return reshape(values, {alphas.numel(), betas.numel()});
}
Tensor LossSurface::curvature(const Tensor& x, const Tensor& y, const Tensor& alphas, const Tensor& betas, int64_t n_iter) {
  Objective objective(type, options.model, options.loss);
  EvaluationScope scope(objective.model());
  Tensor values = over_grid(objective.model(), dx, alphas, &dy, betas.to_vector<double>(), alphas.dtype(), [&](NamedTensors at) {
    Tensors leaves;
    for (auto& [name, t] : at) leaves.push_back(t = t.detach().set_requires_grad());
    Tensor loss = functional_call(objective.model(), at, [&] { return objective(x, y); });
    SpectralDensity s = hessian_spectrum(HessianMap(loss, leaves), n_iter);
    return std::abs(amin(s.eigenvalues).item() / amax(s.eigenvalues).item());
  });
  return reshape(values, {alphas.numel(), betas.numel()});
}

std::string grid_csv(const Tensor& alphas, const Tensor& betas, const Tensor& values) {
  std::vector<double> a = alphas.to_vector<double>(), b = betas.to_vector<double>(), v = values.to_vector<double>();
  check<ShapeError>(v.size() == a.size() * b.size(), "grid_csv: expected values (", a.size(), ", ", b.size(), ") but they are ", values.shape());
  std::string out = "alpha,beta,value\n";
  for (size_t i = 0; i < v.size(); i++) out += text(a[i / b.size()], ",", b[i % b.size()], ",", v[i], "\n");
  return out;
}

template class Layer<LossCurve>;
template class Layer<LossSurface>;

}  // namespace tare::nn
