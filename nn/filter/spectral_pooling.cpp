#include "nn/filter/spectral_pooling.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// The mask as rfft2 orders its numbers: (H, W / 2 + 1, 1). Of a real image the transform X at frequency -k is the conjugate of that at k, so that dropping the imaginary part
/// of F^-1 m X leaves F^-1 of (m(k) + m(-k)) / 2 X: a mask whose halves mirror each other, of which one half is enough.
Tensor half_mask(int64_t height, int64_t width, const SpectralPoolingFilterOptions& o) {
  Tensor mask = empty({height, width / 2 + 1, 1}, DType::float64);
  double* m = mask.mutable_data<double>();
  auto weight = [&](int64_t i, int64_t j) {  // of frequency (i, j), which the shift puts at (i + H / 2, j + W / 2)
    double y = double((i + height / 2) % height - height / 2), x = double((j + width / 2) % width - width / 2), distance = std::sqrt(y * y + x * x);
    return distance < o.radius ? o.lamb : distance > o.radius ? 1 - o.lamb : 1.0 / 3;
  };
  for (int64_t i = 0; i < height; i++)
    for (int64_t j = 0; j <= width / 2; j++) *m++ = 0.5 * (weight(i, j) + weight((height - i) % height, (width - j) % width));
  return mask;
}

Tensor by_transform(const Tensor& x, const Tensor& mask) {
  return irfft2(rfft2(x, {}, {-2, -1}, "ortho") * tare::to(mask, x.dtype()), {x.size(-2), x.size(-1)}, {-2, -1}, "ortho");
}

// Of small images one product with the filter's matrix, whose row p is what becomes of a single bright pixel p, is faster than transforms of a few numbers each.
constexpr int64_t kSmall = 256;
Tensor matrix(int64_t height, int64_t width, const SpectralPoolingFilterOptions& o) {
  NoGrad off;
  int64_t n = height * width;
  return reshape(by_transform(reshape(eye(n, n, DType::float64), {n, height, width}), half_mask(height, width, o)), {n, n});
}

Conv2d pointwise(int64_t in, int64_t out) { return Conv2d({.in_channels = std::max<int64_t>(in, 1), .out_channels = std::max<int64_t>(out, 1), .kernel_size = 1}); }
Conv2d depthwise(int64_t dim, int64_t height, int64_t width) {
  return Conv2d({.in_channels = dim, .out_channels = dim, .kernel_size = {height, width}, .padding = {height / 2, width / 2}, .groups = dim});
}

}  // namespace

void SpectralPoolingFilterOptions::visit(Visitor& v) {
  v.option("height", height);
  v.option("width", width);
  v.option("radius", radius);
  v.option("lamb", lamb);
}

SpectralPoolingFilter::SpectralPoolingFilter(Options o) : options(o) {
  check<ConfigError>(o.height >= 0 && o.width >= 0 && o.radius >= 0, type, ": height, width and radius must be at least 0, not ", o.height, ", ", o.width, " and ", o.radius);
  if (o.height > 0 && o.width > 0) fixed_ = Buffer((o.height * o.width <= kSmall ? matrix : half_mask)(o.height, o.width, o));
}

Tensor SpectralPoolingFilter::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 2 && x.size(-1) > 0 && x.size(-2) > 0, type, ": expected images (*, H, W) but the input is ", x.shape());
  int64_t height = x.size(-2), width = x.size(-1), n = height * width, images = x.numel() / n;
  bool fixed = fixed_.defined() && height == options.height && width == options.width;
  if (n <= kSmall && (fixed || images >= n)) {  // fewer images would not pay for making the matrix
    Tensor m = fixed ? fixed_() : matrix(height, width, options);
    return reshape(matmul(reshape(x, {images, n}), tare::to(m, x.dtype())), x.shape());
  }
  return by_transform(x, fixed ? fixed_() : half_mask(height, width, options));
}

void SPAMOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("kernel_size", kernel_size);
  v.option("height", height);
  v.option("width", width);
  v.option("radius", radius);
  v.option("lambdas", lambdas);
}

