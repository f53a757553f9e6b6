#include "nn/sgtm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

void check_mode(std::string_view who, const std::string& mode) {
  check<ConfigError>(mode == "default" || mode == "retain" || mode == "forget", who, ": sgtm_mode must be \"default\", \"retain\" or \"forget\", not \"", mode,
                     "\"");
}

/// A weight as a mode sees it: its first `retained` rows or columns alone, or all with those as constants.
Tensor seen(const Tensor& w, int64_t axis, int64_t retained, const std::string& mode) {
  if (mode == "default") return w;
  Tensor retain = narrow(w, axis, 0, retained);
  return mode == "retain" ? retain : cat({retain.detach(), narrow(w, axis, retained, w.size(axis) - retained)}, axis);
}
Tensor shared_bias(const Tensor& b, const std::string& mode) { return mode == "forget" ? b.detach() : b; }

void ablate_slice(const Parameter& p, int64_t axis, int64_t retained, bool trainable) {
  NoGrad off;
  Tensor w = p.leaf(), forget = narrow(w, axis, retained, w.size(axis) - retained);
  check<StateError>(w.defined(), "ablate: the weight is reparameterized; remove the reparameterization first");
  if (!trainable) {
    zero_(forget);
    return;
  }
  copy_(forget, normal(forget.shape(), 0, std(narrow(w, axis, 0, retained)).item(), w.dtype()));
}

/// The first `retained` rows or columns of a gradient that is there become 0.
void zero_gradient(const Parameter& p, int64_t axis, int64_t retained) {
  NoGrad off;
  Tensor g = p.leaf().grad();
  if (g.defined()) zero_(narrow(g, axis, 0, retained));
}

}  // namespace

void SgtmMLPOptions::visit(Visitor& v) {
  v.option("hidden_size", hidden_size);
  v.option("intermediate_size", intermediate_size);
  v.option("retain_mlp_dim", retain_mlp_dim);
  v.option("activation", activation);
  v.option("sgtm_mode", sgtm_mode);
  v.option("output_size", output_size);
}

SgtmMLP::SgtmMLP(Options o)
    : options(o), c_fc(o.hidden_size, o.intermediate_size), c_proj(o.intermediate_size, o.output_size ? o.output_size : o.hidden_size) {
  check<ConfigError>(o.retain_mlp_dim >= 0 && o.retain_mlp_dim <= o.intermediate_size, "SgtmMLP: retain_mlp_dim must be in [0, ", o.intermediate_size,
                     "] (intermediate_size), not ", o.retain_mlp_dim);
  check<ConfigError>(o.activation == "relu" || o.activation == "gelu_tanh", "SgtmMLP: activation must be \"relu\" or \"gelu_tanh\", not \"", o.activation, "\"");
  check_mode(type, o.sgtm_mode);
}

void SgtmMLP::visit(Visitor& v) {
  v.child("c_fc", c_fc);
  v.child("c_proj", c_proj);
}

void SgtmMLP::set_mode(std::string mode) {
  check_mode(type, mode);
  options.sgtm_mode = std::move(mode);
}

Tensor SgtmMLP::forward(const Tensor& x) {
  const std::string& mode = options.sgtm_mode;
  int64_t r = options.retain_mlp_dim;
  check<ShapeError>(x.dim() >= 1 && x.size(-1) == options.hidden_size, "SgtmMLP: expected the last dimension of the input to be ", options.hidden_size,
                    " (hidden_size) but the input is ", x.shape());
  Tensor h = linear(x, seen(c_fc.weight(), 0, r, mode), seen(c_fc.bias(), 0, r, mode));
  h = options.activation == "relu" ? relu(h) : gelu(h, "tanh");
  return linear(h, seen(c_proj.weight(), 1, r, mode), shared_bias(c_proj.bias(), mode));
}

void SgtmMLP::adjust_gradients() {
  if (options.sgtm_mode != "forget") return;
  zero_gradient(c_fc.weight, 0, options.retain_mlp_dim);
  zero_gradient(c_fc.bias, 0, options.retain_mlp_dim);
  zero_gradient(c_proj.weight, 1, options.retain_mlp_dim);
  zero_gradient(c_proj.bias, 0, c_proj.options.out_features);
}

