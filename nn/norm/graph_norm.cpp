#include "nn/norm/graph_norm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// The nodes of a batch of graphs: what is averaged over a graph, back at each of its nodes.
class Graphs {
 public:
  Graphs(std::string_view type, const Tensor& x, const Tensor& batch) : batch_(batch) {
    check<ShapeError>(x.dim() == 2, type, ": expected an input (nodes, C) but the input is ", x.shape());
    if (!batch.defined()) {
      count_ = double(x.size(0));
      return;
    }
    check<ShapeError>(batch.shape() == Shape{x.size(0)}, type, ": expected the graph of each of the ", x.size(0), " nodes but batch is ", batch.shape());
    check<DTypeError>(batch.dtype() == DType::int64, type, ": expected batch to be int64, not ", batch.dtype());
    if (x.size(0) == 0) return;
    check<IndexError>(min(batch).item<int64_t>() >= 0, type, ": the numbers of graphs in batch must be at least 0, not ", min(batch).item<int64_t>());
    graphs_ = max(batch).item<int64_t>() + 1;
    sizes_ = index_select(index_add(zeros({graphs_, 1}, x.dtype()), 0, batch, ones({x.size(0), 1}, x.dtype())), 0, batch);
  }
  /// Nodes of each node's graph: (nodes, 1), or one number.
  Tensor sizes(DType dtype) const { return sizes_.defined() ? sizes_ : scalar(count_, dtype); }
  /// (nodes, C), or (1, C) for a single graph. The numbers should have no large common part: sums are taken in their own type.
  Tensor mean_of(const Tensor& x) const {
    if (!batch_.defined()) return mean(x, {0}, true);
    if (!sizes_.defined()) return x;
    return index_select(index_add(zeros({graphs_, x.size(1)}, x.dtype()), 0, batch_, x), 0, batch_) / sizes_;
  }
  /// x minus its graph's mean. The mean of all nodes, a constant to the gradient since it drops out, is removed first, for accuracy.
  Tensor centred(const Tensor& x) const {
    Tensor near = x - mean(x, {0}, true).detach();
    return near - mean_of(near);
  }

 private:
  Tensor batch_, sizes_;
  int64_t graphs_ = 1;
  double count_ = 0;
};

}  // namespace

void PairNormOptions::visit(Visitor& v) {
  v.option("scale", scale);
  v.option("scale_individually", scale_individually);
  v.option("eps", eps);
}
void GraphNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
}
void DiffGroupNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("groups", groups);
  v.option("lamda", lamda);
  v.option("eps", eps);
  v.option("momentum", momentum);
}

PairNorm::PairNorm(Options o) : options(o) { check_norm_options(type, 1, o.eps); }
Tensor PairNorm::forward(const Tensor& x, const Tensor& batch) {
  Graphs graphs(type, x, batch);
  Tensor z = graphs.centred(x);
  if (options.scale_individually) return z * (options.scale / (norm(z, 2, {1}, true) + options.eps));
  return z * (options.scale / sqrt(graphs.mean_of(sum(square(z), {1}, true)) + options.eps));
}

GraphNorm::GraphNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  mean_scale = Parameter(init::ones({o.num_features}));
}
GraphNorm::GraphNorm(int64_t num_features) : GraphNorm(Options{.num_features = num_features}) {}
void GraphNorm::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("mean_scale", mean_scale, Role::other);
}
Tensor GraphNorm::forward(const Tensor& x, const Tensor& batch) {
  Graphs graphs(type, x, batch);
  check_last(type, x, options.num_features);
  // x - mean_scale mean, as the centred x plus what of the mean is left.
  Tensor centred = graphs.centred(x), z = centred + (1 - mean_scale()) * (x - centred);
  return z / sqrt(graphs.mean_of(square(z)) + options.eps) * weight() + bias();
}

Tensor GraphSizeNorm::forward(const Tensor& x, const Tensor& batch) {
  Graphs graphs(type, x, batch);
  return x / sqrt(graphs.sizes(x.dtype()));
}

Tensor MeanSubtractionNorm::forward(const Tensor& x, const Tensor& batch) { return Graphs(type, x, batch).centred(x); }

MessageNorm::MessageNorm() : scale(init::ones({1})) {}
void MessageNorm::visit(Visitor& v) { v.parameter("scale", scale, Role::norm_scale); }
Tensor MessageNorm::forward(const Tensor& x, const Tensor& msg) {
  check<ShapeError>(x.dim() >= 1 && msg.defined() && msg.dim() == x.dim() && msg.shape().slice(0, x.dim() - 1) == x.shape().slice(0, x.dim() - 1), type,
                    ": expected a message for each node but the nodes are ", x.shape(), " and the messages ", msg.defined() ? msg.shape() : Shape());
  return normalize(msg, 2, -1) * (norm(x, 2, {-1}, true) * scale());
}

DiffGroupNorm::DiffGroupNorm(Options o)
    : options(o), lin({.in_features = o.num_features, .out_features = o.groups, .bias = false}),
      norm({.num_features = o.num_features * o.groups, .eps = o.eps, .momentum = o.momentum}) {}
DiffGroupNorm::DiffGroupNorm(int64_t num_features, int64_t groups) : DiffGroupNorm(Options{.num_features = num_features, .groups = groups}) {}
void DiffGroupNorm::visit(Visitor& v) {
  v.child("lin", lin);
  v.child("norm", norm);
}
Tensor DiffGroupNorm::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 2, type, ": expected an input (nodes, C) but the input is ", x.shape());
  int64_t n = x.size(0);
  Tensor blocks = unsqueeze(softmax(lin(x), 1), 2) * unsqueeze(x, 1);  // (n, G, C)
  Tensor h = norm(reshape(blocks, {n, options.groups * options.num_features}));
  return x + sum(reshape(h, blocks.shape()), {1}) * options.lamda;
}

template class Layer<PairNorm>;
template class Layer<GraphNorm>;
template class Layer<GraphSizeNorm>;
template class Layer<MeanSubtractionNorm>;
template class Layer<MessageNorm>;
template class Layer<DiffGroupNorm>;

}  // namespace tare::nn
