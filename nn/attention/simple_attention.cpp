#include "nn/attention/simple_attention.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/attention/multihead_attention.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

constexpr std::string_view kTypes[] = {"fourier", "galerkin", "softmax", "linear"};

Tensor starting_weight(const SimpleAttentionOptions& o) {
  Tensor w = init::xavier_uniform({o.d_model, o.d_model}, o.xavier_init) + o.diagonal_weight * init::eye({o.d_model, o.d_model});
  return o.symmetric_init ? w + transpose(w) : w;
}

/// x (B, heads, n, d), each head by its own norm: the statistics at once, then weights and biases as (heads, 1, d).
Tensor normalize_heads(std::vector<LayerNorm>& norms, const Tensor& x) {
  if (norms.empty()) return x;
  Tensors weights, biases;
  for (LayerNorm& n : norms) weights.push_back(n.weight()), biases.push_back(n.bias());
  return layer_norm(x, {x.size(-1)}, {}, {}, norms[0].options.eps) * unsqueeze(stack(weights), 1) + unsqueeze(stack(biases), 1);
}

}  // namespace

void SimpleAttentionOptions::visit(Visitor& v) {
  v.option("d_model", d_model);
  v.option("n_head", n_head);
  v.option("pos_dim", pos_dim);
  v.option("attention_type", attention_type, kTypes);
  v.option("dropout", dropout);
  v.option("norm", norm);
  v.option("norm_type", norm_type);
  v.option("eps", eps);
  v.option("xavier_init", xavier_init);
  v.option("diagonal_weight", diagonal_weight);
  v.option("symmetric_init", symmetric_init);
}

SimpleAttention::SimpleAttention(Options o) : options(o) {
  check<ConfigError>(o.d_model >= 1 && o.n_head >= 1 && o.d_model % o.n_head == 0, type, ": expected d_model to be a multiple of n_head, both at least 1, but they are ",
                     o.d_model, " and ", o.n_head);
  check<ConfigError>(o.pos_dim >= 0, type, ": pos_dim must be at least 0, not ", o.pos_dim);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, type, ": expected dropout between 0 and 1, not ", o.dropout);
  check<ConfigError>(o.norm_type == "layer", type, ": norm_type must be \"layer\", not \"", o.norm_type, "\"");
  for (int i = 0; i < 3; i++) {
    linears.emplace_back(o.d_model, o.d_model);
    linears.back().weight = Parameter(starting_weight(o));
    linears.back().bias = Parameter(init::zeros({o.d_model}));
  }
  for (int64_t i = 0; o.norm && i < o.n_head; i++) {
    LayerNorm one({.normalized_shape = {o.d_model / o.n_head}, .eps = o.eps});
    norm_K.push_back(one);
    (without_matrix() ? norm_V : norm_Q).push_back(one);
  }
  if (o.pos_dim > 0) fc.emplace(o.d_model + o.n_head * o.pos_dim, o.d_model);
}

void SimpleAttention::visit(Visitor& v) {
  auto list = [&](std::string_view name, auto& modules) {
    for (size_t i = 0; i < modules.size(); i++) v.child(text(name, ".", i), modules[i]);
  };
  list("linears", linears);
  list("norm_K", norm_K);
  list("norm_V", norm_V);
  list("norm_Q", norm_Q);
  if (fc) v.child("fc", *fc);
}

Tensor SimpleAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& pos) {
  const Options& o = options;
  for (const Tensor* t : {&query, &key, &value})
    check<ShapeError>(t->dim() == 3 && t->size(2) == o.d_model && t->size(0) == query.size(0), type, ": expected query, key and value (B, n, ", o.d_model, ") but they are ",
                      query.shape(), ", ", key.shape(), " and ", value.shape());
  check<ShapeError>(key.size(1) == value.size(1), type, ": key and value must be of one length, but they are ", key.shape(), " and ", value.shape());
  check<ShapeError>(pos.defined() == (o.pos_dim > 0), type, ": pos_dim is ", o.pos_dim, ", so coordinates must ", o.pos_dim > 0 ? "" : "not ", "be given as a fourth input");
  Tensor q = normalize_heads(norm_Q, heads_of(linears[0](query), o.n_head, true));
  Tensor k = normalize_heads(norm_K, heads_of(linears[1](key), o.n_head, true));
  Tensor v = normalize_heads(norm_V, heads_of(linears[2](value), o.n_head, true));
  if (pos.defined()) {
    check<ShapeError>(pos.shape() == Shape{query.size(0), query.size(1), o.pos_dim} && key.size(1) == query.size(1), type, ": expected coordinates ",
                      Shape{query.size(0), query.size(1), o.pos_dim}, " for queries and keys alike, but they are ", pos.shape(), " and the keys ", key.shape());
    Tensor p = expand(unsqueeze(pos, 1), {-1, o.n_head, -1, -1});
    for (Tensor* t : {&q, &k, &v}) *t = cat({p, *t}, -1);
  }
  double n = double(key.size(1));
  Tensor y;
  if (without_matrix()) {
    if (o.attention_type == Options::Type::linear) q = softmax(q, -1), k = softmax(k, -2);
    y = matmul(q, dropout(matmul(transpose(k), v) / n, o.dropout, training()));
  } else {
    Tensor scores = matmul(q / std::sqrt(double(q.size(-1))), transpose(k));
    y = matmul(dropout(o.attention_type == Options::Type::softmax ? softmax(scores, -1) : scores / n, o.dropout, training()), v);
  }
  y = join_heads(y, true);
  return fc ? (*fc)(y) : y;
}

template class Layer<SimpleAttention>;

}  // namespace tare::nn
