#include "nn/flow/nano_flow.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void NanoFlowOptions::visit(Visitor& v) {
  v.option("variant", variant, {"separate", "naive", "decomposed", "full"});
  v.option("dim", dim);
  v.option("flows", flows);
  v.option("layers", layers);
  v.option("hidden", hidden);
  v.option("embed_dim", embed_dim);
}

NanoFlow::NanoFlow(Options o) : options(o) {
  check<ConfigError>(o.dim >= 2 && o.flows >= 1 && o.layers >= 1 && o.hidden >= 1 && o.embed_dim >= 1,
                     "NanoFlow: dim must be at least 2; flows, layers, hidden and embed_dim at least 1; not ", o.dim, ", ", o.flows, ", ", o.layers, ", ", o.hidden, " and ",
                     o.embed_dim);
  bool full = o.variant == NanoVariant::full;
  int64_t in = o.dim / 2 + (full ? o.embed_dim : 0), out = 2 * (o.dim - o.dim / 2);
  for (int64_t k = 0; k < (o.variant == NanoVariant::separate ? o.flows : 1); k++) {
    auto& layers = estimators.emplace_back();
    for (int64_t l = 0; l < o.layers; l++) {
      Linear& layer = layers.emplace_back(l ? o.hidden : in, o.hidden);
      layer.weight = Parameter(init::kaiming_normal({o.hidden, l ? o.hidden : in}, 0, init::FanMode::in, "relu"));
      layer.bias = Parameter(init::zeros({o.hidden}));
    }
  }
  for (int64_t k = 0; k < (o.variant == NanoVariant::naive ? 1 : o.flows); k++) {
    Linear& p = projections.emplace_back(o.hidden, out);
    p.weight = Parameter(init::zeros({out, o.hidden}));
    p.bias = Parameter(init::zeros({out}));
  }
  for (int64_t k = 0; full && k < o.flows; k++) {
    embeddings.emplace_back(init::normal({o.embed_dim}));
    gates.emplace_back(init::zeros({o.layers, o.hidden}));
  }
}

void NanoFlow::visit(Visitor& v) {
  for (size_t k = 0; k < estimators.size(); k++)
    for (size_t l = 0; l < estimators[k].size(); l++)
      v.child(options.variant == NanoVariant::separate ? text("estimator.", k, ".", l) : text("estimator.", l), estimators[k][l]);
  for (size_t k = 0; k < projections.size(); k++) v.child(options.variant == NanoVariant::naive ? std::string("proj") : text("proj.", k), projections[k]);
  for (size_t k = 0; k < embeddings.size(); k++) {
    v.parameter(text("embedding.", k), embeddings[k], Role::embedding);
    v.parameter(text("gate.", k), gates[k], Role::other);
  }
}

std::pair<Tensor, Tensor> NanoFlow::coefficients(size_t k, const Tensor& a) {
  bool full = options.variant == NanoVariant::full;
  Tensor h = a, gate;
  if (full) {
    gate = exp(gates[k]());
    h = cat({a, expand(embeddings[k](), {a.size(0), options.embed_dim})}, 1);
  }
  auto& layers = estimators[estimators.size() == 1 ? 0 : k];
  for (size_t l = 0; l < layers.size(); l++) {
    h = layers[l](h);
    h = relu(full ? h * select(gate, 0, int64_t(l)) : h);
  }
  Tensors halves = chunk(projections[projections.size() == 1 ? 0 : k](h), 2, 1);
  return {halves[0], logsigmoid(halves[1] + 2.0)};
}

Tensors NanoFlow::forward(const Tensor& x) {
  check_rows(type, x, options.dim);
  Tensor z = x, log_det;
  for (size_t k = 0; k < size_t(options.flows); k++) {
    Tensors parts = split(z, {options.dim / 2, options.dim - options.dim / 2}, 1);
    auto [shift, log_s] = coefficients(k, parts[0]);
    z = flip(cat({parts[0], (parts[1] + shift) * exp(log_s)}, 1), {1});
    Tensor l = sum(log_s, {1});
    log_det = k ? log_det + l : l;
  }
  return {z, log_det};
}

Tensor NanoFlow::inverse(const Tensor& z) {
  check_rows(type, z, options.dim);
  Tensor x = z;
  for (size_t k = size_t(options.flows); k-- > 0;) {
    Tensors parts = split(flip(x, {1}), {options.dim / 2, options.dim - options.dim / 2}, 1);
    auto [shift, log_s] = coefficients(k, parts[0]);
    x = cat({parts[0], parts[1] * exp(-log_s) - shift}, 1);
  }
  return x;
}

template class Layer<NanoFlow>;

}  // namespace tare::nn
