// Playing the tape: one heap by sequence number, gradients summed where they meet.
#include <algorithm>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "autograd/backward_pass.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/partial_gradient.h"
#include "autograd/parts.h"
#include "autograd/tape.h"
#include "autograd/trace.h"
#include "kernels/elementwise.h"

namespace tare {
namespace {

thread_local const char* playing = nullptr;  // the operation being played, for messages
thread_local uint64_t pass = 0, passes = 0;   // the pass being played (0: none), and how many there were

/// A hash map from node to number, by linear probing: the engine's inner loop is a look-up for each edge.
class NodeMap {
 public:
  /// The number of `node`, or -1.
  int64_t find(const TapeNode* node) const { return count_ ? entries_[place(node)].value : -1; }
  /// The same to be written to: a new one is -1.
  int64_t& operator[](const TapeNode* node) {
    if (2 * (count_ + 1) > entries_.size()) grow();
    Entry& e = entries_[place(node)];
    if (!e.node) e.node = node, count_++;
    return e.value;
  }
  void erase(const TapeNode* node) {
    size_t hole = place(node);
    // Those behind the hole that a search would no longer find move into it.
    for (size_t i = next(hole); entries_[i].node; i = next(i)) {
      size_t ideal = hash(entries_[i].node);
      if (((i - ideal) & mask()) < ((i - hole) & mask())) continue;
      entries_[hole] = entries_[i];
      hole = i;
    }
    entries_[hole] = {};
    count_--;
  }

 private:
  struct Entry {
    const TapeNode* node = nullptr;
    int64_t value = -1;
  };
  size_t mask() const { return entries_.size() - 1; }
  size_t next(size_t i) const { return (i + 1) & mask(); }
  size_t hash(const TapeNode* node) const { return (reinterpret_cast<uintptr_t>(node) >> 6) * 0x9E3779B97F4A7C15u >> 20 & mask(); }
  // Where `node` is, or the free entry where it would be.
  size_t place(const TapeNode* node) const {
    size_t i = hash(node);
    while (entries_[i].node && entries_[i].node != node) i = next(i);
    return i;
  }
  void grow() {
    std::vector<Entry> before = std::move(entries_);
    entries_ = std::vector<Entry>(std::max<size_t>(32, 2 * before.size()));
    for (const Entry& e : before)
      if (e.node) entries_[place(e.node)] = e;
  }
  std::vector<Entry> entries_;  // a power of two, at most half in use
  size_t count_ = 0;
};

class Engine final : public Player {
 public:
  Engine(const Tensors& outputs, const GradOptions& options) : Player(options.create_graph), keep_(options.retain_graph || options.create_graph) {
    const char* what = "backward";
    arrived_.reserve(16), heap_.reserve(16), free_slots_.reserve(16);
    if (!options.grad_outputs.empty())
      check<GradError>(options.grad_outputs.size() == outputs.size(), what, ": expected ", outputs.size(), " grad_outputs, one for each output, not ",
                       options.grad_outputs.size());
    for (size_t i = 0; i < outputs.size(); i++) {
      const Tensor& y = outputs[i];
      check<GradError>(y.requires_grad(), what, ": output ", i, " (", y, ") does not depend on any tensor that requires a gradient");
      Tensor seed = options.grad_outputs.empty() ? Tensor() : options.grad_outputs[i];
      if (!seed.defined()) {
        check<GradError>(y.numel() == 1, what, ": the gradient of an output of shape ", y.shape(),
                         " must be given; only a tensor of one element has an implicit gradient of 1");
        seed = full(y.shape(), 1.0, y.dtype());
      }
      check<ShapeError>(seed.shape() == y.shape(), what, ": the gradient of output ", i, " has shape ", seed.shape(), " but the output has ", y.shape());
      seeds_.emplace_back(Edge(y), seed);
    }
  }

