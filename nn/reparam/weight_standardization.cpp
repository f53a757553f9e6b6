#include "nn/reparam/weight_standardization.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "core/context.h"
#include "nn/init/init.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {

constexpr std::string_view kStandardizationModes[] = {"author", "paper"};

// Standardizing takes filters of at least two elements.
void check_filters(std::string_view type, std::string_view path, const Tensor& w) {
  check<ShapeError>(w.dim() >= 2 && (w.size(0) == 0 || w.numel() / w.size(0) >= 2), type, ": ", path, " must have filters of at least 2 elements, but its shape is ",
                    w.shape());
}

Tensor centred(const Tensor& w) { return w - mean(w, axes_but(w.dim(), 0), true); }

}  // namespace

void WeightStandardizationOptions::visit(Visitor& v) {
  v.option("eps", eps);
  v.option("mode", mode, kStandardizationModes);
}

WeightStandardization::WeightStandardization(Options o) : options(o) { check<ConfigError>(o.eps >= 0, "WeightStandardization: eps must be at least 0, not ", o.eps); }

Tensor WeightStandardization::weight() {
  Tensor w = weight_orig(), c = centred(w);
  check_filters(type, "the weight", w);
  Shape axes = axes_but(w.dim(), 0);
  if (options.mode == Options::Mode::paper) return c / sqrt(mean(square(c), axes, true) + options.eps);
  double deviations = std::sqrt(double(w.numel() / w.size(0) - 1));
  return c / (norm(c, 2, axes, true) / deviations + options.eps);
}

void WeightStandardization::accept(const Tensor& w, std::string_view path) {
  check_filters(type, path, w);
  check_rows(type, path, w, 0, true);
}

void ScaledWeightStandardizationOptions::visit(Visitor& v) {
  v.option("eps", eps);
  v.option("gamma", gamma);
}

ScaledWeightStandardization::ScaledWeightStandardization(Options o) : options(o) {
  check<ConfigError>(o.eps >= 0, "ScaledWeightStandardization: eps must be at least 0, not ", o.eps);
}

void ScaledWeightStandardization::visit(Visitor& visitor) {
  RawWeight::visit(visitor);
  visitor.parameter("gain", gain, Role::other);
}

Tensor scaled_weight_standardization(const Tensor& w, const Tensor& gain, double gamma, double eps) {
  return unit_rows(w, gamma == 1 ? gain : gain * gamma, true, std::sqrt(eps));
}

Tensor ScaledWeightStandardization::weight() { return scaled_weight_standardization(weight_orig(), gain(), options.gamma, options.eps); }

void ScaledWeightStandardization::initialize(const Tensor& w, std::string_view path) {
  RawWeight::initialize(w, path);
  DefaultDtype dtype(w.dtype());
  gain.start(init::ones({w.size(0)}), path);
}

void ScaledWeightStandardization::accept(const Tensor& w, std::string_view path) {
  check_filters(type, path, w);
  check_rows(type, path, w, 0, true);
}

Tensor CenteredWeight::weight() { return centred(weight_orig()); }
void CenteredWeight::accept(const Tensor& w, std::string_view path) { check_filters(type, path, w); }

void CenteredWeightNorm::visit(Visitor& visitor) {
  visitor.parameter("weight_g", g, Role::other);
  visitor.parameter("weight_v", v);
}
Tensor CenteredWeightNorm::weight() { return unit_rows(v(), g(), true); }
void CenteredWeightNorm::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  check_filters(type, path, w);
  check_rows(type, path, w, 0, true);
  g.start(norm(centred(w), 2, axes_but(w.dim(), 0)), path);
  v.start(w, path);
}

template class Reparam<WeightStandardization, RawWeight>;
template class Reparam<ScaledWeightStandardization, RawWeight>;
template class Reparam<CenteredWeight, RawWeight>;
template class Reparam<CenteredWeightNorm>;

}  // namespace tare::nn
