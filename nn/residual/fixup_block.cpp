#include "nn/residual/fixup_block.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "nn/init/fixup.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

// He et al. over the outputs, times the share of one branch among many; then a layer that starts at 0.
void start_branch(Parameter& first, Parameter& last, int64_t num_branches) {
  DefaultDtype dtype(first.dtype());
  first.start(init::kaiming_normal(first.shape(), 0, init::FanMode::out) * init::fixup_branch_scale(num_branches, 2), "layer 1");
  last.start(init::zeros(last.shape()), "layer 2");
}

}  // namespace

FixupScalars::FixupScalars()
    : bias1a(init::zeros({1})), bias1b(init::zeros({1})), bias2a(init::zeros({1})), scale(init::ones({1})), bias2b(init::zeros({1})) {}

void FixupScalars::visit(Visitor& v) {
  v.parameter("bias1a", bias1a, Role::other);
  v.parameter("bias1b", bias1b, Role::other);
  v.parameter("bias2a", bias2a, Role::other);
  v.parameter("scale", scale, Role::other);
  v.parameter("bias2b", bias2b, Role::other);
}

template <class L>
Tensor FixupScalars::branch(const Tensor& shifted, L& layer1, L& layer2) {
  return layer2(relu(layer1(shifted) + bias1b()) + bias2a()) * scale() + bias2b();
}

void FixupBasicBlockOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("stride", stride);
}

FixupBasicBlock::FixupBasicBlock(Options o)
    : options(o),
      conv1({.in_channels = o.in_channels, .out_channels = o.out_channels, .kernel_size = 3, .stride = o.stride, .padding = 1, .bias = false}),
      conv2({.in_channels = o.out_channels, .out_channels = o.out_channels, .kernel_size = 3, .padding = 1, .bias = false}) {
  check<ConfigError>(o.out_channels == (o.stride == 1 ? 1 : 2) * o.in_channels, "FixupBasicBlock: out_channels must be in_channels for stride 1 and twice as many else, not ",
                     o.in_channels, " to ", o.out_channels, " with stride ", o.stride);
  start(1);
}

void FixupBasicBlock::start(int64_t num_branches) { start_branch(conv1.weight, conv2.weight, num_branches); }

void FixupBasicBlock::visit(Visitor& v) {
  scalars.visit(v);
  v.child("conv1", conv1);
  v.child("conv2", conv2);
}

Tensor FixupBasicBlock::forward(const Tensor& x) {
  Tensor shifted = x + scalars.bias1a(), shortcut = x;
  Tensor t = scalars.branch(shifted, conv1, conv2);
  if (options.stride != 1) {
    Tensor kept = slice(slice(shifted, -2, 0, shifted.size(-2), options.stride), -1, 0, shifted.size(-1), options.stride);
    shortcut = cat({kept, zeros_like(kept)}, -3);
  }
  return relu(t + shortcut);
}

void FixupMLPBlockOptions::visit(Visitor& v) {
  v.option("features", features);
  v.option("hidden", hidden);
}

FixupMLPBlock::FixupMLPBlock(Options o)
    : options(o),
      fc1({.in_features = o.features, .out_features = o.hidden.value_or(o.features), .bias = false}),
      fc2({.in_features = o.hidden.value_or(o.features), .out_features = o.features, .bias = false}) {
  start(1);
}

void FixupMLPBlock::start(int64_t num_branches) { start_branch(fc1.weight, fc2.weight, num_branches); }

void FixupMLPBlock::visit(Visitor& v) {
  scalars.visit(v);
  v.child("fc1", fc1);
  v.child("fc2", fc2);
}

Tensor FixupMLPBlock::forward(const Tensor& x) { return relu(scalars.branch(x + scalars.bias1a(), fc1, fc2) + x); }

template class Layer<FixupBasicBlock>;
template class Layer<FixupMLPBlock>;

}  // namespace tare::nn
