// With x_n the input and g_n the gradient of the output of one call of a layer at sample n:
//   Linear     g_n^T x_n, summed over positions
//   Conv       that of a grouped convolution in which every sample is a group of its own (Rochette, Manoel, Tramel 2019, arXiv:1912.06015)
//   Embedding  rows of g_n added up at x_n
//   norms      y = h(x) weight + bias: g_n h(x_n) and g_n, summed over what weight does not index; h is the layer with weight 1 and bias 0
// A layer that is called several times adds up.
#include "nn/per_sample_grad.h"

#include <map>
#include <optional>
#include <typeinfo>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/conv/conv.h"
#include "nn/embedding/embedding.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/rms_norm.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

using Losses = std::function<Tensor(const Tensors&)>;

// The gradients of "weight" and "bias" in one call; undefined where the layer has none.
struct Pair {
  Tensor weight, bias;
};
using Rule = std::function<Pair(const Tensor& x, const Tensor& g)>;

// (N, ..., F) to (N, positions, F).
Tensor positions(const Tensor& t) { return reshape(t, {t.size(0), -1, t.size(-1)}); }
Tensor sum_of_positions(const Tensor& t) { return sum(positions(t), {1}); }

template <int D>
Pair conv_rule(ConvNd<D>& m, const Tensor& x, const Tensor& g) {
  check<ShapeError>(x.dim() == D + 2, "per_sample_grad: ", m.type_name(), " was called with ", x.shape(), ", which has no axis of samples; use PerSample::samples");
  int64_t n = x.size(0);
  ConvLayerOptions o = m.options;
  o.in_channels *= n, o.out_channels *= n, o.groups *= n, o.bias = false;
  ConvNd<D> wide = [&] {
    NoInit unfilled;
    return ConvNd<D>(o);
  }();
  auto merged = [](const Tensor& t) { return reshape(t, Shape{1, t.size(0) * t.size(1)}.concat(t.shape().slice(2))); };
  Tensor weight = m.weight().detach();
  Shape repeats(weight.dim(), 1);
  repeats[0] = n;
  Tensor leaf = repeat(weight, repeats).set_requires_grad();
  EnableGrad on;
  Tensor y = functional_call(wide, {{"weight", leaf}}, merged(x));
  Tensor grouped = grad(Tensors{y}, Tensors{leaf}, {.grad_outputs = {merged(g)}})[0];
  return {reshape(grouped, Shape{n}.concat(weight.shape())), sum(reshape(g, {n, g.size(1), -1}), {2})};
}

// `axis`: where weight's axes begin in x (1 for channels, negative for trailing ones).
template <class Norm>
Pair norm_rule(Norm& m, const Tensor& x, const Tensor& g, int64_t axis) {
  NamedTensors neutral;
  Shape shape = m.weight.shape();
  neutral.emplace_back("weight", ones(shape, m.weight.dtype()));
  if (m.bias.defined()) neutral.emplace_back("bias", zeros(shape, m.bias.dtype()));
  int64_t from = axis < 0 ? x.dim() + axis : axis;
  auto per_sample = [&](const Tensor& t) {
    Tensor flat = reshape(t, Shape{t.size(0), t.shape().slice(1, int(from)).numel(), shape.numel(), -1});
    return reshape(sum(flat, {1, 3}), Shape{t.size(0)}.concat(shape));
  };
  return {per_sample(g * functional_call(m, neutral, x)), per_sample(g)};
}

// True when m is an M, not one derived from it, whose rule is then set.
template <class M, class F>
bool is_a(Module& m, Rule& rule, F f) {
  if (typeid(m) != typeid(M)) return false;
  rule = [&layer = static_cast<M&>(m), f](const Tensor& x, const Tensor& g) { return f(layer, x, g); };
  return true;
}

