#include "nn/image/filters.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

void check_image(std::string_view who, const Tensor& x) { check<ShapeError>(x.dim() == 4, who, ": expected images [B, C, H, W] but they are ", x.shape()); }

/// A parameter as a map that broadcasts over the images.
Tensor as_map(std::string_view who, std::string_view name, const Tensor& p, const Tensor& x) {
  bool plain = p.dim() == 1 && (p.size(0) == 1 || p.size(0) == x.size(0));
  bool map = p.dim() == 4 && (p.size(0) == 1 || p.size(0) == x.size(0)) && p.size(1) == 1 && p.size(2) == x.size(2) && p.size(3) == x.size(3);
  check<ShapeError>(plain || map, who, ": expected ", name, " of shape [", x.size(0), "] or [", x.size(0), ", 1, ", x.size(2), ", ", x.size(3), "] but it is ", p.shape());
  return plain ? reshape(p, {p.size(0), 1, 1, 1}) : p;
}

Tensor edges_repeated(std::string_view who, const Tensor& x, int64_t columns, int64_t rows) {
  check<ValueError>(columns >= 0 && rows >= 0, who, ": radius must be at least 0, not ", std::min(columns, rows));
  return columns || rows ? pad(x, {columns, columns, rows, rows}, "replicate") : x;
}

/// One pass along an axis. `fall` is 1 / (2 s^2).
Tensor blur_pass(const Tensor& x, const Tensor& fall, int64_t radius, int64_t axis) {
  Tensor padded = edges_repeated("gaussian_blur2d", x, axis == 3 ? radius : 0, axis == 2 ? radius : 0);
  int64_t n = x.size(axis);
  auto at = [&](int64_t offset) { return narrow(padded, axis, radius + offset, n); };
  Tensor total = at(0), weights;
  for (int64_t i = 1; i <= radius; i++) {
    Tensor w = exp(fall * double(-i * i));
    total += w * (at(i) + at(-i));
    weights = weights.defined() ? weights + w : w;
  }
  return weights.defined() ? total / (1 + 2 * weights) : total;
}

}  // namespace

Tensor gaussian_blur2d(const Tensor& x, const Tensor& s, int64_t radius) {
  check_image("gaussian_blur2d", x);
  Tensor fall = 0.5 / square(as_map("gaussian_blur2d", "s", s, x));
  return blur_pass(blur_pass(x, fall, radius, 3), fall, radius, 2);
}

Tensor dog(const Tensor& x, const Tensor& s, const Tensor& p, const XDoGConstants& c) {
  check_image("dog", x);
  Tensor sharpness = c.p_scale * as_map("dog", "p", p, x);
  return (1 + sharpness) * gaussian_blur2d(x, s, c.radius) - sharpness * gaussian_blur2d(x, c.k * s, c.radius);
}

Tensor xdog(const Tensor& x, const Tensor& s, const Tensor& p, const Tensor& eps, const Tensor& phi, const XDoGConstants& c) {
  Tensor above = dog(x, s, p, c) - as_map("xdog", "eps", eps, x);
  return where(gt(above, 0), 1.0, 1 + tanh(c.phi_scale * as_map("xdog", "phi", phi, x) * above));
}

Tensor structure_tensor(const Tensor& x) {
  check_image("structure_tensor", x);
  Tensor padded = edges_repeated("structure_tensor", x, 1, 1);
  auto at = [&](int64_t row, int64_t column) { return narrow(narrow(padded, 2, 1 + row, x.size(2)), 3, 1 + column, x.size(3)); };
  Tensor ne = at(-1, 1), nw = at(-1, -1), se = at(1, 1), sw = at(1, -1);
  Tensor gx = 0.25 * (ne - nw + se - sw) + 0.5 * (at(0, 1) - at(0, -1));
  Tensor gy = 0.25 * (sw - nw + se - ne) + 0.5 * (at(1, 0) - at(-1, 0));
  return cat({sum(square(gx), {1}, true), sum(square(gy), {1}, true), sum(gx * gy, {1}, true)}, 1);
}

Tensor tangent_flow(const Tensor& structure) {
  check<ShapeError>(structure.dim() == 4 && structure.size(1) == 3, "tangent_flow: expected structure tensors [B, 3, H, W] but they are ", structure.shape());
  Tensor difference = narrow(structure, 1, 1, 1) - narrow(structure, 1, 0, 1), mixed = narrow(structure, 1, 2, 1);
  Tensor flat = logical_and(eq(difference, 0), eq(mixed, 0));
  Tensor phi = 0.5 * atan2(-2 * mixed, where(flat, 1.0, difference));  // atan2 has no slope at (0, 0)
  return cat({where(flat, 0.0, cos(phi)), where(flat, 0.01, sin(phi))}, 1);
}

Tensor bilateral_filter(const Tensor& x, const Tensor& s_d, const Tensor& s_r, int64_t radius) {
  check_image("bilateral_filter", x);
  Tensor by_distance = 0.5 / square(as_map("bilateral_filter", "s_d", s_d, x)), by_colour = 0.5 / square(as_map("bilateral_filter", "s_r", s_r, x));
  Tensor padded = edges_repeated("bilateral_filter", x, radius, radius), total = x, weights;
  for (int64_t row = -radius; row <= radius; row++)
    for (int64_t column = -radius; column <= radius; column++) {
      if (row == 0 && column == 0) continue;  // weight 1
      Tensor there = narrow(narrow(padded, 2, radius + row, x.size(2)), 3, radius + column, x.size(3));
      Tensor w = exp(by_distance * double(-(row * row + column * column)) - by_colour * sum(square(there - x), {1}, true));
      total += w * there;
      weights = weights.defined() ? weights + w : w;
    }
  return weights.defined() ? total / (1 + weights) : total;
}

}  // namespace tare::nn