  /// Restricts the pass to what leads to `inputs` and collects their gradients. With `stop` it ends at each of them, also where another
  /// one lies beyond.
  void capture(const Tensors& inputs, bool stop = false) {
    restricted_ = true;
    stop_ = stop;
    uint64_t oldest = ~uint64_t{0};
    for (size_t i = 0; i < inputs.size(); i++) {
      check<GradError>(inputs[i].requires_grad(), "grad: input ", i, " (", inputs[i], ") does not require a gradient");
      TapeNode* node = inputs[i].impl().node.get();
      captures_[node].emplace_back(inputs[i].impl().output_index, i);
      oldest = std::min(oldest, node->sequence);
    }
    captured_.resize(inputs.size());
    // Reachable nodes, oldest first: a node leads to an input when it is one or when an edge goes to a node that does.
    std::vector<TapeNode*> stack, order;
    std::unordered_set<TapeNode*> seen;
    auto visit = [&](TapeNode* n) {
      if (n->sequence >= oldest && seen.insert(n).second) stack.push_back(n);
    };
    for (auto& [edge, g] : seeds_) visit(edge.node.get());
    while (!stack.empty()) {
      TapeNode* n = stack.back();
      stack.pop_back();
      order.push_back(n);
      if (stop_ && captures_.count(n)) continue;
      for (uint32_t i = 0; i < n->num_edges; i++)
        if (n->edges[i].node) visit(n->edges[i].node.get());
    }
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->sequence < b->sequence; });
    for (TapeNode* n : order) {
      bool beyond = false;
      for (uint32_t i = 0; i < n->num_edges && !beyond && !(stop_ && captures_.count(n)); i++)
        if (n->edges[i].node) beyond = leads_.find(n->edges[i].node.get()) >= 0;
      if (beyond || captures_.count(n)) leads_[n] = beyond;
    }
  }

