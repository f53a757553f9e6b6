#include "autograd/checkpoint.h"

#include <unordered_set>

#include "autograd/partial_gradient.h"
#include "autograd/tape.h"
#include "core/dtype.h"

namespace tare {
namespace {

using Function = std::function<Tensors(const Tensors&)>;

// Inputs of the repeated run: leaves, or, when the backward pass is recorded, other names of the inputs.
Tensors renamed(const Tensors& inputs, bool recording) {
  Tensors out;
  for (const Tensor& x : inputs) {
    if (!x.defined() || !x.requires_grad()) out.push_back(x);
    else if (recording) out.push_back(rename(x));
    else out.push_back(alias(x).set_requires_grad());
  }
  return out;
}

// A tensor of no memory that stands at an edge of the tape.
Tensor stand_in(const Edge& edge) {
  auto& [shape, dtype] = edge.type();
  Tensor t = view_of(empty({}, dtype), shape, Shape(shape.size(), 0), 0);
  t.impl().node = edge.node;
  t.impl().output_index = edge.index;
  return t;
}

struct CheckpointNode : TapeNode {
  Function f;
  std::vector<Saved> inputs;
  std::vector<Edge> slots;  // of the inputs, then of what f captured
  std::vector<OutputType> types;
  Generator generator;
  DType default_type = default_dtype();

  CheckpointNode() : TapeNode("checkpoint", &do_play, &do_finalize, &do_forget) {}

  static void do_play(TapeNode* base, Player& player) {
    auto* self = static_cast<CheckpointNode*>(base);
    Tensors given;
    for (const Saved& s : self->inputs) given.push_back(s.get());
    Tensors again = renamed(given, player.recording()), values;
    {
      Generator rewound = self->generator;
      Replay replay(rewound);
      DefaultDtype type(self->default_type);
      EnableGrad on;
      values = self->f(again);
    }
    check<GradError>(values.size() == self->num_outputs, "checkpoint: the function gave ", self->num_outputs, " tensors in the forward pass and ", values.size(), " when repeated");
    Tensors wanted, ys, gs;
    std::vector<const Edge*> edges;
    for (size_t i = 0; i < self->slots.size(); i++) {
      const Edge& edge = self->slots[i];
      if (!player.wants(edge)) continue;
      wanted.push_back(i < again.size() ? again[i] : stand_in(edge));
      edges.push_back(&edge);
    }
    for (size_t i = 0; i < values.size(); i++) {
      const Tensor& g = player.gradient(uint32_t(i));
      if (g.defined() && values[i].defined() && values[i].requires_grad()) ys.push_back(values[i]), gs.push_back(g);
    }
    if (ys.empty() || wanted.empty()) return;
    Tensors found = partial_gradient(ys, wanted, gs, player.recording());
    for (size_t i = 0; i < edges.size(); i++) player.send(*edges[i], found[i]);
  }
  static void do_forget(TapeNode* base) {
    auto* self = static_cast<CheckpointNode*>(base);
    self->f = nullptr;
    self->inputs.clear();
  }
  static void do_finalize(TapeNode* base) {
    auto* self = static_cast<CheckpointNode*>(base);
    self->~CheckpointNode();
    small_free(self, sizeof(*self));
  }
};

// Edges from the tape of one run of f, all of whose nodes are at least as young as `start`, to what was there before.
std::vector<Edge> captured_by(const Tensors& outputs, uint64_t start) {
  std::vector<Edge> out;
  std::vector<TapeNode*> stack;
  std::unordered_set<const TapeNode*> seen;
  auto reach = [&](const Edge& edge) {
    TapeNode* node = edge.node.get();
    if (!node) return;
    if (node->sequence >= start) {
      if (seen.insert(node).second) stack.push_back(node);
      return;
    }
    for (const Edge& known : out)
      if (known.node.get() == node && known.index == edge.index) return;
    out.push_back(edge);
  };
  for (const Tensor& y : outputs)
    if (y.defined() && y.requires_grad()) reach(Edge(y));
  while (!stack.empty()) {
    TapeNode* node = stack.back();
    stack.pop_back();
    for (uint32_t i = 0; i < node->num_edges; i++) reach(node->edges[i]);
  }
  return out;
}

}  // namespace

Tensors checkpoint(const Function& f, const Tensors& inputs) {
  if (!context().grad_enabled) return f(inputs);
  Generator& generator = context().generator ? *context().generator : default_generator();
  Generator before = generator;
  Tensor marker = empty({});
  uint64_t start = marker.set_requires_grad().impl().node->sequence;
  // The first run is recorded only to find what f captured; that tape goes at the end of this function.
  Tensors run = f(renamed(inputs, false)), values;
  std::vector<Edge> captured = captured_by(run, start);
  bool any = !captured.empty();
  for (const Tensor& x : inputs) any = any || x.requires_grad();
  for (const Tensor& y : run) values.push_back(y.defined() ? alias(y) : y);
  if (!any) return values;

  auto* node = new (small_allocate(sizeof(CheckpointNode))) CheckpointNode;
  Intrusive<TapeNode> owner(node);
  node->f = f;
  node->generator = before;
  for (const Tensor& y : values) node->types.push_back(y.defined() ? OutputType{y.shape(), y.dtype()} : OutputType{});
  node->outputs = node->types.data();
  for (const Tensor& x : inputs) {
    node->inputs.emplace_back(x);
    node->slots.push_back(x.requires_grad() ? Edge(x) : Edge());
  }
  for (Edge& edge : captured) node->slots.push_back(std::move(edge));
  node->edges = node->slots.data();
  node->num_edges = uint32_t(node->slots.size());
  node->num_outputs = uint32_t(values.size());
  for (size_t i = 0; i < values.size(); i++)
    if (run[i].defined() && run[i].requires_grad()) detail::attach(values[i], node, uint32_t(i));
  if (detail::observing()) [[unlikely]] detail::after_record("checkpoint", values, inputs);
  return values;
}

Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Tensor& input) {
  return checkpoint([f](const Tensors& x) -> Tensors { return {f(x[0])}; }, Tensors{input})[0];
}

}  // namespace tare
