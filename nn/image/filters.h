// Image filters that are differentiable in the image and in their parameters (Loetzsch et al., 2022, arXiv:2207.14606, WISE: Whitebox Image
// Stylization by Example-based Learning), so that a stylization can be learned from a picture.
//
// Images are (B, C, H, W) in [0, 1]. A parameter is (B), one number an image, (1), one for all, or a map (B or 1, 1, H, W); maps are read at the
// OUTPUT pixel. Borders repeat the edge pixel. The filters are isotropic; the authors sample along the edge flow.
//
//   gaussian_blur2d    a horizontal and a vertical pass of weights exp(-i^2 / (2 s^2)), i = -radius .. radius, divided by their sum. Keep s above 0.1 or
//                      so; radius >= 2 s
//   dog                D = (1 + P) blur(x, s) - P blur(x, k s),  P = p_scale p
//   xdog               1 where u > eps, else 1 + tanh(phi_scale phi (u - eps)),  u = D  (Winnemoeller, Kyprianidis and Olsen, 2012). Where it is 1 no
//                      gradient flows. The authors' phi_scale phi = 1000 saturates: start flat and sharpen. radius >= 2 k s
//   structure_tensor   sums over channels of gx^2, gy^2, gx gy, with [1 2 1]/4 Sobel differences: right minus left, bottom minus top
//   tangent_flow       of such E, F, G: (cos phi, sin phi), phi = atan2(-2 G, F - E) / 2, along edges; (0, 0.01) where there is none (F = E, G = 0)
//   bilateral_filter   weights exp(-|offset|^2 / (2 s_d^2) - |x_q - x_p|^2 / (2 s_r^2)) over a square window, the colour distance over all channels,
//                      divided by their sum. Gradients flow through the weights too
#pragma once

#include "core/tensor.h"

namespace tare::nn {

/// Throws ShapeError for other shapes and ValueError for a radius below 0, as the functions below do.
Tensor gaussian_blur2d(const Tensor& x, const Tensor& s, int64_t radius);

struct XDoGConstants {
  int64_t radius = 4;
  double k = 1.6, p_scale = 100, phi_scale = 100;
};
Tensor dog(const Tensor& x, const Tensor& s, const Tensor& p, const XDoGConstants& constants = {});
Tensor xdog(const Tensor& x, const Tensor& s, const Tensor& p, const Tensor& eps, const Tensor& phi, const XDoGConstants& constants = {});

/// (B, C, H, W) -> (B, 3, H, W).
Tensor structure_tensor(const Tensor& x);
/// (B, 3, H, W) -> (B, 2, H, W).
Tensor tangent_flow(const Tensor& structure);
/// (2 radius + 1)^2 shifted views, one after another.
Tensor bilateral_filter(const Tensor& x, const Tensor& s_d, const Tensor& s_r, int64_t radius);

}  // namespace tare::nn
