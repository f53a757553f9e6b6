#include "autograd/ops/attention.h"

#include <cmath>
#include <limits>

#include "autograd/ops/activation.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/attention.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

constexpr double kNoScore = -std::numeric_limits<double>::infinity();

void check_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionParams& p) {
  const char* what = "scaled_dot_product_attention";
  check<ShapeError>(q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2, what, ": expected q (*, Tq, D), k (*, Tk, D) and v (*, Tk, Dv) but they are ", q.shape(), ", ", k.shape(),
                    " and ", v.shape());
  check<ShapeError>(q.shape().back() == k.shape().back() && k.size(-2) == v.size(-2), what,
                    ": q and k must have last axes of one size, and k and v as many entries, but they are ", q.shape(), ", ", k.shape(), " and ", v.shape());
  check<DTypeError>(is_floating(q.dtype()) && q.dtype() == k.dtype() && q.dtype() == v.dtype(), what, ": expected q, k and v of one floating type but they are ",
                    q.dtype(), ", ", k.dtype(), " and ", v.dtype());
  check<ValueError>(!(p.mask.defined() && p.is_causal), what, ": give a mask or is_causal, not both");
}

// Which keys each query sees: bool (Tq, Tk).
Tensor causal_mask(int64_t queries, int64_t keys) { return tril(ones({queries, keys}, DType::boolean)); }

// Scores with masked ones at minus infinity.
Tensor attention_scores(const Tensor& q, const Tensor& k, const Tensor& mask, bool is_causal, double scale) {
  Tensor scores = matmul(q * scale, transpose(k));
  if (is_causal) scores = where(causal_mask(q.size(-2), k.size(-2)), scores, kNoScore);
  if (!mask.defined()) return scores;
  return mask.dtype() == DType::boolean ? where(mask, scores, kNoScore) : scores + mask;
}

// The definition; a query without keys has weights 0.
Tensor attention_definition(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool is_causal, double scale, double drop) {
  Tensor scores = attention_scores(q, k, mask, is_causal, scale);
  Tensor blind = kernels::all(kernels::eq(scores, kNoScore), {-1}, true);
  Tensor weights = where(blind, 0.0, softmax(where(blind, 0.0, scores), -1));
  return matmul(dropout(weights, drop), v);
}

// (*, T, D) as (B, H, T, D) with leading axes `lead`.
Tensor four_axes(const Tensor& x, const Shape& lead) {
  Tensor full = expand(x, lead.concat(x.shape().slice(x.dim() - 2)));
  if (lead.size() == 2) return full;
  Shape shape = lead.size() < 2 ? Shape(2 - lead.size(), 1).concat(lead) : Shape{lead.slice(0, lead.size() - 1).numel(), lead.back()};
  return reshape(full, shape.concat(x.shape().slice(x.dim() - 2)));
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionParams& p) {
  check_attention(q, k, v, p);
  double scale = p.scale ? *p.scale : 1 / std::sqrt(double(q.shape().back()));
  bool plain_mask = !p.mask.defined() || p.mask.dtype() == DType::boolean || p.mask.dtype() == q.dtype();
  Tensor mask = plain_mask ? p.mask : to(p.mask, q.dtype());
  bool whole = p.dropout > 0 || (mask.defined() && mask.requires_grad()) || (mask.defined() && mask.dim() > q.dim());
  if (whole) return attention_definition(q, k, v, mask, p.is_causal, scale, p.dropout);

  Shape lead = broadcast_shapes("scaled_dot_product_attention", q.shape().slice(0, q.dim() - 2), k.shape().slice(0, k.dim() - 2));
  lead = broadcast_shapes("scaled_dot_product_attention", lead, v.shape().slice(0, v.dim() - 2));
  if (mask.defined()) {
    Shape scores = lead.concat({q.size(-2), k.size(-2)});
    check<ShapeError>(broadcast_shapes("scaled_dot_product_attention", mask.shape(), scores) == scores, "scaled_dot_product_attention: the mask ", mask.shape(),
                      " does not broadcast to the scores ", scores);
    if (mask.dim() < 2) mask = expand(mask, {q.size(-2), k.size(-2)});
    else if (lead.size() != 2) mask = four_axes(mask, lead);
  }
  Tensor q4 = four_axes(q, lead), k4 = four_axes(k, lead), v4 = four_axes(v, lead);
  kernels::AttentionResult result = kernels::attention(q4, k4, v4, mask, p.is_causal, scale);
  Tensor out = fused(
      "scaled_dot_product_attention", result.out, {q4, k4, v4, mask},
      [is_causal = p.is_causal, scale, logsumexp = result.logsumexp](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) {
        kernels::AttentionGrads g = kernels::attention_backward(grads[0], in[0], in[1], in[2], in[3], is_causal, scale, {out[0], logsumexp});
        return Tensors{g.dq, g.dk, g.dv, Tensor()};
      },
      [is_causal = p.is_causal, scale](const Tensors& in) {
        return Tensors{attention_definition(in[0], in[1], in[2], in[3], is_causal, scale, 0)};
      });
  return lead.size() == 2 ? out : reshape(out, lead.concat({q.size(-2), v.shape().back()}));
}

AttentionWithWeights attention_with_weights(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionParams& p) {
  check_attention(q, k, v, p);
  double scale = p.scale ? *p.scale : 1 / std::sqrt(double(q.shape().back()));
  Tensor weights = dropout(softmax(attention_scores(q, k, p.mask, p.is_causal, scale), -1), p.dropout);
  return {matmul(weights, v), weights};
}

}  // namespace tare
