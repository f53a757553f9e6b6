#include "nn/image/rasterizer.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/factory.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare::nn {
namespace {

/// What each primitive owns of D: S_i, i < n; or the sum over all pixels for every one.
std::vector<double> owned_differences(const Tensor& plus, const Tensor& minus, const Tensor& id_plus, const Tensor& id_minus, int64_t n, bool per_pixel) {
  std::vector<double> l1 = plus.to_vector<double>(), l2 = minus.to_vector<double>(), out(static_cast<size_t>(n));
  std::vector<int64_t> i1 = id_plus.to_vector<int64_t>(), i2 = id_minus.to_vector<int64_t>();
  double all = 0;
  for (size_t px = 0; px < l1.size(); px++) {
    int64_t a = i1[px], b = i2[px];
    check<IndexError>(a < n && b < n, "per_pixel_gradient: pixel ", px, " is owned by primitives ", a, " and ", b, " but there are ", n);
    double d = l1[px] - l2[px];
    all += d;
    if (a >= 0) out[size_t(a)] += d;
    if (b >= 0 && b != a) out[size_t(b)] += d;
  }
  if (!per_pixel) std::fill(out.begin(), out.end(), all);
  return out;
}

/// S_i / (2 e).
Tensor over_perturbation(const std::vector<double>& owned, const Tensor& e) {
  std::vector<double> g = e.to_vector<double>();
  size_t columns = owned.empty() ? 0 : g.size() / owned.size();
  for (size_t k = 0; k < g.size(); k++) g[k] = g[k] == 0 ? 0 : owned[k / columns] / (2 * g[k]);
  return from_vector(g, e.shape(), e.dtype());
}

Tensor pixel_losses(const Tensor& image, const Tensor& target) {
  check<ShapeError>(image.shape() == target.shape() && image.dim() == 3, "stochastic gradient: the rendering is ", image.shape(), " but the target ", target.shape(),
                    "; both must be [H, W, channels]");
  return kernels::sum(kernels::square(kernels::sub(image, target)), {2}, false);
}

}  // namespace

Rendering rasterize_triangles(const Tensor& vertices, const Tensor& colors, int64_t height, int64_t width, double background) {
  int64_t n = vertices.dim() == 3 ? vertices.size(0) : -1;
  check<ShapeError>(vertices.shape() == Shape({n, 3, 2}) && colors.shape() == Shape({n, 3}), "rasterize_triangles: expected vertices [n, 3, 2] and colors [n, 3] but they are ",
                    vertices.shape(), " and ", colors.shape());
  check<ValueError>(height >= 0 && width >= 0, "rasterize_triangles: an image cannot be ", height, " x ", width);
  std::vector<double> corner = vertices.to_vector<double>(), color = colors.to_vector<double>(), image(size_t(height * width * 3), background);
  std::vector<int64_t> ids(size_t(height * width), -1);
  for (int64_t i = 0; i < n; i++) {
    const double* p = corner.data() + i * 6;  // x0 y0 x1 y1 x2 y2
    // E_ab(x, y), positive on one side of the line through a and b
    auto edge = [&](int a, int b, double x, double y) { return (p[2 * b] - p[2 * a]) * (y - p[2 * a + 1]) - (p[2 * b + 1] - p[2 * a + 1]) * (x - p[2 * a]); };
    // Pixels to look at: a margin around the corners; all of them for a triangle without area, whose edge functions vanish on a whole line.
    bool bounded = edge(0, 1, p[4], p[5]) != 0;
    auto range = [&](int axis, int64_t size) {
      auto [lo, hi] = std::minmax({p[axis], p[axis + 2], p[axis + 4]});
      double end = double(size);
      if (!bounded || !std::isfinite(lo) || !std::isfinite(hi)) return std::pair{int64_t(0), size};
      return std::pair{int64_t(std::clamp(std::floor(lo) - 1, 0.0, end)), int64_t(std::clamp(std::ceil(hi) + 1, 0.0, end))};
    };
    auto [x0, x1] = range(0, width);
    auto [y0, y1] = range(1, height);
    for (int64_t row = y0; row < y1; row++)
      for (int64_t column = x0; column < x1; column++) {
        double x = double(column) + 0.5, y = double(row) + 0.5, e01 = edge(0, 1, x, y), e12 = edge(1, 2, x, y), e20 = edge(2, 0, x, y);
        if (!((e01 >= 0 && e12 >= 0 && e20 >= 0) || (e01 <= 0 && e12 <= 0 && e20 <= 0))) continue;
        size_t px = size_t(row * width + column);
        ids[px] = i;
        std::copy_n(color.data() + i * 3, 3, image.data() + px * 3);
      }
  }
  return {from_vector(image, {height, width, 3}, colors.dtype()), from_vector(ids, {height, width})};
}

