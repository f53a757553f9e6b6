#include "nn/weighting/storm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

BatchNorm1d plain_batch_norm(int64_t features) { return BatchNorm1d({.num_features = features, .affine = false}); }

/// W - lr d/dW sum_i weights_i CE_i: the gradient of CE_i is (softmax - one_hot)_i x_i^T.
Tensor look_ahead(const Tensor& weights, const Tensor& w, const Tensor& x, const Tensor& y, double lr) {
  Tensor error = softmax(linear(x, w), 1) - to(one_hot(y, w.size(0)), w.dtype());
  return w - matmul(transpose(error * reshape(weights, {-1, 1})), x) * lr;
}

}  // namespace

void StormRescalerOptions::visit(Visitor& v) { v.option("in_features", in_features); }
void LossRescalerOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("hidden_size", hidden_size);
}

StormRescaler::StormRescaler(Options o)
    : options(o), fc1(o.in_features, o.in_features), fc2(o.in_features, 2), bn1(plain_batch_norm(o.in_features)), bn2(plain_batch_norm(2)) {}

void StormRescaler::visit(Visitor& v) {
  v.child("fc1", fc1);
  v.child("fc2", fc2);
  v.child("bn1", bn1);
  v.child("bn2", bn2);
}

Tensor StormRescaler::forward(const Tensor& features) {
  check<ShapeError>(features.dim() == 2, "StormRescaler: expected features (B, ", options.in_features, ") but the input is ", features.shape());
  return select(softmax(bn2(fc2(relu(bn1(fc1(features))))), 1), 1, 1);
}

LossRescaler::LossRescaler(Options o) : options(o), fc1(o.in_features, o.hidden_size), fc2(o.hidden_size, 1) {}

void LossRescaler::visit(Visitor& v) {
  v.child("fc1", fc1);
  v.child("fc2", fc2);
}

Tensor LossRescaler::forward(const Tensor& features) {
  check<ShapeError>(features.dim() == 2, "LossRescaler: expected features (B, ", options.in_features, ") but the input is ", features.shape());
  return select(sigmoid(fc2(relu(fc1(features)))), 1, 0);
}

Tensor meta_lookahead_loss(const Tensor& weights, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& xv, const Tensor& yv, double lr) {
  Tensor next = look_ahead(weights, w.detach(), x.detach(), y, lr / double(x.size(0)));
  return cross_entropy(linear(xv.detach(), next), yv);
}

Tensor storm_meta_loss(const Tensor& weights, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& v, const Tensor& xv, const Tensor& yv, double lr) {
  Tensor next = look_ahead(weights, w.detach(), x.detach(), y, lr);
  return sum(v * cross_entropy(linear(xv.detach(), next), yv, {.reduction = Reduction::none}));
}

template class Layer<StormRescaler>;
template class Layer<LossRescaler>;

}  // namespace tare::nn
