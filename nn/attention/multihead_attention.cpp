#include "nn/attention/multihead_attention.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

// One projection's output (*, 3 E) as queries, keys and values: their gradients are written into one tensor, not added up from three.
Tensors split_projection(const Tensor& x, int64_t heads, bool batch_first) {
  Tensors parts;
  {
    NoGrad off;
    for (const Tensor& part : chunk(x, 3, -1)) parts.push_back(heads_of(part, heads, batch_first));
  }
  return custom_vjp("split_projection", parts, {x}, [batch_first](const Tensors& grads, const Tensors&, const Tensors&, Needs) {
    Tensors joined;
    for (const Tensor& g : grads) joined.push_back(join_heads(g, batch_first));
    return Tensors{cat(joined, -1)};
  });
}

// PyTorch's masks say what to leave out; attention's what takes part. Numbers are added in both.
Tensor taking_part(const Tensor& mask) { return mask.dtype() == DType::boolean ? logical_not(mask) : mask; }
Tensor as_numbers(const Tensor& mask, DType dtype) {
  return mask.dtype() == DType::boolean ? where(mask, zeros({}, dtype), -INFINITY) : to(mask, dtype);
}
Tensor both_masks(const Tensor& a, const Tensor& b, DType dtype) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  if (a.dtype() == DType::boolean && b.dtype() == DType::boolean) return logical_and(a, b);
  return as_numbers(a, dtype) + as_numbers(b, dtype);
}
// Further keys that every query may see.
Tensor more_keys(const Tensor& mask, int64_t count) {
  if (!mask.defined() || count == 0) return mask;
  Shape shape = mask.shape();
  shape.back() = count;
  return cat({mask, mask.dtype() == DType::boolean ? ones(shape, DType::boolean) : zeros(shape, mask.dtype())}, -1);
}

}  // namespace

Tensor heads_of(const Tensor& x, int64_t heads, bool batch_first) {
  Shape shape{x.shape()[0], x.shape()[1], heads, x.shape()[2] / heads};
  return permute(reshape(x, shape), batch_first ? Shape{0, 2, 1, 3} : Shape{1, 2, 0, 3});
}
Tensor join_heads(const Tensor& x, bool batch_first) {
  Tensor y = permute(x, batch_first ? Shape{0, 2, 1, 3} : Shape{2, 0, 1, 3});
  return reshape(y, {y.shape()[0], y.shape()[1], y.shape()[2] * y.shape()[3]});
}

AttentionParams attention_masks(std::string_view type, const MultiheadAttentionArguments& a, int64_t n, int64_t heads, int64_t queries, int64_t keys, DType dtype,
                                int64_t more) {
  Tensor mask, padding;
  if (a.attn_mask.defined()) {
    check<ShapeError>(a.attn_mask.shape() == Shape{queries, keys} || a.attn_mask.shape() == Shape{n * heads, queries, keys}, type, ": expected attn_mask ",
                      Shape{queries, keys}, " or ", Shape{n * heads, queries, keys}, " but it is ", a.attn_mask.shape());
    mask = taking_part(a.attn_mask.dim() == 3 ? reshape(a.attn_mask, {n, heads, queries, keys}) : reshape(a.attn_mask, {1, 1, queries, keys}));
  }
  if (a.key_padding_mask.defined()) {
    check<ShapeError>(a.key_padding_mask.shape() == Shape{n, keys}, type, ": expected key_padding_mask ", Shape{n, keys}, " but it is ", a.key_padding_mask.shape());
    padding = taking_part(reshape(a.key_padding_mask, {n, 1, 1, keys}));
  }
  // A causal hint alone, or with the mask it speaks of, becomes the causal form; beside padding the two are merged.
  bool causal = a.is_causal && more == 0 && !padding.defined() && (!mask.defined() || !a.need_weights);
  if (a.is_causal && !causal && !mask.defined()) mask = tril(ones({1, 1, queries, keys}, DType::boolean));
  if (causal) mask = Tensor();
  return {.mask = more_keys(both_masks(mask, padding, dtype), more), .dropout = 0, .is_causal = causal, .scale = {}};
}

