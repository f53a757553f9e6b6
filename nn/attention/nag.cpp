#include "nn/attention/nag.h"

#include <algorithm>

#include "autograd/ops/attention.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "nn/attention/multihead_attention.h"

namespace tare::nn {
namespace {

void check_options(std::string_view who, const NAGOptions& o) {
  check<ConfigError>(o.tau >= 1, who, ": tau must be at least 1, or the positive features themselves shrink; not ", o.tau);
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, who, ": alpha must be between 0 and 1, not ", o.alpha);
  check<ConfigError>(o.p >= 1, who, ": p must be at least 1, not ", o.p);
}

}  // namespace

void NAGOptions::visit(Visitor& v) {
  v.option("scale", scale);
  v.option("tau", tau);
  v.option("alpha", alpha);
  v.option("p", p);
}

Tensor normalized_attention_guidance(const Tensor& z_pos, const Tensor& z_neg, const NAGOptions& o) {
  check_options("normalized_attention_guidance", o);
  check<ShapeError>(z_pos.shape() == z_neg.shape() && z_pos.dim() >= 1, "normalized_attention_guidance: expected two tensors (*, D) of one shape but they are ",
                    z_pos.shape(), " and ", z_neg.shape());
  if (o.scale <= 1) return z_pos;
  Tensor guided = z_pos + (o.scale - 1) * (z_pos - z_neg);
  Tensor length = norm(z_pos, o.p, {-1}, true), grown = norm(guided, o.p, {-1}, true);
  Tensor bound = o.tau * length, inside = le(grown, bound);
  guided = where(inside, guided, guided * (bound / where(inside, 1.0, grown)));
  return where(eq(length, 0), z_pos, z_pos + o.alpha * (guided - z_pos));
}

void NAGCrossAttentionOptions::visit(Visitor& v) {
  v.option("embed_dim", embed_dim);
  v.option("num_heads", num_heads);
  v.option("scale", scale);
  v.option("tau", tau);
  v.option("alpha", alpha);
  v.option("p", p);
}

NAGCrossAttention::NAGCrossAttention(Options o)
    : options(o), to_q(std::max<int64_t>(o.embed_dim, 1), std::max<int64_t>(o.embed_dim, 1)), to_k(to_q.options), to_v(to_q.options), to_out(to_q.options) {
  check<ConfigError>(o.embed_dim >= 1 && o.num_heads >= 1 && o.embed_dim % o.num_heads == 0, type, ": expected embed_dim to be a multiple of num_heads, both at least 1, but they are ",
                     o.embed_dim, " and ", o.num_heads);
  check_options(type, {.scale = o.scale, .tau = o.tau, .alpha = o.alpha, .p = o.p});
}

void NAGCrossAttention::visit(Visitor& v) {
  v.child("to_q", to_q);
  v.child("to_k", to_k);
  v.child("to_v", to_v);
  v.child("to_out", to_out);
}

Tensor NAGCrossAttention::attend(const Tensor& x, const Tensor& context) {
  for (const Tensor* t : {&x, &context})
    check<ShapeError>(t->dim() == 3 && t->size(2) == options.embed_dim && t->size(0) == x.size(0), type, ": expected x (B, L, ", options.embed_dim, ") and contexts (B, M, ",
                      options.embed_dim, ") but they are ", x.shape(), " and ", context.shape());
  auto heads = [&](const Tensor& y) { return heads_of(y, options.num_heads, true); };
  return join_heads(scaled_dot_product_attention(heads(to_q(x)), heads(to_k(context)), heads(to_v(context))), true);
}

Tensor NAGCrossAttention::forward(const Tensor& x, const Tensor& context_pos, const Tensor& context_neg) {
  Tensor z = attend(x, context_pos);
  if (context_neg.defined())
    z = normalized_attention_guidance(z, attend(x, context_neg), {.scale = options.scale, .tau = options.tau, .alpha = options.alpha, .p = options.p});
  return to_out(z);
}

template class Layer<NAGCrossAttention>;

}  // namespace tare::nn
