// Output i of n looks at position (i + 1/2) m / n - 1/2 of m inputs, or at i (m - 1) / (n - 1) with aligned corners. Between two inputs the value is
// linear, or cubic over four (Keys 1981, a = -3/4 as in PyTorch). Every mode is a short weighted sum along each axis.
#include "autograd/ops/interpolate.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/pool.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/resample.h"

namespace tare {
namespace {

using kernels::Resampling;

Tensor resample_transposed(const Tensor& grad, int64_t axis, int64_t size, const Resampling& r);
Tensor resample_axis(const Tensor& x, int64_t axis, const Resampling& r) {
  return record("interpolate", kernels::resample(x, axis, r),
                from(x, [axis, r, size = x.shape()[int(axis)]](const Tensor& grad) { return resample_transposed(grad, axis, size, r); }));
}
Tensor resample_transposed(const Tensor& grad, int64_t axis, int64_t size, const Resampling& r) {
  return record("interpolate_backward", kernels::resample_backward(grad, axis, size, r), from(grad, [axis, r](const Tensor& g) { return resample_axis(g, axis, r); }));
}

// PyTorch finds the nearest input in float32, whatever the type: so must we, or some outputs would come from the neighbour.
Resampling nearest_taps(int64_t in, int64_t out, double scale, bool exact) {
  Resampling r{out, 1, {}, std::vector<double>(size_t(out), 1.0)};
  for (int64_t i = 0; i < out; i++) {
    float at = (float(i) + (exact ? 0.5f : 0.0f)) * float(scale);
    int64_t index = !exact && out == in ? i : !exact && out == 2 * in ? i / 2 : int64_t(std::floor(at));
    r.index.push_back(std::min(index, in - 1));
  }
  return r;
}

Resampling linear_taps(int64_t in, int64_t out, double scale, bool aligned) {
  Resampling r{out, 2, {}, {}};
  for (int64_t i = 0; i < out; i++) {
    double at = aligned ? scale * double(i) : std::max(scale * (double(i) + 0.5) - 0.5, 0.0);
    int64_t low = std::min(int64_t(at), in - 1), high = std::min(low + 1, in - 1);
    double share = std::min(std::max(at - double(low), 0.0), 1.0);
    r.index.insert(r.index.end(), {low, high});
    r.weight.insert(r.weight.end(), {1 - share, share});
  }
  return r;
}

Resampling cubic_taps(int64_t in, int64_t out, double scale, bool aligned) {
  constexpr double a = -0.75;
  auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };           // |d| <= 1
  auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };      // 1 < |d| < 2
  Resampling r{out, 4, {}, {}};
  for (int64_t i = 0; i < out; i++) {
    double at = aligned ? scale * double(i) : scale * (double(i) + 0.5) - 0.5, low = std::floor(at), share = at - low;
    for (int64_t k = -1; k <= 2; k++) r.index.push_back(std::clamp<int64_t>(int64_t(low) + k, 0, in - 1));
    r.weight.insert(r.weight.end(), {far(share + 1), near(share), near(1 - share), far(2 - share)});
  }
  return r;
}

}  // namespace