void MultiheadAttentionOptions::visit(Visitor& v) {
  v.option("embed_dim", embed_dim);
  v.option("num_heads", num_heads);
  v.option("dropout", dropout);
  v.option("bias", bias);
  v.option("add_bias_kv", add_bias_kv);
  v.option("add_zero_attn", add_zero_attn);
  v.option("kdim", kdim);
  v.option("vdim", vdim);
  v.option("batch_first", batch_first);
}
void MultiheadAttentionArguments::visit(Visitor& v) {
  v.option("key_padding_mask", key_padding_mask);
  v.option("need_weights", need_weights);
  v.option("attn_mask", attn_mask);
  v.option("average_attn_weights", average_attn_weights);
  v.option("is_causal", is_causal);
}
Tensors MultiheadAttentionOutput::flatten() const { return weights.defined() ? Tensors{output, weights} : Tensors{output}; }

bool MultiheadAttention::packed() const { return options.kdim.value_or(options.embed_dim) == options.embed_dim && options.vdim.value_or(options.embed_dim) == options.embed_dim; }

MultiheadAttention::MultiheadAttention(Options o)
    : options(o), out_proj({.in_features = std::max<int64_t>(o.embed_dim, 1), .out_features = std::max<int64_t>(o.embed_dim, 1), .bias = o.bias}) {
  check<ConfigError>(o.embed_dim >= 1 && o.num_heads >= 1 && o.embed_dim % o.num_heads == 0,
                     "MultiheadAttention: expected embed_dim to be a multiple of num_heads, both at least 1, but they are ", o.embed_dim, " and ", o.num_heads);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, "MultiheadAttention: expected dropout between 0 and 1, not ", o.dropout);
  check<ConfigError>(o.kdim.value_or(1) >= 1 && o.vdim.value_or(1) >= 1, "MultiheadAttention: kdim and vdim must be at least 1");
  int64_t e = o.embed_dim;
  if (packed()) {
    in_proj_weight = Parameter(init::xavier_uniform({3 * e, e}));
  } else {
    q_proj_weight = Parameter(init::xavier_uniform({e, e}));
    k_proj_weight = Parameter(init::xavier_uniform({e, o.kdim.value_or(e)}));
    v_proj_weight = Parameter(init::xavier_uniform({e, o.vdim.value_or(e)}));
  }
  if (o.bias) {
    in_proj_bias = Parameter(init::zeros({3 * e}));
    out_proj.bias = Parameter(init::zeros({e}));
  }
  if (o.add_bias_kv) {
    bias_k = Parameter(init::xavier_normal({1, 1, e}));
    bias_v = Parameter(init::xavier_normal({1, 1, e}));
  }
}
MultiheadAttention::MultiheadAttention(int64_t embed_dim, int64_t num_heads) : MultiheadAttention(Options{.embed_dim = embed_dim, .num_heads = num_heads}) {}

void MultiheadAttention::visit(Visitor& v) {
  v.parameter("q_proj_weight", q_proj_weight);
  v.parameter("k_proj_weight", k_proj_weight);
  v.parameter("v_proj_weight", v_proj_weight);
  v.parameter("in_proj_weight", in_proj_weight);
  v.parameter("in_proj_bias", in_proj_bias, Role::bias);
  v.parameter("bias_k", bias_k, Role::bias);
  v.parameter("bias_v", bias_v, Role::bias);
  v.child("out_proj", out_proj);
}