  void run() {
    EnableGrad mode(recording_);
    for (auto& [edge, seed] : seeds_)
      if (wants(edge)) send(edge, seed);
    seeds_.clear();
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      int64_t slot = heap_.back().second;
      heap_.pop_back();
      Arrived& there = arrived_[size_t(slot)];
      Intrusive<TapeNode> node = std::move(there.node);
      first_ = std::move(there.first);
      if (node->num_outputs > 1) others_ = std::move(there.others);
      pending_.erase(node.get());
      free_slots_.push_back(slot);
      play(std::move(node));
    }
    if (!restricted_) commit();
  }

  Tensors take_captured() { return std::move(captured_); }

  bool on_the_way(const TapeNode* node) const override { return leads_.find(node) >= 0; }

  void send(const Edge& e, Tensor g) override {
    // A backward kernel records nothing: what it hands on is looked at here.
    if (context().anomaly && playing) [[unlikely]] check_finite(playing, "backward", {g}, {gradient(0)});
    if (!g.defined()) return;
    const OutputType& type = e.type();
    if (!(g.shape() == type.shape)) g = sum_to(g, type.shape);
    if (g.dtype() != type.dtype) g = to(g, type.dtype);
    Arrived& there = at(e.node);
    Tensor& slot = e.index == 0 ? there.first : there.others[e.index - 1];
    if (!slot.defined()) slot = std::move(g);
    else if (!recording_ && slot.handle().use_count() == 1 && slot.storage().use_count() == 1 && slot.is_contiguous())
      kernels::add_into(slot, g, 1.0);  // nobody else sees the sum so far
    else slot = slot + g;
  }

 private:
  // The gradients of a node that is not played yet.
  struct Arrived {
    Intrusive<TapeNode> node;
    Tensor first;
    Tensors others;
  };

  Arrived& at(const Intrusive<TapeNode>& node) {
    int64_t& slot = pending_[node.get()];
    if (slot >= 0) return arrived_[size_t(slot)];
    if (free_slots_.empty()) {
      slot = int64_t(arrived_.size());
      arrived_.emplace_back();
    } else {
      slot = free_slots_.back();
      free_slots_.pop_back();
    }
    Arrived& there = arrived_[size_t(slot)];
    there.node = node;
    if (node->num_outputs > 1) there.others.resize(node->num_outputs - 1);
    heap_.emplace_back(node->sequence, slot);
    std::push_heap(heap_.begin(), heap_.end());
    return there;
  }

  void play(Intrusive<TapeNode> owner) {
    TapeNode* node = owner.get();
    playing = node->name;
    bool captured = stop_ && captures_.count(node);  // its hooks see the whole gradient later
    if (node->extras && !captured) run_hooks(*node);
    if (restricted_) {
      auto it = captures_.find(node);
      if (it != captures_.end())
        for (auto [output, position] : it->second) captured_[position] = gradient(output);
      if (leads_.find(node) == 0) return;  // nothing wanted lies beyond
    }
    if (node->is_leaf()) {
      leaves_.emplace_back(std::move(owner), std::move(first_));
      return;
    }
    if (node->played)
      throw GradError(text("backward: the closures of \"", node->name,
                           "\" were freed by an earlier backward; pass retain_graph = true to the first one to go through the graph again"));
    if (context().tracer) [[unlikely]] context().tracer->begin_backward(*node);
    node->play(node, *this);
    if (context().tracer) [[unlikely]] context().tracer->end_backward(*node);
    if (!keep_ && owner.use_count() > 1) {  // otherwise it is freed here, whole
      node->played = true;
      node->forget(node);
      for (uint32_t i = 0; i < node->num_edges; i++) node->edges[i].node = nullptr;
    }
  }

  void run_hooks(TapeNode& node) {
    auto slot = [&](uint32_t output) -> Tensor& { return output == 0 ? first_ : others_[output - 1]; };
    for (auto& entry : node.extras->hooks) {
      Tensor& g = slot(entry.output);
      if (!g.defined()) continue;
      Tensor changed = entry.hook(g);
      if (!changed.defined()) continue;
      check<ShapeError>(changed.shape() == g.shape(), "register_hook: the hook returned a gradient of shape ", changed.shape(), " instead of ", g.shape());
      g = changed;
    }
    for (auto& [output, kept] : node.extras->retained)
      if (slot(output).defined()) kept = kept.defined() ? kept + slot(output) : slot(output);
  }

  void commit() {
    // Sums first, so that an error leaves every .grad as it was.
    for (auto& [node, g] : leaves_) {
      auto* leaf = static_cast<LeafNode*>(node.get());
      if (leaf->grad.defined()) g = leaf->grad + g;
      else if (g.storage().use_count() > 1 || !g.is_contiguous()) g = recording_ ? g : kernels::copy(g);
    }
    for (auto& [node, g] : leaves_) static_cast<LeafNode*>(node.get())->grad = std::move(g);
    for (auto& [node, g] : leaves_)
      for (auto& [id, f] : static_cast<LeafNode*>(node.get())->after_accumulate) f();
  }

  const bool keep_;  // the closures will be played again
  bool stop_ = false;
  std::vector<std::pair<Edge, Tensor>> seeds_;
  std::unordered_map<TapeNode*, std::vector<std::pair<uint32_t, size_t>>> captures_;  // node -> (output, position)
  Tensors captured_;
  NodeMap leads_;   // nodes on the way to an input; value 1: one lies beyond, 0: this is the last
  NodeMap pending_;  // where in arrived_ a node's gradients are
  std::vector<Arrived> arrived_;
  std::vector<int64_t> free_slots_;
  std::vector<std::pair<uint64_t, int64_t>> heap_;  // sequence number and place in arrived_
  std::vector<std::pair<Intrusive<TapeNode>, Tensor>> leaves_;
};

struct PlayingScope {
  const char* before = playing;
  uint64_t pass_before = std::exchange(pass, ++passes);
  ~PlayingScope() {
    playing = before;
    pass = pass_before;
  }
};

/// Node of fused() and custom_vjp(): closures behind std::function, inputs and outputs saved.
struct JointNode : TapeNode {
  std::vector<Edge> slots;
  std::vector<Saved> inputs, values;
  std::vector<OutputType> types;
  JointBackward backward;
  Composed composed;
  bool recordable;  // backward is written with recorded ops
  Gradient kind = Gradient::exact;