// The rule of a layer; empty for one that is not known.
Rule rule_of(Module& m) {
  Rule rule;
  auto conv = [](auto& layer, const Tensor& x, const Tensor& g) { return conv_rule(layer, x, g); };
  auto by_channel = [](auto& layer, const Tensor& x, const Tensor& g) { return norm_rule(layer, x, g, 1); };
  auto trailing = [](auto& layer, const Tensor& x, const Tensor& g) { return norm_rule(layer, x, g, -layer.options.normalized_shape.size()); };
  auto dense = [](Linear&, const Tensor& x, const Tensor& g) { return Pair{matmul(transpose(positions(g)), positions(x)), sum_of_positions(g)}; };
  auto table = [](Embedding& e, const Tensor& x, const Tensor& g) {
    int64_t n = x.size(0), rows = e.options.num_embeddings, size = e.options.embedding_dim;
    // Sample n has the rows n * rows ... of one tall table.
    Tensor at = reshape(x, {n, -1}) + unsqueeze(arange(Scalar(n)) * rows, 1);
    Tensor kept = reshape(g, {-1, size});
    if (auto pad = e.options.padding_idx) kept = masked_fill(kept, reshape(eq(x, *pad < 0 ? *pad + rows : *pad), {-1, 1}), 0.0);
    return Pair{reshape(index_add(zeros({n * rows, size}, g.dtype()), 0, reshape(at, {-1}), kept), {n, rows, size}), {}};
  };
  if (auto* e = dynamic_cast<Embedding*>(&m); e && (e->options.max_norm || e->options.scale_grad_by_freq)) return rule;
  is_a<Linear>(m, rule, dense) || is_a<Embedding>(m, rule, table) || is_a<Conv1d>(m, rule, conv) || is_a<Conv2d>(m, rule, conv) || is_a<Conv3d>(m, rule, conv) ||
      is_a<LayerNorm>(m, rule, trailing) || is_a<RMSNorm>(m, rule, trailing) || is_a<GroupNorm>(m, rule, by_channel) || is_a<InstanceNorm1d>(m, rule, by_channel) ||
      is_a<InstanceNorm2d>(m, rule, by_channel) || is_a<InstanceNorm3d>(m, rule, by_channel) || is_a<BatchNorm1d>(m, rule, by_channel) ||
      is_a<BatchNorm2d>(m, rule, by_channel) || is_a<BatchNorm3d>(m, rule, by_channel);
  return rule;
}

// What there is to differentiate, and how.
struct Plan : Walk {
  NamedTensors wanted;                // in order
  std::map<std::string, Rule> rules;  // by path of the layer
  std::string unknown;                // the first parameter no rule covers

  void on_module(const std::string& at, Module& m) override {
    bool batch_norm = typeid(m) == typeid(BatchNorm1d) || typeid(m) == typeid(BatchNorm2d) || typeid(m) == typeid(BatchNorm3d);
    check<StateError>(!(batch_norm && m.training()), "per_sample_grad: \"", at, "\" (", m.type_name(),
                      ") normalises over the batch while it trains, so that a sample has no gradient of its own; call eval() or use GroupNorm");
  }
  void on_leaf(const std::string& name, Parameter& p, Role) override {
    if (!p.leaf().requires_grad()) return;
    wanted.emplace_back(name, p.leaf());
    size_t dot = name.rfind('.');
    std::string layer = dot == std::string::npos ? "" : name.substr(0, dot), own = name.substr(dot + 1);
    if (!rules.count(layer)) rules[layer] = rule_of(*owner);
    if ((!rules[layer] || (own != "weight" && own != "bias")) && unknown.empty()) unknown = name;
  }
};

Tensor checked(const Tensor& losses, int64_t n) {
  check<ShapeError>(losses.shape() == Shape{n}, "per_sample_grad: expected a loss for each of the ", n, " samples but the losses have shape ", losses.shape());
  return losses;
}

