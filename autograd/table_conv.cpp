// Convolutions, unfold and fold.
#include "autograd/ops/conv.h"

#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensors call_conv(const Inputs& x, Keywords& o, int axes) {
  auto call = axes == 1 ? conv1d : axes == 2 ? conv2d : conv3d;
  const Json& padding = o.json("padding");
  ConvOptions options{.stride = o.shape("stride", {1}), .dilation = o.shape("dilation", {1}), .groups = o.integer("groups", 1)};
  if (!padding.is_string()) {
    options.padding = o.shape("padding", {0});
    return {call(x[0], x[1], x.optional(2), options, false)};
  }
  std::string mode = padding.as_string();
  check<ConfigError>(mode == "same" || mode == "valid", "conv", axes, "d.padding: expected numbers, same or valid, not \"", mode, "\"");
  Tensor in = x[0];
  if (mode == "same") in = pad_same(in, x[1].shape(), options);
  return {call(in, x[1], x.optional(2), options, false)};
}
Tensors call_transpose(const Inputs& x, Keywords& o, int axes) {
  auto call = axes == 1 ? conv_transpose1d : axes == 2 ? conv_transpose2d : conv_transpose3d;
  return {call(x[0], x[1], x.optional(2),
               {.stride = o.shape("stride", {1}), .padding = o.shape("padding", {0}), .output_padding = o.shape("output_padding", {0}), .dilation = o.shape("dilation", {1}),
                .groups = o.integer("groups", 1)})};
}
UnfoldOptions patches(Keywords& o) { return {.dilation = o.shape("dilation", {1}), .padding = o.shape("padding", {0}), .stride = o.shape("stride", {1})}; }

Tensor a(const Shape& s) { return spread(s); }
Tensor b(const Shape& s) { return spread(s, -1, 1, 1); }
Tensor c(const Shape& s) { return spread(s, -1, 1, 2); }

const Function kConv[] = {
    {"conv1d", [](const Inputs& x, Keywords& o) { return call_conv(x, o, 1); },
     [] { return Samples{{{a({2, 2, 5}), b({3, 2, 3}), c({3})}}, {{a({1, 2, 6}), b({2, 1, 2})}, with({{"stride", 2}, {"padding", 1}, {"groups", 2}})}, {{a({2, 5}), b({1, 2, 3}), c({1})}, with({{"padding", "same"}})}, {{a({0, 2, 5}), b({3, 2, 3}), c({3})}}}; },
     Gradient::exact, "Convolution along one axis."},
    {"conv2d", [](const Inputs& x, Keywords& o) { return call_conv(x, o, 2); },
     [] { return Samples{{{a({1, 2, 4, 4}), b({2, 2, 3, 3}), c({2})}}, {{a({1, 2, 3, 4}), b({4, 1, 2, 2}), c({4})}, with({{"padding", Json::Array{1, 0}}, {"groups", 2}, {"dilation", Json::Array{1, 2}}})}, {{a({1, 1, 5, 4}), b({2, 1, 3, 2})}, with({{"stride", Json::Array{2, 1}}})}}; },
     Gradient::exact, "Convolution along two axes."},
    {"conv3d", [](const Inputs& x, Keywords& o) { return call_conv(x, o, 3); }, [] { return Samples{{{a({1, 1, 3, 3, 2}), b({2, 1, 2, 2, 2}), c({2})}}}; }, Gradient::exact, "Convolution along three axes."},
    {"conv_transpose1d", [](const Inputs& x, Keywords& o) { return call_transpose(x, o, 1); },
     [] { return Samples{{{a({2, 2, 3}), b({2, 2, 3}), c({2})}, with({{"stride", 2}})}, {{a({1, 2, 3}), b({2, 1, 2})}, with({{"stride", 2}, {"padding", 1}, {"output_padding", 1}, {"groups", 2}})}}; }, Gradient::exact,
     "Transposed convolution along one axis."},
    {"conv_transpose2d", [](const Inputs& x, Keywords& o) { return call_transpose(x, o, 2); },
     [] { return Samples{{{a({1, 2, 3, 3}), b({2, 1, 2, 2}), c({1})}, with({{"stride", 2}, {"padding", 1}})}, {{a({2, 2, 2}), b({2, 1, 2, 2})}, with({{"dilation", 2}})}}; }, Gradient::exact,
     "Transposed convolution along two axes."},
    {"conv_transpose3d", [](const Inputs& x, Keywords& o) { return call_transpose(x, o, 3); }, [] { return Samples{{{a({1, 1, 2, 2, 2}), b({1, 2, 2, 2, 2}), c({2})}}}; }, Gradient::exact, "Transposed convolution along three axes."},
    {"unfold", [](const Inputs& x, Keywords& o) { return Tensors{unfold(x[0], o.shape("kernel_size"), patches(o))}; },
     [] { return Samples{{{a({1, 2, 3, 3})}, with({{"kernel_size", 2}})}, {{a({2, 4, 3})}, with({{"kernel_size", Json::Array{2, 1}}, {"stride", 2}, {"padding", 1}, {"dilation", 2}})}}; }, Gradient::exact, "Patches of images as columns."},
    {"fold", [](const Inputs& x, Keywords& o) { return Tensors{fold(x[0], o.shape("output_size"), o.shape("kernel_size"), patches(o))}; },
     [] { return Samples{{{a({1, 8, 4})}, with({{"kernel_size", 2}, {"output_size", Json::Array{3, 3}}})}, {{a({2, 4})}, with({{"kernel_size", Json::Array{2, 1}}, {"output_size", Json::Array{3, 2}}, {"stride", 2}, {"padding", Json::Array{1, 1}}})}}; },
     Gradient::exact, "Columns added up into images."},
};

}  // namespace

std::span<const Function> conv() { return kConv; }

}  // namespace tare::tables
