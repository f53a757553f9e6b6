#include "nn/reparam/spectral_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "nn/init/init.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void SpectralNormOptions::visit(Visitor& v) {
  v.option("n_power_iterations", n_power_iterations);
  v.option("eps", eps);
  v.option("dim", dim);
  v.option("exact", exact);
  v.option("lipschitz", lipschitz);
  v.option("shrink_only", shrink_only);
}

SpectralNorm::SpectralNorm(Options o) : options(o) {
  check<ConfigError>(o.n_power_iterations >= 1, "SpectralNorm: n_power_iterations must be at least 1, not ", o.n_power_iterations);
  check<ConfigError>(o.lipschitz > 0 && o.eps >= 0, "SpectralNorm: expected a positive lipschitz and an eps of at least 0, not ", o.lipschitz, " and ", o.eps);
}

void SpectralNorm::visit(Visitor& visitor) {
  RawWeight::visit(visitor);
  visitor.buffer("weight_u", u);
  visitor.buffer("weight_v", v);
}

Tensor SpectralNorm::sigma(const Tensor& m) {
  if (options.exact) return amax(svdvals(m));
  // The buffers are overwritten by the next forward; the tape keeps these tensors.
  Tensor left = kernels::copy(u()), right = kernels::copy(v());
  if (training() && !context().frozen_statistics) {
    NoGrad off;
    for (int64_t i = 0; i < options.n_power_iterations; i++) {
      right = normalize(mv(transpose(m), left), 2, 0, options.eps);
      left = normalize(mv(m, right), 2, 0, options.eps);
    }
    u.update(left);
    v.update(right);
  }
  return dot(left, mv(m, right));
}

Tensor SpectralNorm::weight() {
  Tensor w = weight_orig(), s = sigma(as_matrix(w, options.dim));
  if (options.shrink_only) return w / clamp(s / options.lipschitz, 1.0);
  return options.lipschitz == 1 ? w / s : w * (options.lipschitz / s);
}

void SpectralNorm::initialize(const Tensor& w, std::string_view path) {
  check_dim(type, path, w, options.dim);
  check_rows(type, path, w, {});
  RawWeight::initialize(w, path);
  if (options.exact) return;
  DefaultDtype dtype(w.dtype());
  Tensor m = as_matrix(w, options.dim);
  u = Buffer(normalize(init::normal({m.size(0)}), 2, 0, options.eps));
  v = Buffer(normalize(init::normal({m.size(1)}), 2, 0, options.eps));
}

template class Reparam<SpectralNorm, RawWeight>;

}  // namespace tare::nn