Tensor interpolate(const Tensor& x, const InterpolateParams& p) {
  int axes = x.dim() - 2;
  check<ShapeError>(axes >= 1 && axes <= 3, "interpolate: expected an input (N, C, *) with one to three spatial axes but it is ", x.shape());
  bool nearest = p.mode == "nearest" || p.mode == "nearest-exact", area = p.mode == "area", cubic = p.mode == "bicubic";
  int wanted = p.mode == "linear" ? 1 : p.mode == "bilinear" || cubic ? 2 : p.mode == "trilinear" ? 3 : axes;
  check<ConfigError>(nearest || area || cubic || p.mode == "linear" || p.mode == "bilinear" || p.mode == "trilinear", "interpolate: unknown mode \"", p.mode,
                     "\"; there are nearest, nearest-exact, linear, bilinear, bicubic, trilinear and area");
  check<ShapeError>(axes == wanted, "interpolate: mode ", p.mode, " wants ", wanted, " spatial axes but the input is ", x.shape());
  check<ConfigError>(p.size.empty() != p.scale_factor.empty(), "interpolate: give either size or scale_factor");
  check<ConfigError>(!p.align_corners || !(nearest || area), "interpolate: align_corners has no meaning for mode ", p.mode);
  check<ConfigError>(!p.recompute_scale_factor || p.size.empty(), "interpolate: recompute_scale_factor has no meaning when size is given");
  check<ShapeError>(p.size.empty() || p.size.size() == 1 || p.size.size() == axes, "interpolate: expected a size of 1 or ", axes, " numbers, not ", p.size);
  check<ShapeError>(p.scale_factor.size() <= 1 || int(p.scale_factor.size()) == axes, "interpolate: expected 1 or ", axes, " scale factors, not ", p.scale_factor.size());

  Shape size;
  std::vector<double> ratio;  // input pixels an output pixel
  for (int i = 0; i < axes; i++) {
    int64_t in = x.shape()[2 + i];
    double factor = p.scale_factor.empty() ? 0 : p.scale_factor[p.scale_factor.size() == 1 ? 0 : size_t(i)];
    check<ValueError>(p.scale_factor.empty() || factor > 0, "interpolate: expected positive scale factors, not ", factor);
    size.push_back(p.scale_factor.empty() ? p.size[p.size.size() == 1 ? 0 : i] : int64_t(std::floor(double(in) * factor)));
    check<ValueError>(size[i] >= 1 && in >= 1, "interpolate: input and output must have at least one pixel along each axis, but an input ", x.shape(), " would become ", size[i],
                      " long along spatial axis ", i);
    ratio.push_back(factor > 0 && !p.recompute_scale_factor ? 1 / factor : double(in) / double(size[i]));
  }
  if (area) return adaptive_avg_pool(x, axes, size);
  bool aligned = p.align_corners.value_or(false);
  Tensor y = x;
  for (int i = 0; i < axes; i++) {
    int64_t in = x.shape()[2 + i], out = size[i];
    double scale = aligned ? (out > 1 ? double(in - 1) / double(out - 1) : 0) : ratio[size_t(i)];
    Resampling r = nearest ? nearest_taps(in, out, scale, p.mode == "nearest-exact") : cubic ? cubic_taps(in, out, scale, aligned) : linear_taps(in, out, scale, aligned);
    y = resample_axis(y, 2 + i, r);
  }
  return y;
}

Tensor pixel_shuffle(const Tensor& x, int64_t r) {
  check<ValueError>(r >= 1, "pixel_shuffle: expected an upscale_factor of at least 1, not ", r);
  check<ShapeError>(x.dim() >= 3 && x.size(-3) % (r * r) == 0, "pixel_shuffle: expected an input (*, C ", r * r, ", H, W) but it is ", x.shape());
  Shape lead = x.shape().slice(0, x.dim() - 3);
  int64_t c = x.size(-3) / (r * r), h = x.size(-2), w = x.size(-1), n = lead.numel();
  Tensor y = permute(reshape(x, {n, c, r, r, h, w}), {0, 1, 4, 2, 5, 3});
  return reshape(y, lead.concat({c, h * r, w * r}));
}
Tensor pixel_unshuffle(const Tensor& x, int64_t r) {
  check<ValueError>(r >= 1, "pixel_unshuffle: expected a downscale_factor of at least 1, not ", r);
  check<ShapeError>(x.dim() >= 3 && x.size(-2) % r == 0 && x.size(-1) % r == 0, "pixel_unshuffle: expected an input (*, C, H, W) with H and W multiples of ", r,
                    " but it is ", x.shape());
  Shape lead = x.shape().slice(0, x.dim() - 3);
  int64_t c = x.size(-3), h = x.size(-2) / r, w = x.size(-1) / r, n = lead.numel();
  Tensor y = permute(reshape(x, {n, c, h, r, w, r}), {0, 1, 3, 5, 2, 4});
  return reshape(y, lead.concat({c * r * r, h, w}));
}
Tensor channel_shuffle(const Tensor& x, int64_t groups) {
  check<ShapeError>(groups >= 1 && x.dim() >= 3 && x.shape()[1] % groups == 0, "channel_shuffle: expected an input (N, C, *) whose channels are a multiple of ", groups,
                    " but it is ", x.shape());
  Shape split{x.shape()[0], groups, x.shape()[1] / groups, x.shape().slice(2).numel()};
  return reshape(permute(reshape(x, split), {0, 2, 1, 3}), x.shape());
}

}  // namespace tare
