// Pooling and resampling, under their names in torch.nn.functional.
#include "autograd/ops/factory.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/pool.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

PoolParams window(Keywords& o, bool dilated = true) {
  PoolParams p{.kernel = o.shape("kernel_size"), .padding = {0}, .dilation = {1}, .ceil_mode = o.flag("ceil_mode", false)};
  p.stride = o.shape("stride", p.kernel);
  p.padding = o.shape("padding", {0});
  if (dilated) p.dilation = o.shape("dilation", {1});
  return p;
}

template <int axes>
Tensors call_max_pool(const Inputs& x, Keywords& o) {
  bool wanted = o.flag("return_indices", false);
  ValuesAndIndices r = max_pool_with_indices(x[0], axes, window(o));
  return wanted ? Tensors{r.values, r.indices} : Tensors{r.values};
}
template <int axes>
Tensors call_avg_pool(const Inputs& x, Keywords& o) {
  return {avg_pool(x[0], axes, {window(o, false), o.flag("count_include_pad", true), o.integer("divisor_override", 0)})};
}
template <int axes>
Tensors call_lp_pool(const Inputs& x, Keywords& o) {
  PoolParams p{.kernel = o.shape("kernel_size"), .padding = {0}, .dilation = {1}, .ceil_mode = o.flag("ceil_mode", false)};
  p.stride = o.shape("stride", p.kernel);
  return {lp_pool(x[0], o.real("norm_type"), axes, p)};
}
template <int axes>
Tensors call_adaptive_avg(const Inputs& x, Keywords& o) {
  return {adaptive_avg_pool(x[0], axes, o.shape("output_size"))};
}
template <int axes>
Tensors call_adaptive_max(const Inputs& x, Keywords& o) {
  bool wanted = o.flag("return_indices", false);
  ValuesAndIndices r = adaptive_max_pool_with_indices(x[0], axes, o.shape("output_size"));
  return wanted ? Tensors{r.values, r.indices} : Tensors{r.values};
}
template <int axes>
Tensors call_unpool(const Inputs& x, Keywords& o) {
  Shape size = o.shape("output_size", {});
  if (size.empty()) {
    PoolParams p{.kernel = o.shape("kernel_size"), .padding = o.shape("padding", {0}), .dilation = {1}};
    p.stride = o.shape("stride", p.kernel);
    auto spread_out = [](Shape& s) {
      while (s.size() < axes) s.push_back(s[0]);
    };
    for (Shape* s : {&p.kernel, &p.stride, &p.padding, &p.dilation}) spread_out(*s);
    size = max_unpool_size(x[0].shape(), p);
  } else {
    if (size.size() > axes) size = size.slice(size.size() - axes);
    o.shape("kernel_size", {1}), o.shape("stride", {1}), o.shape("padding", {0});
  }
  return {max_unpool(x[0], x[1], size)};
}

Tensors call_interpolate(const Inputs& x, Keywords& o) {
  std::string mode = o.word("mode", "nearest");
  InterpolateParams p{.size = o.shape("size", {}), .mode = mode, .recompute_scale_factor = o.flag("recompute_scale_factor", false)};
  if (o.has("scale_factor")) {
    const Json& given = o.json("scale_factor");
    if (given.is_number()) p.scale_factor = {o.real("scale_factor")};
    else p.scale_factor = o.reals("scale_factor");
  }
  if (o.has("align_corners")) p.align_corners = o.flag("align_corners", false);
  return {interpolate(x[0], p)};
}

Tensor a(const Shape& s) { return spread(s); }
template <class Size>
Samples one(const Shape& shape, const char* key, Size size) {
  return {{{spread(shape)}, with({{key, size}})}};
}
Json pair(int i, int j) { return Json::Array{i, j}; }