  JointNode(const char* n) : TapeNode(n, &do_play, &do_finalize, &do_forget) {}

  static void do_play(TapeNode* base, Player& player) {
    auto* self = static_cast<JointNode*>(base);
    Needs needs;
    for (uint32_t i = 0; i < self->num_edges; i++)
      if (self->edges[i].node && player.wants(self->edges[i])) needs.bits |= uint64_t{1} << i;
    if (!needs.any()) return;
    Tensors grads;
    grads.reserve(self->num_outputs);
    for (uint32_t i = 0; i < self->num_outputs; i++) {
      Tensor g = player.gradient(i);
      auto& [shape, dtype] = self->outputs[i];
      grads.push_back(g.defined() ? g : zeros(shape, dtype));
    }
    Tensors in;
    in.reserve(self->inputs.size());
    for (auto& s : self->inputs) in.push_back(s.get());
    Tensors results;
    if (player.recording() && !self->recordable) results = self->through_composed(in, grads, needs);
    else {
      Tensors out;
      out.reserve(self->values.size());
      for (uint32_t i = 0; i < self->values.size(); i++) {
        Tensor y = self->values[i].get();
        if (player.recording() && is_floating(y.dtype())) {
          y = alias(y);
          detail::attach(y, self, i);
        }
        out.push_back(y);
      }
      results = self->backward(grads, in, out, needs);
    }
    for (uint32_t i = 0; i < self->num_edges && i < results.size(); i++)
      if (needs[int(i)]) player.send(self->edges[i], results[i]);
  }

  // The derivative of the definition. Each input is renamed first, so that an input computed from another one is not
  // differentiated through twice.
  Tensors through_composed(const Tensors& in, const Tensors& grads, Needs needs) {
    check<GradError>(bool(composed), name, ": its backward follows ", kind == Gradient::approximate ? "an approximate rule" : "a fused kernel",
                     " that has no derivative of its own (create_graph was asked for)");
    Tensors renamed, wanted;
    for (size_t i = 0; i < in.size(); i++) {
      Tensor x = in[i].defined() ? rename(in[i]) : Tensor();
      renamed.push_back(x);
      if (needs[int(i)]) wanted.push_back(x);
    }
    Tensors outs = composed(renamed);
    Tensors ys, gs;
    for (size_t i = 0; i < outs.size(); i++)
      if (outs[i].defined() && outs[i].requires_grad()) ys.push_back(outs[i]), gs.push_back(grads[i]);
    Tensors found = grad(ys, wanted, {.grad_outputs = gs, .create_graph = true, .allow_unused = true});
    Tensors results(in.size());
    size_t next = 0;
    for (size_t i = 0; i < in.size(); i++)
      if (needs[int(i)]) results[i] = found[next++];
    return results;
  }

  static void do_forget(TapeNode* base) {
    auto* self = static_cast<JointNode*>(base);
    self->inputs.clear();
    self->values.clear();
    self->backward = nullptr;
    self->composed = nullptr;
  }
  static void do_finalize(TapeNode* base) {
    auto* self = static_cast<JointNode*>(base);
    self->~JointNode();
    small_free(self, sizeof(*self));
  }
};

