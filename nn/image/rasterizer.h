// Transforming a Non-Differentiable Rasterizer into a Differentiable One with Stochastic Gradient Estimation (Deliot, Heitz and Belcour, 2024,
// arXiv:2404.09758).
//
// A renderer is a black box that says which primitive owns each pixel. All parameters theta are moved at once by random signs, e = eps z, z = +-1,
// and
//
//     I+, ID+ = render(theta + e),   I-, ID- = render(theta - e),   D = L+ - L-,   L(pixel) = sum over channels (I - target)^2
//     g_{i,c} = (sum of D over the pixels that primitive i owns in ID+ or ID-, each once) / (2 e_{i,c})
//
// instead of SPSA's sum over all pixels (per_pixel = false), whose noise grows with the number of all parameters. The union of the two owners catches
// silhouettes. Id -1 is the background and owns nothing. The expectation is the derivative of the loss smoothed by the perturbation. The rasterizer
// in two dimensions is ours. Nothing is on the tape.
#pragma once

#include <functional>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace tare::nn {

struct Rendering {
  Tensor image;  ///< (H, W, channels)
  Tensor ids;    ///< int64 (H, W): the primitive on top, -1 for the background
};

/// Flat triangles: vertices (n, 3, 2) as (x, y) in pixels, colors (n, 3). Pixel centres (x + 0.5, y + 0.5) count as inside when the three edge
/// functions have one sign (0 has both); later triangles cover earlier ones; no anti-aliasing.
Rendering rasterize_triangles(const Tensor& vertices, const Tensor& colors, int64_t height, int64_t width, double background = 0);

/// g (n, q) from losses (H, W), owners int64 (H, W) and signed perturbations e (n, q). A parameter that was not perturbed (e = 0) has g = 0. Throws
/// IndexError for an id >= n.
Tensor per_pixel_gradient(const Tensor& loss_plus, const Tensor& loss_minus, const Tensor& id_plus, const Tensor& id_minus, const Tensor& e);

struct RasterGradient {
  Tensor vertices, colors;
};
/// One estimate for triangles: target (H, W, 3), perturbations of the parameters' shapes.
RasterGradient stochastic_raster_gradient(const Tensor& vertices, const Tensor& colors, const Tensor& target, const Tensor& e_vertices, const Tensor& e_colors,
                                          bool per_pixel = true, double background = 0);

struct StochasticGradientOptions {
  std::vector<double> eps{};  ///< one for each parameter tensor, at least 0. For vertices 0.3 to 1 pixel: smaller ones move no pixel, larger ones blur
  int64_t samples = 1;        ///< perturbations averaged
  bool per_pixel = true;
};
class StochasticGradientEstimator {
 public:
  using Render = std::function<Rendering(const Tensors& params)>;
  explicit StochasticGradientEstimator(StochasticGradientOptions options);
  /// Sets the .grad of `params`, each (n, ...) with a row for each primitive, and returns the loss at theta + e and theta - e, averaged, summed over
  /// pixels.
  double step(const Render& render, const Tensors& params, const Tensor& target, Generator& random) const;
  StochasticGradientOptions options;
};

}  // namespace tare::nn