const Function kRows[] = {
    {"adaptive_avg_pool1d", call_adaptive_avg<1>, [] { return one({2, 1, 5}, "output_size", 3); }, Gradient::exact, "Average pooling to a given length."},
    {"adaptive_avg_pool2d", call_adaptive_avg<2>, [] { return one({1, 2, 4, 5}, "output_size", pair(3, 2)); }, Gradient::exact, "Average pooling to a given size."},
    {"adaptive_avg_pool3d", call_adaptive_avg<3>, [] { return one({1, 1, 3, 2, 4}, "output_size", 2); }, Gradient::exact, "Average pooling to a given size."},
    {"adaptive_max_pool1d", call_adaptive_max<1>, [] { return one({2, 1, 5}, "output_size", 3); }, Gradient::exact, "Max pooling to a given length."},
    {"adaptive_max_pool2d", call_adaptive_max<2>, [] { return one({1, 2, 4, 5}, "output_size", pair(3, 2)); }, Gradient::exact, "Max pooling to a given size."},
    {"adaptive_max_pool3d", call_adaptive_max<3>, [] { return one({1, 1, 3, 2, 4}, "output_size", 2); }, Gradient::exact, "Max pooling to a given size."},
    {"avg_pool1d", call_avg_pool<1>, [] { return one({2, 2, 5}, "kernel_size", 2); }, Gradient::exact, "Averages of windows along one axis."},
    {"avg_pool2d", call_avg_pool<2>,
     [] {
       return Samples{{{a({1, 2, 4, 5})}, with({{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"count_include_pad", false}})},
                      {{a({2, 4, 4})}, with({{"kernel_size", pair(2, 1)}, {"ceil_mode", true}, {"divisor_override", 3}})}};
     },
     Gradient::exact, "Averages of windows along two axes."},
    {"avg_pool3d", call_avg_pool<3>, [] { return one({1, 1, 3, 3, 2}, "kernel_size", 2); }, Gradient::exact, "Averages of windows along three axes."},
    {"channel_shuffle", [](const Inputs& x, Keywords& o) -> Tensors { return {channel_shuffle(x[0], o.integer("groups"))}; }, [] { return one({1, 4, 2, 2}, "groups", 2); },
     Gradient::exact, "Channels of groups interleaved."},
    {"interpolate", call_interpolate,
     [] {
       return Samples{{{a({1, 2, 3})}, with({{"scale_factor", 2.0}})},
                      {{a({1, 1, 3, 4})}, with({{"size", pair(5, 3)}, {"mode", "bilinear"}})},
                      {{a({1, 1, 3, 3})}, with({{"size", 5}, {"mode", "bilinear"}, {"align_corners", true}})},
                      {{a({1, 1, 4, 4})}, with({{"size", 6}, {"mode", "bicubic"}})},
                      {{a({1, 1, 4, 4})}, with({{"size", 2}, {"mode", "area"}})}};
     },
     Gradient::exact, "Interpolation to another size."},
    {"lp_pool1d", call_lp_pool<1>, [] { return Samples{{{a({1, 2, 5})}, with({{"kernel_size", 2}, {"norm_type", 2}})}}; }, Gradient::exact, "p-norms of windows."},
    {"lp_pool2d", call_lp_pool<2>, [] { return Samples{{{spread({1, 2, 4, 4}, 0.5, 2)}, with({{"kernel_size", 2}, {"norm_type", 3}})}}; }, Gradient::exact, "p-norms of windows."},
    {"lp_pool3d", call_lp_pool<3>, [] { return Samples{{{a({1, 1, 2, 2, 3})}, with({{"kernel_size", 2}, {"norm_type", 2}})}}; }, Gradient::exact, "p-norms of windows."},
    {"max_pool1d", call_max_pool<1>, [] { return Samples{{{a({2, 2, 6})}, with({{"kernel_size", 3}, {"stride", 2}, {"padding", 1}})}}; }, Gradient::exact, "Largest values of windows."},
    {"max_pool2d", call_max_pool<2>,
     [] {
       return Samples{{{a({1, 2, 4, 4})}, with({{"kernel_size", 2}})}, {{a({2, 5, 4})}, with({{"kernel_size", pair(3, 2)}, {"stride", 1}, {"dilation", pair(2, 1)}, {"ceil_mode", true}})}};
     },
     Gradient::exact, "Largest values of windows."},
    {"max_pool3d", call_max_pool<3>, [] { return one({1, 1, 3, 3, 2}, "kernel_size", 2); }, Gradient::exact, "Largest values of windows."},
    {"max_unpool1d", call_unpool<1>, [] { return Samples{{{a({1, 2, 3}), from_vector(std::vector<int64_t>{0, 3, 5, 1, 2, 4}, {1, 2, 3})}, with({{"kernel_size", 2}})}}; }, Gradient::exact, "Maxima back at their places."},
    {"max_unpool2d", call_unpool<2>, [] { return Samples{{{a({1, 1, 2, 2}), from_vector(std::vector<int64_t>{0, 3, 9, 14}, {1, 1, 2, 2})}, with({{"kernel_size", 2}})}}; }, Gradient::exact, "Maxima back at their places."},
    {"max_unpool3d", call_unpool<3>, [] { return Samples{{{a({1, 1, 1, 2, 1}), from_vector(std::vector<int64_t>{1, 6}, {1, 1, 1, 2, 1})}, with({{"kernel_size", 2}})}}; }, Gradient::exact, "Maxima back at their places."},
    {"pixel_shuffle", [](const Inputs& x, Keywords& o) -> Tensors { return {pixel_shuffle(x[0], o.integer("upscale_factor"))}; },
     [] { return one({1, 8, 2, 3}, "upscale_factor", 2); }, Gradient::exact, "Channels become pixels."},
    {"pixel_unshuffle", [](const Inputs& x, Keywords& o) -> Tensors { return {pixel_unshuffle(x[0], o.integer("downscale_factor"))}; },
     [] { return one({1, 2, 4, 6}, "downscale_factor", 2); }, Gradient::exact, "Pixels become channels."},
};

}  // namespace

std::span<const Function> pool() { return kRows; }

}  // namespace tare::tables
