#include <memory>

#include "bench.h"
#include "tare.h"

namespace tare::cli {
namespace {

/// Forward and backward of f(x), whose other gradients go to `parameters`. Old gradients are dropped first.
template <class F>
Work forward_backward(Tensor x, const Tensors& parameters, F f) {
  x.set_requires_grad();
  Tensor gradient = randn(f(x).shape());
  return [=] {
    x.set_grad({});
    for (const Tensor& p : parameters) p.set_grad({});
    f(x).backward(gradient);
  };
}

template <class Options, class Layer>
BenchRow layer(std::string name, Options options, Shape shape) {
  return {std::move(name), [=] {
            auto m = std::make_shared<Layer>(options);
            Tensors parameters;
            for (auto& p : m->parameters()) parameters.push_back(p.tensor);
            return forward_backward(randn(shape), parameters, [m](const Tensor& x) { return (*m)(x); });
          }};
}

BenchRow conv(std::string name, int64_t n, int64_t c, int64_t size, int64_t kernel, int64_t out, int64_t stride, int64_t groups = 1) {
  return layer<nn::ConvLayerOptions, nn::Conv2d>(
      std::move(name),
      {.in_channels = c, .out_channels = out, .kernel_size = kernel, .stride = stride, .padding = kernel / 2, .groups = groups}, {n, c, size, size});
}

Work rms() {
  Tensor w = ones({768}).set_requires_grad();
  return forward_backward(randn({4096, 768}), {w}, [w](const Tensor& x) { return rms_norm(x, {768}, w, 1e-6); });
}

Work row_softmax() {
  return forward_backward(randn({4096, 768}), {}, [](const Tensor& x) { return softmax(x, -1); });
}

Work class_loss() {
  Tensor x = randn({4096, 768}).set_requires_grad(), y = randint(0, 768, {4096});
  return [=] {
    x.set_grad({});
    cross_entropy(x, y).backward();
  };
}

}  // namespace

std::vector<BenchRow> layer_rows() {
  return {
      conv("conv3x3_n32_c16_o16_h28_s1", 32, 16, 28, 3, 16, 1),
      conv("conv3x3_n32_c32_o64_h28_s1", 32, 32, 28, 3, 64, 1),
      conv("conv3x3_n32_c64_o64_h14_s1", 32, 64, 14, 3, 64, 1),
      conv("conv1x1_n32_c64_o64_h28_s1", 32, 64, 28, 1, 64, 1),
      conv("conv5x5_n32_c1_o32_h28_s1", 32, 1, 28, 5, 32, 1),
      conv("conv3x3_n16_c32_o64_h28_s2", 16, 32, 28, 3, 64, 2),
      conv("conv3x3_depthwise_n32_c64_h28", 32, 64, 28, 3, 64, 1, 64),
      layer<nn::MaxPoolOptions, nn::MaxPool2d>("maxpool2_n32_c64_h28", {.kernel_size = 2}, {32, 64, 28, 28}),
      layer<nn::BatchNormOptions, nn::BatchNorm2d>("batchnorm2d_32x64x28x28", {.num_features = 64}, {32, 64, 28, 28}),
      layer<nn::BatchNormOptions, nn::BatchNorm1d>("batchnorm1d_4096x512", {.num_features = 512}, {4096, 512}),
      layer<nn::LayerNormOptions, nn::LayerNorm>("layernorm_4096x768", {.normalized_shape = {768}}, {4096, 768}),
      layer<nn::GroupNormOptions, nn::GroupNorm>("groupnorm8_32x64x28x28", {.num_groups = 8, .num_channels = 64}, {32, 64, 28, 28}),
      layer<nn::InstanceNormOptions, nn::InstanceNorm2d>("instancenorm2d_32x64x28x28", {.num_features = 64, .affine = true}, {32, 64, 28, 28}),
      {"rmsnorm_4096x768", rms},
      {"softmax_fwd_bwd_4096x768", row_softmax},
      {"cross_entropy_4096x768", class_loss},
      {"weightnorm_linear_512", [] {
         nn::WeightNorm reparam;
         return reparametrized_linear(&reparam);
       }},
  };
}

namespace {

template <class Method>
BenchRow steps(std::string name, typename Method::Options options) {
  return {std::move(name), [=]() -> Work {
            Tensors parameters;
            for (int i = 0; i < 40; i++) {
              parameters.push_back(randn({500, 500}).set_requires_grad());
              parameters.back().set_grad(randn({500, 500}));
            }
            auto method = std::make_shared<Method>(ParameterList(parameters), options);
            return [method] { method->step(); };
          }};
}

}  // namespace

std::vector<BenchRow> optimizer_rows() {
  return {
      steps<optim::SGD>("sgd_momentum_step_10M", {.lr = 1e-3, .momentum = 0.9, .weight_decay = 1e-4}),
      steps<optim::Adam>("adam_step_10M", {.lr = 1e-3}),
      steps<optim::AdamW>("adamw_step_10M", {.lr = 1e-3}),
  };
}

}  // namespace tare::cli
