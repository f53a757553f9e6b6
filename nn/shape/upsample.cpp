#include "nn/shape/upsample.h"

#include "autograd/ops/interpolate.h"

namespace tare::nn {
namespace {

void check_upsample(std::string_view type, const Sizes& size, const std::vector<double>& factor) {
  check<ConfigError>(size.empty() != factor.empty() && size.word.empty(), type, ": give either size or scale_factor");
  for (int64_t s : size.values) check<ConfigError>(s >= 1, type, ": expected sizes of at least 1, not ", size.values);
  for (double f : factor) check<ConfigError>(f > 0, type, ": expected positive scale factors, not ", f);
}

}  // namespace

void UpsampleOptions::visit(Visitor& v) {
  v.option("size", size);
  v.option("scale_factor", scale_factor);
  v.option("mode", mode);
  v.option("align_corners", align_corners);
  v.option("recompute_scale_factor", recompute_scale_factor);
}
void Upsampling2dOptions::visit(Visitor& v) {
  v.option("size", size);
  v.option("scale_factor", scale_factor);
}

Upsample::Upsample(Options o) : options(std::move(o)) { check_upsample(type, options.size, options.scale_factor); }
Upsample::Upsample(double scale_factor) : Upsample(Options{.scale_factor = {scale_factor}}) {}
Tensor Upsample::forward(const Tensor& x) {
  return interpolate(x, {options.size.values, options.scale_factor, options.mode, options.align_corners, options.recompute_scale_factor.value_or(false)});
}

UpsamplingNearest2d::UpsamplingNearest2d(Options o) : options(std::move(o)) { check_upsample(type, options.size, options.scale_factor); }
Tensor UpsamplingNearest2d::forward(const Tensor& x) { return interpolate(x, {options.size.values, options.scale_factor, "nearest", {}, false}); }

UpsamplingBilinear2d::UpsamplingBilinear2d(Options o) : options(std::move(o)) { check_upsample(type, options.size, options.scale_factor); }
Tensor UpsamplingBilinear2d::forward(const Tensor& x) { return interpolate(x, {options.size.values, options.scale_factor, "bilinear", true, false}); }

template class Layer<Upsample>;
template class Layer<UpsamplingNearest2d>;
template class Layer<UpsamplingBilinear2d>;

}  // namespace tare::nn