Tensor per_pixel_gradient(const Tensor& loss_plus, const Tensor& loss_minus, const Tensor& id_plus, const Tensor& id_minus, const Tensor& e) {
  const Shape& image = loss_plus.shape();
  check<ShapeError>(loss_minus.shape() == image && id_plus.shape() == image && id_minus.shape() == image && e.dim() >= 1,
                    "per_pixel_gradient: expected losses and owners of one shape [H, W] and perturbations [n, q] but they are ", image, ", ", loss_minus.shape(), ", ",
                    id_plus.shape(), ", ", id_minus.shape(), " and ", e.shape());
  return over_perturbation(owned_differences(loss_plus, loss_minus, id_plus, id_minus, e.size(0), true), e);
}

RasterGradient stochastic_raster_gradient(const Tensor& vertices, const Tensor& colors, const Tensor& target, const Tensor& e_vertices, const Tensor& e_colors,
                                          bool per_pixel, double background) {
  check<ShapeError>(target.dim() == 3 && e_vertices.shape() == vertices.shape() && e_colors.shape() == colors.shape(),
                    "stochastic_raster_gradient: expected a target [H, W, 3] and perturbations of the parameters' shapes but they are ", target.shape(), ", ",
                    e_vertices.shape(), " and ", e_colors.shape());
  auto render = [&](double side) {
    return rasterize_triangles(kernels::add(vertices, kernels::mul(e_vertices, side)), kernels::add(colors, kernels::mul(e_colors, side)), target.size(0), target.size(1),
                               background);
  };
  Rendering plus = render(1), minus = render(-1);
  std::vector<double> owned =
      owned_differences(pixel_losses(plus.image, target), pixel_losses(minus.image, target), plus.ids, minus.ids, vertices.size(0), per_pixel);
  return {over_perturbation(owned, e_vertices), over_perturbation(owned, e_colors)};
}

StochasticGradientEstimator::StochasticGradientEstimator(StochasticGradientOptions o) : options(std::move(o)) {
  check<ConfigError>(options.samples >= 1, "StochasticGradientEstimator: samples must be at least 1, not ", options.samples);
  for (double eps : options.eps) check<ConfigError>(eps >= 0, "StochasticGradientEstimator: eps must be at least 0, not ", eps);
}

double StochasticGradientEstimator::step(const Render& render, const Tensors& params, const Tensor& target, Generator& random) const {
  check<ConfigError>(params.size() == options.eps.size() && !params.empty(), "StochasticGradientEstimator: there are ", options.eps.size(), " numbers in eps but ",
                     params.size(), " parameter tensors; give one for each");
  for (const Tensor& p : params)
    check<ShapeError>(p.dim() >= 1 && p.size(0) == params[0].size(0), "StochasticGradientEstimator: expected a row for each primitive but the parameters are ", p.shape(), " and ",
                      params[0].shape());
  NoGrad off;
  Tensors total(params.size());
  double loss = 0;
  for (int64_t sample = 0; sample < options.samples; sample++) {
    Tensors e, up, down;
    for (size_t k = 0; k < params.size(); k++) {
      Tensor heads = bernoulli(full(params[k].shape(), 0.5, params[k].dtype()), &random);
      e.push_back(kernels::mul(kernels::sub(heads, 0.5), 2 * options.eps[k]));
      up.push_back(kernels::add(params[k], e[k]));
      down.push_back(kernels::sub(params[k], e[k]));
    }
    Rendering plus = render(up), minus = render(down);
    Tensor l1 = pixel_losses(plus.image, target), l2 = pixel_losses(minus.image, target);
    loss += 0.5 * (kernels::sum(l1, {}, false).item() + kernels::sum(l2, {}, false).item()) / double(options.samples);
    std::vector<double> owned = owned_differences(l1, l2, plus.ids, minus.ids, params[0].size(0), options.per_pixel);
    for (size_t k = 0; k < params.size(); k++) {
      Tensor g = kernels::div(over_perturbation(owned, e[k]), double(options.samples));
      total[k] = total[k].defined() ? kernels::add(total[k], g) : g;
    }
  }
  for (size_t k = 0; k < params.size(); k++) params[k].set_grad(total[k]);
  return loss;
}

}  // namespace tare::nn
