#include "nn/graph/sg_conv.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// degree^-1/2, 0 for a node without edges.
Tensor inverse_root(const Tensor& degree) {
  Tensor alone = eq(degree, 0);
  return where(alone, 0.0, rsqrt(where(alone, 1.0, degree)));
}

}  // namespace

Tensor aug_normalized_adjacency(const Tensor& a, bool add_self_loops) {
  check<ShapeError>(a.dim() == 2 && a.size(0) == a.size(1), "aug_normalized_adjacency: expected an adjacency (n, n) but the shape is ", a.shape());
  Tensor looped = add_self_loops ? a + eye(a.size(0), a.size(0), a.dtype()) : a;
  Tensor root = inverse_root(sum(looped, {1}));
  return looped * unsqueeze(root, 1) * root;
}

Tensor sgc_precompute(const Tensor& x, const Tensor& graph, int64_t k) {
  check<ValueError>(k >= 0, "sgc_precompute: k must be at least 0, not ", k);
  bool edges = graph.dtype() == DType::int64;
  check<ShapeError>(x.dim() == 2 && graph.dim() == 2 && (edges ? graph.size(0) == 2 : graph.shape() == Shape{x.size(0), x.size(0)}), "sgc_precompute: expected x (n, d) and an adjacency (n, n), or int64 edges (2, E), but they are ", x.shape(), " and ", graph.dtype(), " ", graph.shape());
  if (k == 0) return x;
  Tensor y = x;
  if (!edges) {
    Tensor s;
    {
      NoGrad off;
      s = to(aug_normalized_adjacency(graph.detach()), x.dtype());
    }
    for (int64_t i = 0; i < k; i++) y = matmul(s, y);
    return y;
  }
  Tensor from = select(graph, 0, 0), into = select(graph, 0, 1), root;
  {
    NoGrad off;
    root = unsqueeze(inverse_root(index_add(ones({x.size(0)}, x.dtype()), 0, into, ones(into.shape(), x.dtype()))), 1);
  }
  // D^-1/2 (A + I) D^-1/2 y
  for (int64_t i = 0; i < k; i++) {
    Tensor scaled = y * root;
    y = index_add(scaled, 0, into, index_select(scaled, 0, from)) * root;
  }
  return y;
}

void SGConvOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("k", k);
  v.option("bias", bias);
}

SGConv::SGConv(Options o) : options(o) {
  check<ConfigError>(o.in_channels >= 1 && o.out_channels >= 1 && o.k >= 0, type, ": in_channels and out_channels must be at least 1 and k at least 0, not ", o.in_channels, ", ",
                     o.out_channels, " and ", o.k);
  Shape shape{o.out_channels, o.in_channels};
  weight = Parameter(init::layer_default(shape));
  if (o.bias) bias = Parameter(init::bias_default({o.out_channels}, shape));
}

void SGConv::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor SGConv::forward(const Tensor& x, const Tensor& graph) {
  check<ShapeError>(x.dim() == 2 && x.size(1) == options.in_channels, type, ": expected nodes (n, ", options.in_channels, ") but the input is ", x.shape());
  // The product with the weight comes first where it makes the propagated vectors shorter.
  if (options.out_channels < options.in_channels) {
    Tensor y = sgc_precompute(linear(x, weight()), graph, options.k), b = bias();
    return b.defined() ? y + b : y;
  }
  return linear(sgc_precompute(x, graph, options.k), weight(), bias());
}

template class Layer<SGConv>;

}  // namespace tare::nn
