#include "nn/init/data_dependent.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/conv/conv.h"
#include "nn/conv/conv_transpose.h"
#include "nn/init/init.h"
#include "nn/linear.h"
#include "nn/reparam/rows.h"
#include "nn/reparam/weight_norm.h"

namespace tare::nn::init {
namespace {

// A layer whose outputs are scaled: its slots, and which axes of weight and outputs are channels.
struct Scalable {
  std::string path;
  Module* module = nullptr;
  Parameter *weight = nullptr, *bias = nullptr;
  int64_t out_axis = 0;  // of the weight
  int spatial = 0;       // axes of the output behind its channels
};

template <class L>
bool scalable_as(Scalable& s, int64_t out_axis, int spatial) {
  auto* layer = dynamic_cast<L*>(s.module);
  if (!layer) return false;
  s = {s.path, s.module, &layer->weight, &layer->bias, out_axis, spatial};
  return true;
}

// The layers that model(x) calls, in that order.
std::vector<Scalable> layers_in_order(const char* call, Module& model, const Tensor& x) {
  std::vector<Scalable> order;
  {
    auto watch = model.observe([&](const Module::Event& e) {
      Scalable s{.path = e.path, .module = &e.module};
      for (auto& seen : order)
        if (seen.module == s.module) return;  // called twice: its first outputs count
      if (scalable_as<Linear>(s, 0, 0) || scalable_as<Conv1d>(s, 0, 1) || scalable_as<Conv2d>(s, 0, 2) || scalable_as<Conv3d>(s, 0, 3) ||
          scalable_as<ConvTranspose1d>(s, 1, 1) || scalable_as<ConvTranspose2d>(s, 1, 2) || scalable_as<ConvTranspose3d>(s, 1, 3))
        order.push_back(s);
    });
    Tensor inputs[] = {x};
    model.call(inputs);
  }
  check<ConfigError>(!order.empty(), call, ": the model calls no Linear and no convolution");
  return order;
}

// What the layer gives for the batch, as (N, C): its first call counts.
Tensor output_of(const Scalable& layer, Module& model, const Tensor& x) {
  Tensor y;
  auto watch = model.observe([&](const Module::Event& e) {
    if (&e.module == layer.module && !y.defined()) y = e.outputs[0];
  });
  Tensor inputs[] = {x};
  model.call(inputs);
  return transpose(as_matrix(y, -1 - layer.spatial));
}

// The weight's output channels multiplied by factors (C), or by one number.
void scale_weight(const Scalable& layer, const Tensor& factors) {
  Tensor w = (*layer.weight)();
  Tensor scaled = factors.dim() ? from_matrix(as_matrix(w, layer.out_axis) * unsqueeze(factors, 1), w.shape(), layer.out_axis) : w * factors;
  auto* normed = dynamic_cast<WeightNorm*>(layer.weight->reparameterization());
  if (normed && factors.dim() && normed->options.dim && normalize_axis("data_dependent", *normed->options.dim, w.dim()) == layer.out_axis) {
    Tensor g = normed->g();
    normed->g.start(g * reshape(factors, g.shape()), layer.path + ".weight_g");
  } else {
    layer.weight->start(scaled, layer.path + ".weight");
  }
}

}  // namespace

int64_t data_dependent(Module& model, const Tensor& x, double floor) {
  NoGrad off;
  FrozenStatistics frozen;
  auto layers = layers_in_order("data_dependent", model, x);
  for (const Scalable& layer : layers) {
    auto [deviation, average] = std_mean(output_of(layer, model, x), {0}, 0);
    Tensor factors = 1 / clamp(deviation, floor);
    scale_weight(layer, factors);
    if (layer.bias->defined()) {
      // y = t + b becomes (y - mean) factor = t factor + (b - mean) factor.
      Tensor b = (*layer.bias)();
      layer.bias->start((b - average) * factors, layer.path + ".bias");
    }
  }
  return int64_t(layers.size());
}

int64_t lsuv(Module& model, const Tensor& x, const LSUVOptions& options) {
  check<ValueError>(options.tolerance > 0 && options.max_iterations >= 1, "lsuv: expected a positive tolerance and at least one iteration, not ", options.tolerance, " and ",
                    options.max_iterations);
  NoGrad off;
  FrozenStatistics frozen;
  auto layers = layers_in_order("lsuv", model, x);
  for (const Scalable& layer : layers) {
    if (options.orthonormal) {
      DefaultDtype dtype(layer.weight->dtype());
      layer.weight->start(orthogonal(layer.weight->shape()), layer.path + ".weight");
    }
    for (int64_t i = 0; i < options.max_iterations; i++) {
      Tensor variance = var(output_of(layer, model, x), {}, 0);
      double v = variance.item();
      if (std::abs(v - 1) < options.tolerance || !(v > 0)) break;
      scale_weight(layer, rsqrt(variance));
    }
  }
  return int64_t(layers.size());
}

DataDependentStart weight_norm_data_dependent_init(const Tensor& x, const Tensor& v, double floor) {
  check<ShapeError>(x.dim() == 2 && v.dim() == 2 && x.size(1) == v.size(1), "weight_norm_data_dependent_init: expected x (N, in) and v (out, in), not ", x.shape(), " and ",
                    v.shape());
  auto [deviation, average] = std_mean(linear(x, unit_rows(v)), {0}, 0);
  Tensor g = 1 / clamp(deviation, floor);
  return {g, -average * g};
}

}  // namespace tare::nn::init