void SgtmMLP::ablate(bool trainable) {
  ablate_slice(c_fc.weight, 0, options.retain_mlp_dim, trainable);
  ablate_slice(c_fc.bias, 0, options.retain_mlp_dim, trainable);
  ablate_slice(c_proj.weight, 1, options.retain_mlp_dim, trainable);
}

void SgtmSelfAttentionOptions::visit(Visitor& v) {
  v.option("embed_dim", embed_dim);
  v.option("num_heads", num_heads);
  v.option("retain_attn_heads", retain_attn_heads);
  v.option("causal", causal);
  v.option("scale", scale);
  v.option("sgtm_mode", sgtm_mode);
}

SgtmSelfAttention::SgtmSelfAttention(Options o)
    : options(o),
      q_proj({.in_features = o.embed_dim, .out_features = o.embed_dim, .bias = false}),
      k_proj(q_proj.options),
      v_proj(q_proj.options),
      out_proj(o.embed_dim, o.embed_dim) {
  check<ConfigError>(o.num_heads >= 1 && o.embed_dim % o.num_heads == 0, "SgtmSelfAttention: embed_dim must be a multiple of num_heads, not ", o.embed_dim,
                     " and ", o.num_heads);
  check<ConfigError>(o.retain_attn_heads >= 0 && o.retain_attn_heads <= o.num_heads, "SgtmSelfAttention: retain_attn_heads must be in [0, ", o.num_heads,
                     "] (num_heads), not ", o.retain_attn_heads);
  check_mode(type, o.sgtm_mode);
}

void SgtmSelfAttention::visit(Visitor& v) {
  v.child("q_proj", q_proj);
  v.child("k_proj", k_proj);
  v.child("v_proj", v_proj);
  v.child("out_proj", out_proj);
}

void SgtmSelfAttention::set_mode(std::string mode) {
  check_mode(type, mode);
  options.sgtm_mode = std::move(mode);
}

Tensor SgtmSelfAttention::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 3 && x.size(2) == options.embed_dim, "SgtmSelfAttention: expected (B, L, ", options.embed_dim, ") but the input is ", x.shape());
  const std::string& mode = options.sgtm_mode;
  int64_t head = options.embed_dim / options.num_heads, retained = options.retain_attn_heads * head;
  // (B, heads, L, head)
  auto heads = [&](const Linear& projection) {
    Tensor y = linear(x, seen(projection.weight(), 0, retained, mode));
    return transpose(reshape(y, {x.size(0), x.size(1), y.size(2) / head, head}), 1, 2);
  };
  AttentionParams params{.is_causal = options.causal};
  if (!options.scale) params.scale = 1;
  Tensor y = scaled_dot_product_attention(heads(q_proj), heads(k_proj), heads(v_proj), params);
  y = reshape(transpose(y, 1, 2), {x.size(0), x.size(1), y.size(1) * head});
  return linear(y, seen(out_proj.weight(), 1, retained, mode), shared_bias(out_proj.bias(), mode));
}

void SgtmSelfAttention::adjust_gradients() {
  if (options.sgtm_mode != "forget") return;
  int64_t retained = options.retain_attn_heads * (options.embed_dim / options.num_heads);
  for (Linear* projection : {&q_proj, &k_proj, &v_proj}) zero_gradient(projection->weight, 0, retained);
  zero_gradient(out_proj.weight, 1, retained);
  zero_gradient(out_proj.bias, 0, options.embed_dim);
}

void SgtmSelfAttention::ablate(bool trainable) {
  int64_t retained = options.retain_attn_heads * (options.embed_dim / options.num_heads);
  for (Linear* projection : {&q_proj, &k_proj, &v_proj}) ablate_slice(projection->weight, 0, retained, trainable);
  ablate_slice(out_proj.weight, 1, retained, trainable);
}

template class Layer<SgtmMLP>;
template class Layer<SgtmSelfAttention>;

}  // namespace tare::nn
