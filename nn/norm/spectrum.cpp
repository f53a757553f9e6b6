#include "nn/norm/spectrum.h"

#include "autograd/ops/complex.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

constexpr double kLeastPart = 1e-5;

Tensor away_from_zero(const Tensor& t) { return where(lt(abs(t), kLeastPart), kLeastPart, t); }
Tensor part_of(const Tensor& pairs, int64_t i) { return select(pairs, -1, i); }

}  // namespace

Spectrum decompose(const Tensor& x, bool with_phase) {
  Tensor f = rfft2(x), re = part_of(f, 0), im = part_of(f, 1);
  Spectrum s{.amplitude = sqrt(away_from_zero(square(re) + square(im))), .cosine = {}, .sine = {}};
  if (!with_phase) return s;
  // cos and sin of atan2(im, re) without the detour over the angle.
  Tensor along = away_from_zero(re), length = hypot(along, im);
  s.cosine = along / length;
  s.sine = im / length;
  return s;
}

Tensor compose(const Spectrum& phase, const Tensor& amplitude, int64_t height, int64_t width) {
  return irfft2(stack({amplitude * phase.cosine, amplitude * phase.sine}, -1), {height, width});
}

Tensor amplitude_mix(const Tensor& x, const Tensor& y, double lam) {
  check<ShapeError>(x.dim() >= 2 && x.shape() == y.shape(), "amplitude_mix: expected two images (*, H, W) of one shape but they are ", x.shape(), " and ", y.shape());
  Tensor f = rfft2(x), angle = complex_angle(f), amplitude = complex_abs(f) * lam + complex_abs(rfft2(y)) * (1 - lam);
  return compose({{}, cos(angle), sin(angle)}, amplitude, x.size(-2), x.size(-1));
}

}  // namespace tare::nn