// Queries, keys and values as (N, h, T, d).
Tensors MultiheadAttention::project(const Tensor& query, const Tensor& key, const Tensor& value) {
  int64_t e = options.embed_dim, h = options.num_heads;
  bool first = options.batch_first;
  Tensor b = in_proj_bias();
  if (packed() && query.is(key) && key.is(value)) return split_projection(linear(query, in_proj_weight(), b), h, first);
  Tensors w = packed() ? chunk(in_proj_weight(), 3, 0) : Tensors{q_proj_weight(), k_proj_weight(), v_proj_weight()};
  Tensors in{query, key, value}, out;
  for (size_t i = 0; i < 3; i++) {
    Tensor y = linear(in[i], w[i], b.defined() ? narrow(b, 0, int64_t(i) * e, e) : b);
    if (i == 1 && bias_k.defined()) y = cat({y, expand(bias_k(), first ? Shape{y.shape()[0], 1, e} : Shape{1, y.shape()[1], e})}, first ? 1 : 0);
    if (i == 2 && bias_v.defined()) y = cat({y, expand(bias_v(), first ? Shape{y.shape()[0], 1, e} : Shape{1, y.shape()[1], e})}, first ? 1 : 0);
    out.push_back(heads_of(y, h, first));
  }
  return out;
}

MultiheadAttentionOutput MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadAttentionArguments& a) {
  if (query.dim() == 2) {  // without a batch
    check<ShapeError>(key.dim() == 2 && value.dim() == 2, "MultiheadAttention: the query has no batch axis, so key and value must have none, but they are ", key.shape(),
                      " and ", value.shape());
    int axis = options.batch_first ? 0 : 1;
    MultiheadAttentionArguments one = a;
    if (a.key_padding_mask.defined()) one.key_padding_mask = unsqueeze(a.key_padding_mask, 0);
    Tensor q = unsqueeze(query, axis), k = key.is(query) ? q : unsqueeze(key, axis), v = value.is(query) ? q : value.is(key) ? k : unsqueeze(value, axis);
    MultiheadAttentionOutput y = forward(q, k, v, one);
    return {squeeze(y.output, {axis}), y.weights.defined() ? squeeze(y.weights, {0}) : y.weights};
  }
  int64_t e = options.embed_dim, h = options.num_heads;
  int time = options.batch_first ? 1 : 0, batch = 1 - time;
  check<ShapeError>(query.dim() == 3 && key.dim() == 3 && value.dim() == 3 && query.shape()[2] == e && key.shape()[2] == options.kdim.value_or(e) &&
                        value.shape()[2] == options.vdim.value_or(e),
                    "MultiheadAttention: expected query, key and value with last axes of ", e, ", ", options.kdim.value_or(e), " and ", options.vdim.value_or(e),
                    " but they are ", query.shape(), ", ", key.shape(), " and ", value.shape());
  int64_t n = query.shape()[batch], queries = query.shape()[time], keys = key.shape()[time];
  check<ShapeError>(key.shape()[batch] == n && value.shape()[batch] == n && value.shape()[time] == keys,
                    "MultiheadAttention: expected one batch size, and as many values as keys, but query, key and value are ", query.shape(), ", ", key.shape(), " and ",
                    value.shape());

  int64_t more = (options.add_bias_kv ? 1 : 0) + (options.add_zero_attn ? 1 : 0);
  AttentionParams params = attention_masks(type, a, n, h, queries, keys, query.dtype(), more);
  params.dropout = training() ? options.dropout : 0;
  Tensors p = project(query, key, value);
  if (options.add_zero_attn)
    for (size_t i : {1, 2}) p[i] = cat({p[i], zeros({n, h, 1, e / h}, p[i].dtype())}, 2);
  if (!a.need_weights) return {out_proj(join_heads(scaled_dot_product_attention(p[0], p[1], p[2], params), options.batch_first)), {}};
  AttentionWithWeights y = attention_with_weights(p[0], p[1], p[2], params);
  return {out_proj(join_heads(y.out, options.batch_first)), a.average_attn_weights ? mean(y.weights, {1}) : y.weights};
}

template class Layer<MultiheadAttention>;

}  // namespace tare::nn
