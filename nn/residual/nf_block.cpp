#include "nn/residual/nf_block.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"

namespace tare::nn {
namespace {

struct ScaledActivation {
  std::string_view name;
  double gain;
  Tensor (*apply)(const Tensor& x);
};
const ScaledActivation kScaledActivations[] = {
    {"identity", 1.0, [](const Tensor& x) { return x; }},
    {"relu", 1.7139588594436646, [](const Tensor& x) { return relu(x); }},
    {"silu", 1.7881293296813965, [](const Tensor& x) { return silu(x); }},
    {"gelu", 1.7015043497085571, [](const Tensor& x) { return gelu(x, "tanh"); }},
    {"tanh", 1.5939117670059204, [](const Tensor& x) { return tanh(x); }},
    {"elu", 1.2716004848480225, [](const Tensor& x) { return elu(x); }},
    {"leaky_relu", 1.70590341091156, [](const Tensor& x) { return leaky_relu(x, 0.01); }},
    {"sigmoid", 4.803835391998291, [](const Tensor& x) { return sigmoid(x); }},
    {"softplus", 1.9203323125839233, [](const Tensor& x) { return softplus(x); }},
};

const ScaledActivation& scaled_activation(std::string_view name) {
  std::string known;
  for (const ScaledActivation& a : kScaledActivations) {
    if (a.name == name) return a;
    known += (known.empty() ? "" : ", ") + std::string(a.name);
  }
  throw ConfigError(text("nf_activation: unknown activation \"", name, "\"; there are ", known));
}

int64_t bottleneck_width(const NFResBlockOptions& o) { return int64_t(double(o.out_channels) * o.bottleneck_ratio); }

}  // namespace

double nf_gain(std::string_view activation) { return scaled_activation(activation).gain; }

Tensor nf_activation(const Tensor& x, std::string_view activation, std::optional<double> gamma) {
  const ScaledActivation& a = scaled_activation(activation);
  double scale = gamma.value_or(a.gain);
  return scale == 1 ? a.apply(x) : a.apply(x) * scale;
}

void NFResBlockOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("stride", stride);
  v.option("bottleneck_ratio", bottleneck_ratio);
  v.option("kernel_size", kernel_size);
  v.option("activation", activation);
  v.option("alpha", alpha);
  v.option("beta", beta);
  v.option("gamma", gamma);
}

NFResBlock::NFResBlock(Options o)
    : options(std::move(o)),
      conv0({.in_channels = options.in_channels, .out_channels = bottleneck_width(options), .kernel_size = 1}),
      conv1({.in_channels = bottleneck_width(options), .out_channels = bottleneck_width(options), .kernel_size = options.kernel_size, .stride = options.stride,
             .padding = options.kernel_size / 2}),
      conv2({.in_channels = bottleneck_width(options), .out_channels = options.out_channels, .kernel_size = 1}),
      skip_gain(zeros({}, default_dtype())) {
  nf_gain(options.activation);
  if (options.stride > 1 || options.in_channels != options.out_channels)
    conv_shortcut.emplace(WSConv2dOptions{.in_channels = options.in_channels, .out_channels = options.out_channels, .kernel_size = 1, .stride = options.stride});
}

void NFResBlock::visit(Visitor& v) {
  v.child("conv0", conv0);
  v.child("conv1", conv1);
  v.child("conv2", conv2);
  if (conv_shortcut) v.child("conv_shortcut", *conv_shortcut);
  v.parameter("skip_gain", skip_gain, Role::other);
}

Tensor NFResBlock::forward(const Tensor& x) {
  auto act = [&](const Tensor& t) { return nf_activation(t, options.activation, options.gamma); };
  Tensor out = act(x) * options.beta;
  Tensor shortcut = conv_shortcut ? (*conv_shortcut)(out) : x;
  return conv2(act(conv1(act(conv0(out))))) * (skip_gain() * options.alpha) + shortcut;
}

template class Layer<NFResBlock>;

}  // namespace tare::nn
