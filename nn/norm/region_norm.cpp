#include "nn/norm/region_norm.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {
namespace {

constexpr double kRegionEps = 1e-5;

void check_mask(std::string_view type, const Tensor& x, const Tensor& mask, bool same_size) {
  check<ShapeError>(mask.defined(), type, ": expected a mask beside the input");
  Shape want{x.shape()[0], 1, x.shape()[2], x.shape()[3]};
  bool fits = mask.dim() == 4 && mask.shape()[0] == want[0] && mask.shape()[1] == 1 && (!same_size || mask.shape() == want);
  check<ShapeError>(fits, type, ": expected a mask of shape ", same_size ? text(want) : text("[", want[0], ", 1, height, width]"), " but it is ", mask.shape());
}

// One region, filled up with its own mean so that the fused normalization of a batch does the rest.
Tensor normalize_region(const Tensor& x, const Tensor& k) {
  double size = std::max(sum(k).item(), 0.0), all = double(k.numel());
  if (size == 0) size = 1;
  Tensor mu = sum(x * k, {0, 2, 3}, true) / size;
  return batch_norm(x * k + mu * (1 - k), {}, {}, kRegionEps).y * std::sqrt(size / all);
}

Tensor normalize_regions(const Tensor& x, const Tensor& mask) { return normalize_region(x, mask) + normalize_region(x, 1 - mask); }

// A convolution that keeps the size; checks kernel_size on the way.
Conv2d attention_conv(const RegionNormLOptions& o, int64_t in_channels, bool bias) {
  check<ConfigError>(o.kernel_size >= 1 && o.kernel_size % 2 == 1, "RegionNormL: kernel_size must be odd, not ", o.kernel_size);
  return Conv2d({.in_channels = in_channels, .out_channels = 1, .kernel_size = o.kernel_size, .padding = (o.kernel_size - 1) / 2, .bias = bias});
}

}  // namespace

void RegionNormOptions::visit(Visitor& v) { v.option("num_features", num_features); }
void RegionNormLOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("threshold", threshold);
  v.option("kernel_size", kernel_size);
}

RegionNorm::RegionNorm(Options o) : options(o) { check_norm_options(type, o.num_features, kRegionEps); }
RegionNorm::RegionNorm(int64_t num_features) : RegionNorm(Options{.num_features = num_features}) {}

Tensor RegionNorm::forward(const Tensor& x, const Tensor& mask) {
  check_channels(type, x, options.num_features, 4, 4);
  check_mask(type, x, mask, true);
  return normalize_regions(x, tare::to(mask.detach(), x.dtype()));
}

RegionNormB::RegionNormB(Options o) : options(o) {
  check_norm_options(type, o.num_features, kRegionEps);
  for (Parameter* p : {&foreground_gamma, &foreground_beta, &background_gamma, &background_beta}) *p = Parameter(init::zeros({o.num_features}));
}
RegionNormB::RegionNormB(int64_t num_features) : RegionNormB(Options{.num_features = num_features}) {}

void RegionNormB::visit(Visitor& v) {
  v.parameter("foreground_gamma", foreground_gamma, Role::norm_scale);
  v.parameter("foreground_beta", foreground_beta, Role::norm_shift);
  v.parameter("background_gamma", background_gamma, Role::norm_scale);
  v.parameter("background_beta", background_beta, Role::norm_shift);
}

Tensor RegionNormB::forward(const Tensor& x, const Tensor& mask) {
  check_channels(type, x, options.num_features, 4, 4);
  check_mask(type, x, mask, false);
  Tensor m = tare::to(mask.detach(), x.dtype());
  if (!(m.shape().slice(2) == x.shape().slice(2))) m = interpolate(m, {.size = x.shape().slice(2), .mode = "nearest"});
  Tensor gain = m * per_channel(1 + foreground_gamma(), 4) + (1 - m) * per_channel(1 + background_gamma(), 4);
  return normalize_regions(x, m) * gain + per_channel(foreground_beta() + background_beta(), 4);
}

RegionNormL::RegionNormL(Options o)
    : options(o), conv1(attention_conv(o, 2, false)), gamma_conv(attention_conv(o, 1, true)), beta_conv(attention_conv(o, 1, true)) {
  check_norm_options(type, o.num_features, kRegionEps);
  check<ConfigError>(o.threshold >= 0 && o.threshold <= 1, "RegionNormL: threshold must lie between 0 and 1, not ", o.threshold);
}
RegionNormL::RegionNormL(int64_t num_features) : RegionNormL(Options{.num_features = num_features}) {}

void RegionNormL::visit(Visitor& v) {
  v.child("conv1", conv1);
  v.child("gamma_conv", gamma_conv);
  v.child("beta_conv", beta_conv);
}

Tensor RegionNormL::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  Tensor map = sigmoid(conv1(cat({mean(x, {1}, true), max(x, 1, true).values}, 1)));
  Tensor mask = tare::to(ge(map.detach(), options.threshold), x.dtype());
  return normalize_regions(x, mask) * (1 + gamma_conv(map)) + beta_conv(map);
}

template class Layer<RegionNorm>;
template class Layer<RegionNormB>;
template class Layer<RegionNormL>;

}  // namespace tare::nn