NamedTensors by_samples(const Plan& plan, const Tensors& batch, const Losses& losses, int64_t n) {
  std::vector<Tensors> rows(plan.wanted.size());
  Tensors leaves;
  for (auto& [name, t] : plan.wanted) leaves.push_back(t);
  for (int64_t i = 0; i < n; i++) {
    Tensors sample;
    for (const Tensor& t : batch) sample.push_back(narrow(t, 0, i, 1));
    Tensors g = grad(Tensors{checked(losses(sample), 1)}, leaves, {.allow_unused = true});
    for (size_t k = 0; k < leaves.size(); k++) rows[k].push_back(g[k].defined() ? g[k] : zeros_like(leaves[k]));
  }
  NamedTensors out;
  for (size_t k = 0; k < leaves.size(); k++) out.emplace_back(plan.wanted[k].first, stack(rows[k]));
  return out;
}

// Nothing when a call does not have the samples along its first axis.
std::optional<NamedTensors> by_layers(Module& model, const Plan& plan, const Tensors& batch, const Losses& losses, int64_t n) {
  struct Call {
    std::string path;
    Tensor x;
  };
  std::vector<Call> calls;
  Tensors outputs;
  Tensor total;
  {
    auto scope = model.observe([&](const Module::Event& e) {
      if (!plan.rules.count(e.path) || !e.outputs[0].requires_grad()) return;
      calls.push_back({e.path, e.inputs[0].detach()});
      outputs.push_back(e.outputs[0]);
    });
    total = checked(losses(batch), n);
  }
  for (const Call& c : calls)
    if (c.x.dim() < 1 || c.x.size(0) != n) return {};
  Tensors g(outputs.size());
  if (!outputs.empty()) g = grad(Tensors{sum(total)}, outputs, {.allow_unused = true});
  NoGrad off;
  std::map<std::string, Tensor> found;
  auto add = [&](const std::string& name, const Tensor& t) {
    Tensor& sum = found[name];
    if (t.defined()) sum = sum.defined() ? sum + t : t;
  };
  for (size_t i = 0; i < calls.size(); i++) {
    if (!g[i].defined()) continue;
    Pair p = plan.rules.at(calls[i].path)(calls[i].x, g[i]);
    std::string prefix = calls[i].path.empty() ? "" : calls[i].path + ".";
    add(prefix + "weight", p.weight), add(prefix + "bias", p.bias);
  }
  NamedTensors out;
  for (auto& [name, leaf] : plan.wanted) {
    Shape shape = Shape{n}.concat(leaf.shape());
    out.emplace_back(name, found[name].defined() ? reshape(found[name], shape) : zeros(shape, leaf.dtype()));
  }
  return out;
}

}  // namespace

NamedTensors per_sample_grad(Module& model, const Tensors& batch, const Losses& losses, PerSample how) {
  check<ShapeError>(!batch.empty() && batch[0].dim() >= 1, "per_sample_grad: expected tensors with the samples along their first axis");
  int64_t n = batch[0].size(0);
  for (const Tensor& t : batch)
    check<ShapeError>(t.dim() >= 1 && t.size(0) == n, "per_sample_grad: expected ", n, " samples in each tensor but one has shape ", t.shape());
  EnableGrad on;
  Plan plan;
  plan.run(model);
  if (n == 0) {
    NamedTensors none;
    for (auto& [name, leaf] : plan.wanted) none.emplace_back(name, zeros(Shape{0}.concat(leaf.shape()), leaf.dtype()));
    return none;
  }
  check<ConfigError>(how != PerSample::layers || plan.unknown.empty(), "per_sample_grad: there is no rule for parameter \"", plan.unknown, "\"; use PerSample::samples");
  if (how != PerSample::samples && plan.unknown.empty()) {
    if (auto fast = by_layers(model, plan, batch, losses, n)) return *fast;
    check<ShapeError>(how != PerSample::layers, "per_sample_grad: a layer was called with an input whose first axis does not hold the ", n, " samples; use PerSample::samples");
  }
  return by_samples(plan, batch, losses, n);
}

}  // namespace tare::nn