SPAM::SPAM(Options o) : options(o), proj_in(pointwise(o.dim, o.dim)), proj_out(pointwise(o.dim, o.dim)) {
  check<ConfigError>(o.dim >= 1 && o.kernel_size >= 1 && o.kernel_size % 2 == 1, type, ": expected dim of at least 1 and an odd kernel_size, not ", o.dim, " and ",
                     o.kernel_size);
  // chunk()'s sizes: all equal but the last.
  int64_t count = int64_t(o.lambdas.size()), size = count ? (o.dim + count - 1) / count : 0;
  check<ConfigError>(count >= 1 && (count - 1) * size < o.dim, type, ": ", o.dim, " channels cannot be cut into ", count, " chunks of ", size, ", one for each of lambdas");
  conv = {depthwise(o.dim, 1, o.kernel_size), depthwise(o.dim, o.kernel_size, 1)};
  for (int64_t i = 0; i < count; i++) {
    pws.push_back(pointwise(std::min(size, o.dim - i * size), o.dim));
    filters_.emplace_back(SpectralPoolingFilterOptions{.height = o.height, .width = o.width, .radius = o.radius, .lamb = o.lambdas[size_t(i)]});
  }
}

void SPAM::visit(Visitor& v) {
  v.child("proj_in", proj_in);
  for (size_t i = 0; i < conv.size(); i++) v.child(text("conv.", i), conv[i]);
  for (size_t i = 0; i < pws.size(); i++) v.child(text("pws.", i), pws[i]);
  v.child("proj_out", proj_out);
}

Tensor SPAM::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.dim, type, ": expected (N, ", options.dim, ", H, W) but the input is ", x.shape());
  Tensor u = conv[1](conv[0](proj_in(x))), context;
  Tensors chunks = chunk(u, int64_t(pws.size()), 1);
  for (size_t i = 0; i < pws.size(); i++) {
    Tensor part = pws[i](filters_[i](chunks[i]));
    context = context.defined() ? context + part : part;
  }
  return proj_out(u * context);
}

void SPANetBlockOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("kernel_size", kernel_size);
  v.option("height", height);
  v.option("width", width);
  v.option("radius", radius);
  v.option("mlp_ratio", mlp_ratio);
  v.option("res_scale", res_scale);
  v.option("drop_path", drop_path);
  v.option("lambdas", lambdas);
}

SPANetBlock::SPANetBlock(Options o)
    : options(o),
      norm1(1, std::max<int64_t>(o.dim, 1)),
      token_mixer({.dim = o.dim, .kernel_size = o.kernel_size, .height = o.height, .width = o.width, .radius = o.radius, .lambdas = o.lambdas}),
      norm2(1, o.dim),
      fc1(pointwise(o.dim, int64_t(double(o.dim) * o.mlp_ratio))),
      fc2(pointwise(fc1.options.out_channels, o.dim)) {
  check<ConfigError>(double(o.dim) * o.mlp_ratio >= 1, type, ": dim mlp_ratio must be at least 1, but mlp_ratio is ", o.mlp_ratio);
  check<ConfigError>(o.drop_path >= 0 && o.drop_path <= 1, type, ": expected drop_path between 0 and 1, not ", o.drop_path);
  for (Conv2d* c : {&fc1, &fc2}) {
    init::trunc_normal_(c->weight(), 0, 0.02);
    init::zeros_(c->bias());
  }
  if (!o.res_scale) return;
  res_scale1 = Parameter(init::constant({o.dim}, *o.res_scale));
  res_scale2 = Parameter(init::constant({o.dim}, *o.res_scale));
}

void SPANetBlock::visit(Visitor& v) {
  v.child("norm1", norm1);
  v.child("token_mixer", token_mixer);
  v.child("norm2", norm2);
  v.child("mlp.fc1", fc1);
  v.child("mlp.fc2", fc2);
  v.parameter("res_scale1.scale", res_scale1, Role::norm_scale);
  v.parameter("res_scale2.scale", res_scale2, Role::norm_scale);
}

Tensor SPANetBlock::forward(const Tensor& x) {
  auto stream = [](const Tensor& t, const Parameter& scale) { return scale.defined() ? t * reshape(scale(), {-1, 1, 1}) : t; };
  auto branch = [&](const Tensor& t) { return drop_path(t, options.drop_path, training()); };
  Tensor y = stream(x, res_scale1) + branch(token_mixer(norm1(x)));
  return stream(y, res_scale2) + branch(fc2(gelu(fc1(norm2(y)))));
}

template class Layer<SpectralPoolingFilter>;
template class Layer<SPAM>;
template class Layer<SPANetBlock>;

}  // namespace tare::nn