Tensors record_joint(const char* name, Tensors outputs, Tensors inputs, JointBackward backward, Composed composed, bool recordable, Gradient kind,
                     bool saves = true) {
  bool any = false;
  for (const Tensor& t : inputs) any = any || t.requires_grad();
  if (context().grad_enabled && any && kind != Gradient::none) {
    check<GradError>(inputs.size() <= 64, name, ": at most 64 inputs can be recorded together, not ", inputs.size());
    auto* node = new (small_allocate(sizeof(JointNode))) JointNode(name);
    Intrusive<TapeNode> owner(node);
    node->slots.reserve(inputs.size());
    if (saves) node->inputs.reserve(inputs.size());
    for (const Tensor& t : inputs) {
      node->slots.push_back(t.requires_grad() ? Edge(t) : Edge());
      if (saves) node->inputs.emplace_back(t);
    }
    node->edges = node->slots.data();
    node->num_edges = uint32_t(inputs.size());
    node->num_outputs = uint32_t(outputs.size());
    node->backward = std::move(backward);
    node->composed = std::move(composed);
    node->recordable = recordable;
    node->kind = kind;
    for (uint32_t i = 0; i < outputs.size(); i++) {
      Tensor& y = outputs[i];
      if (y.impl().node || y.handle().use_count() > 1) y = alias(y);
      node->types.push_back({y.shape(), y.dtype()});
      if (saves) node->values.emplace_back(alias(y));
      if (is_floating(y.dtype())) detail::attach(y, node, i);
    }
    node->outputs = node->types.data();
  }
  if (detail::observing()) [[unlikely]] detail::after_record(name, outputs, inputs);
  return outputs;
}

}  // namespace

void Saved::fail() const {
  throw GradError(text(playing ? playing : "a recorded operation", ": a tensor it needs for its gradient (", describe(tensor_),
                       ") was changed in place after the forward pass; use the out-of-place form, or clone it before"));
}

Tensors fused(const char* name, Tensors outputs, Tensors inputs, JointBackward backward, Composed composed) {
  return record_joint(name, std::move(outputs), std::move(inputs), std::move(backward), std::move(composed), false, Gradient::exact);
}
Tensor fused(const char* name, Tensor output, Tensors inputs, JointBackward backward, Composed composed) {
  Tensors outputs;
  outputs.push_back(std::move(output));
  return fused(name, std::move(outputs), std::move(inputs), std::move(backward), std::move(composed))[0];
}
Tensors record_parts(const char* name, Tensors views, const Tensor& whole, std::function<Tensor(const Tensors& grads)> join) {
  auto backward = [join = std::move(join)](const Tensors& grads, const Tensors&, const Tensors&, Needs) { return Tensors{join(grads)}; };
  return record_joint(name, std::move(views), {whole}, backward, nullptr, true, Gradient::exact, false);
}
Tensors custom_vjp(const char* name, Tensors outputs, Tensors inputs, JointBackward backward, Gradient kind) {
  return record_joint(name, std::move(outputs), std::move(inputs), std::move(backward), nullptr, true, kind);
}
Tensor custom_vjp(const char* name, Tensor output, Tensors inputs, JointBackward backward, Gradient kind) {
  Tensors outputs;
  outputs.push_back(std::move(output));
  return custom_vjp(name, std::move(outputs), std::move(inputs), std::move(backward), kind)[0];
}

Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options) {
  PlayingScope scope;
  Engine engine(outputs, options);
  engine.capture(inputs);
  engine.run();
  Tensors result = engine.take_captured();
  for (size_t i = 0; i < result.size(); i++)
    check<GradError>(result[i].defined() || options.allow_unused, "grad: the outputs do not depend on input ", i, " (", inputs[i],
                     "); pass allow_unused = true to get an undefined gradient instead");
  return result;
}

Tensor rename(const Tensor& x) {
  return record("rename", alias(x), from(x, [](const Tensor& grad) { return grad; }));
}

Tensors partial_gradient(const Tensors& outputs, const Tensors& inputs, const Tensors& grad_outputs, bool create_graph) {
  PlayingScope scope;
  Engine engine(outputs, {.grad_outputs = grad_outputs, .create_graph = create_graph});
  engine.capture(inputs, true);
  engine.run();
  return engine.take_captured();
}

Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options) { return grad(Tensors{output}, Tensors{input}, options)[0]; }

void backward(const Tensors& outputs, const GradOptions& options) {
  PlayingScope scope;
  Engine engine(outputs, options);
  engine.run();
}

uint64_t current_backward_pass() { return pass; }
const char* operation_played() { return playing; }

}  // namespace tare
