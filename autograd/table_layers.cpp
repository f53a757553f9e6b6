#include "autograd/ops/activation.h"
#include "autograd/ops/conv.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

ConvOptions conv_options(Keywords& o) {
  return {.stride = o.shape("stride", {1}), .padding = o.shape("padding", {0}), .dilation = o.shape("dilation", {1}), .groups = o.integer("groups", 1)};
}
ConvTransposeOptions transposed_options(Keywords& o) {
  return {.stride = o.shape("stride", {1}), .padding = o.shape("padding", {0}), .output_padding = o.shape("output_padding", {0}),
          .dilation = o.shape("dilation", {1}), .groups = o.integer("groups", 1)};
}
UnfoldOptions unfold_options(Keywords& o) {
  return {.dilation = o.shape("dilation", {1}), .padding = o.shape("padding", {0}), .stride = o.shape("stride", {1})};
}

template <Tensor (*F)(const Tensor&, const Tensor&, const Tensor&, const ConvOptions&)>
Tensors convolution(const Inputs& x, Keywords& o) {
  return {F(x[0], x[1], x.optional(2), conv_options(o))};
}
template <Tensor (*F)(const Tensor&, const Tensor&, const Tensor&, const ConvTransposeOptions&)>
Tensors transposed(const Inputs& x, Keywords& o) {
  return {F(x[0], x[1], x.optional(2), transposed_options(o))};
}
template <Tensor (*F)(const Tensor&, int64_t)>
Tensors along(const Inputs& x, Keywords& o) {
  return {F(x[0], o.integer("dim", -1))};
}
std::vector<FunctionSample> conv_samples(const Shape& x, const Shape& w, int64_t out, Json o) {
  return {{{sample(x), sample(w, -2, 2, 2), sample({out}, -2, 2, 3)}, o}, {{sample(x), sample(w, -2, 2, 2)}, Json()}};
}
std::vector<FunctionSample> axis_samples() {
  return {{{sample({2, 3})}, options({{"dim", 1}})}, {{strided_sample({3, 4})}, options({{"dim", 0}})}};
}

const Function kLayers[] = {
    {"softmax", &along<softmax>, [] { return axis_samples(); }},
    {"log_softmax", &along<log_softmax>, [] { return axis_samples(); }},
    {"softmin", &along<softmin>, [] { return axis_samples(); }},
    {"glu", [](const Inputs& x, Keywords& o) { return Tensors{glu(x[0], o.integer("dim", -1))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 4})}}}; }},
    {"conv1d", &convolution<conv1d>, [] { return conv_samples({2, 2, 5}, {3, 2, 3}, 3, options({{"stride", 2}, {"padding", 1}})); }},
    {"conv2d", &convolution<conv2d>, [] { return conv_samples({2, 2, 4, 4}, {3, 2, 3, 3}, 3, options({{"padding", 1}})); }},
    {"conv3d", &convolution<conv3d>, [] { return conv_samples({1, 1, 3, 3, 3}, {2, 1, 2, 2, 2}, 2, options({{"dilation", 2}})); }},
    {"conv_transpose1d", &transposed<conv_transpose1d>, [] { return conv_samples({2, 2, 3}, {2, 3, 3}, 3, options({{"stride", 2}})); }},
    {"conv_transpose2d", &transposed<conv_transpose2d>, [] { return conv_samples({1, 2, 3, 3}, {2, 2, 2, 2}, 2, options({{"stride", 2}, {"padding", 1}})); }},
    {"conv_transpose3d", &transposed<conv_transpose3d>, [] { return conv_samples({1, 1, 2, 2, 2}, {1, 1, 2, 2, 2}, 1, options({{"stride", 2}})); }},
    {"unfold", [](const Inputs& x, Keywords& o) { return Tensors{unfold(x[0], o.shape("kernel_size"), unfold_options(o))}; },
     [] { return std::vector<FunctionSample>{{{sample({1, 2, 4, 4})}, options({{"kernel_size", 2}, {"padding", 1}})}}; }},
    {"fold", [](const Inputs& x, Keywords& o) { return Tensors{fold(x[0], o.shape("output_size"), o.shape("kernel_size"), unfold_options(o))}; },
     [] {
       return std::vector<FunctionSample>{{{sample({1, 8, 4})}, options({{"output_size", Json(Json::Array{3, 3})}, {"kernel_size", 2}})}};
     }},
};

}  // namespace

std::span<const Function> layers() { return kLayers; }

}  // namespace tare::tables
