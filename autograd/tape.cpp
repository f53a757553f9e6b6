#include "autograd/tape.h"

#include <new>

#include "autograd/ops/reduce.h"
#include "autograd/trace.h"
#include "kernels/elementwise.h"

namespace tare {
namespace {

std::atomic<uint64_t> next_sequence{1};

// Freeing a node frees the nodes it alone refers to, and so on along the whole graph. The chain is cut here: nodes freed while
// another is being freed wait in a list.
thread_local std::vector<TapeNode*>* draining = nullptr;

void destroy_node(Counted* c) {
  auto* node = static_cast<TapeNode*>(c);
  if (draining) return draining->push_back(node);
  std::vector<TapeNode*> waiting;
  draining = &waiting;
  node->finalize(node);
  while (!waiting.empty()) {
    TapeNode* next = waiting.back();
    waiting.pop_back();
    next->finalize(next);
  }
  draining = nullptr;
}

LeafNode* leaf_of(const Tensor& t) {
  TapeNode* node = t.impl().node.get();
  return node && node->is_leaf() ? static_cast<LeafNode*>(node) : nullptr;
}

void finalize_leaf(TapeNode* n) {
  auto* leaf = static_cast<LeafNode*>(n);
  leaf->~LeafNode();
  small_free(leaf, sizeof(*leaf));
}

}  // namespace

TapeNode::TapeNode(const char* n, void (*p)(TapeNode*, Player&), void (*fin)(TapeNode*), void (*f)(TapeNode*))
    : Counted(&destroy_node), sequence(next_sequence.fetch_add(1, std::memory_order_relaxed)), name(n), play(p), finalize(fin), forget(f) {}

LeafNode::LeafNode() : TapeNode("leaf", nullptr, &finalize_leaf, nullptr) {}

namespace detail {
void after_record(const char* name, const Tensor& value, std::initializer_list<const Tensor*> inputs) {
  Tensors list;
  for (const Tensor* t : inputs) list.push_back(*t);
  after_record(name, Tensors{value}, list);
}

void after_record(const char* name, const Tensors& values, const Tensors& inputs) {
  if (context().anomaly) check_finite(name, "forward", values, inputs);
  if (context().tracer) context().tracer->forward(name, values, inputs);
}
}  // namespace detail

// ---- a tensor's own side of the tape

Tensor& Tensor::set_requires_grad(bool on) {
  TensorImpl& t = impl();
  if (t.node && !t.node->is_leaf())
    throw GradError("set_requires_grad: this tensor was computed; only a leaf can be switched (use detach() to start a new one)");
  if (!on) {
    t.node = nullptr;
    return *this;
  }
  check<GradError>(is_floating(t.dtype), "set_requires_grad: only float32 and float64 tensors have gradients, this one is ", t.dtype);
  if (!t.node) {
    detail::attach(*this, new (small_allocate(sizeof(LeafNode))) LeafNode, 0);
    t.node->output = {t.shape, t.dtype};
  }
  return *this;
}

bool Tensor::is_leaf() const { return !impl().node || impl().node->is_leaf(); }

Tensor Tensor::grad() const {
  TapeNode* node = impl().node.get();
  if (!node) return {};
  if (LeafNode* leaf = leaf_of(*this)) return leaf->grad;
  if (node->extras)
    for (auto& [index, g] : node->extras->retained)
      if (index == impl().output_index) return g;
  return {};
}

void Tensor::set_grad(Tensor g) const {
  LeafNode* leaf = leaf_of(*this);
  check<GradError>(leaf != nullptr, "set_grad: only a leaf that requires a gradient holds one");
  if (g.defined())
    check<ShapeError>(g.shape() == shape() && g.dtype() == dtype(), "set_grad: expected ", *this, " but the gradient is ", g);
  leaf->grad = std::move(g);
}

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph) const {
  GradOptions options{.create_graph = create_graph, .retain_graph = retain_graph};
  if (gradient.defined()) options.grad_outputs = {gradient};
  tare::backward({*this}, options);
}

Tensor Tensor::detach() const { return alias(*this); }

void Tensor::retain_grad() const {
  check<GradError>(requires_grad(), "retain_grad: this tensor does not require a gradient");
  TapeNode* node = impl().node.get();
  if (node->is_leaf()) return;
  if (!node->extras) node->extras = std::make_unique<NodeExtras>();
  for (auto& [index, g] : node->extras->retained)
    if (index == impl().output_index) return;
  node->extras->retained.emplace_back(impl().output_index, Tensor());
}

int64_t register_hook(const Tensor& t, Hook hook) {
  static std::atomic<int64_t> next{1};
  check<GradError>(t.requires_grad(), "register_hook: this tensor does not require a gradient");
  TapeNode* node = t.impl().node.get();
  if (!node->extras) node->extras = std::make_unique<NodeExtras>();
  int64_t id = next++;
  node->extras->hooks.push_back({t.impl().output_index, id, std::move(hook)});
  return id;
}

void remove_hook(const Tensor& t, int64_t id) {
  if (!t.requires_grad() || !t.impl().node->extras) return;
  std::erase_if(t.impl().node->extras->hooks, [&](auto& e) { return e.id == id; });
}

int64_t register_after_accumulate(const Tensor& t, std::function<void()> f) {
  LeafNode* leaf = leaf_of(t);
  check<GradError>(leaf != nullptr, "register_after_accumulate: expected a leaf that requires a gradient");
  int64_t id = leaf->after_accumulate.empty() ? 1 : leaf->after_accumulate.back().first + 1;
  leaf->after_accumulate.emplace_back(id, std::move(f));
  return id;
}

void write_guard(const char* what, const Tensor& t) {
  if (t.requires_grad() && context().grad_enabled)
    throw GradError(text(what, ": a tensor that requires a gradient cannot be written in place (shape ", t.shape(),
                         "); use the out-of-place form, or write inside a NoGrad scope"));
  t.storage()->version.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tare
