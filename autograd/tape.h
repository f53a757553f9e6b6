// The tape: reverse-mode automatic differentiation.
//
// An operation is ONE function in ONE place. It computes its value with a kernel and records, beside each input, the
// vector-Jacobian product (vjp) that carries the gradient of the output back to that input:
//
//   Tensor exp(const Tensor& x) {
//     return record("exp", kernels::exp(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * y; }));
//   }
//
// A vjp is itself written with recorded operations, so derivatives of any order follow. `record` drops the inputs that need
// no gradient together with what they saved, sums broadcast axes back to the input's shape, and casts to its dtype: no
// vjp does that by hand.
//
// The tape is the set of nodes ordered by a sequence number. backward plays it from the end: a node is played when every
// gradient of a later node has arrived, and its closures are freed at once (unless retain_graph). Nothing here recurses:
// a chain of a million operations is played and freed with a flat stack.
#pragma once

#include <functional>
#include <memory>
#include <tuple>
#include <utility>

#include "core/context.h"
#include "core/small_blocks.h"
#include "core/tensor.h"

namespace tare {

class Player;

/// What an output is, and therefore its gradient.
struct OutputType {
  Shape shape;
  DType dtype = DType::float32;
};

/// Where a gradient flows: one output of an earlier node.
struct Edge {
  Intrusive<TapeNode> node;
  uint32_t index = 0;
  Edge() = default;
  explicit Edge(const Tensor& input) : node(input.impl().node), index(input.impl().output_index) {}
  /// The shape and dtype a gradient must have there.
  const OutputType& type() const;
};

/// Which gradients are wanted, by input position.
struct Needs {
  uint64_t bits = 0;
  bool operator[](int i) const { return bits >> i & 1; }
  bool any() const { return bits != 0; }
};

using Hook = std::function<Tensor(const Tensor& grad)>;  ///< may return an undefined Tensor: gradient unchanged

struct NodeExtras {
  struct Entry {
    uint32_t output;
    int64_t id;
    Hook hook;
  };
  std::vector<Entry> hooks;
  std::vector<std::pair<uint32_t, Tensor>> retained;  // retain_grad: output index, collected gradient
};

/// A leaf or a recorded operation.
struct TapeNode : Counted {
  uint64_t sequence;
  const char* name;
  void (*play)(TapeNode*, Player&);    // null for a leaf
  void (*finalize)(TapeNode*);         // destroys and frees
  void (*forget)(TapeNode*);           // frees the closures after they were played
  Edge* edges = nullptr;
  uint32_t num_edges = 0;
  uint32_t num_outputs = 1;
  bool played = false;                 // closures gone
  std::unique_ptr<NodeExtras> extras;
  OutputType output;                     // of an operation with one output
  const OutputType* outputs = &output;   // num_outputs of them

  TapeNode(const char* n, void (*p)(TapeNode*, Player&), void (*fin)(TapeNode*), void (*f)(TapeNode*));
  bool is_leaf() const { return play == nullptr; }
};

inline const OutputType& Edge::type() const { return node->outputs[index]; }

/// The node of a tensor on which set_requires_grad was called.
struct LeafNode : TapeNode {
  Tensor grad;
  std::vector<std::pair<int64_t, std::function<void()>>> after_accumulate;  // called when grad is complete
  LeafNode();
};

/// A tensor kept for the backward pass, with the version it had. Using it after an in-place write is a GradError that names
/// the operation and the tensor.
class Saved {
 public:
  explicit Saved(const Tensor& t) : tensor_(t), version_(t.defined() ? t.storage()->version.load(std::memory_order_relaxed) : 0) {}
  operator const Tensor&() const { return get(); }
  const Tensor& operator*() const { return get(); }
  const Tensor* operator->() const { return &get(); }
  const Tensor& get() const {
    if (tensor_.defined() && tensor_.storage()->version.load(std::memory_order_relaxed) != version_) [[unlikely]] fail();
    return tensor_;
  }

 private:
  [[noreturn]] void fail() const;
  Tensor tensor_;
  uint32_t version_;
};
inline Saved saved(const Tensor& t) { return Saved(t); }

/// The state of one backward pass, as a playing node sees it.
class Player {
 public:
  bool wants(const Edge& e) const { return e.node && (!restricted_ || on_the_way(e.node.get())); }
  /// The gradient of an output of the node being played; undefined when none arrived.
  const Tensor& gradient(uint32_t output) const { return output == 0 ? first_ : others_[output - 1]; }
  /// Adds g, brought to the edge's shape and dtype, to what has arrived there. Undefined g is ignored.
  virtual void send(const Edge& e, Tensor g) = 0;
  /// The backward pass is itself put on the tape.
  bool recording() const { return recording_; }

 protected:
  explicit Player(bool recording) : recording_(recording) {}
  ~Player() = default;
  virtual bool on_the_way(const TapeNode* node) const = 0;
  const bool recording_;
  bool restricted_ = false;  // only what is on the way to certain inputs is wanted
  Tensor first_;             // gradients of the node being played
  Tensors others_;
};

/// An input and its vjp, as handed to record().
template <class F>
struct From {
  const Tensor& input;
  F vjp;
};
/// `vjp` is callable as (grad) or as (grad, y), y being the operation's own output.
template <class F>
From<F> from(const Tensor& input, F vjp) {
  return {input, std::move(vjp)};
}

namespace detail {
void after_record(const char* name, const Tensor& value, std::initializer_list<const Tensor*> inputs);  // anomaly mode, tracing
void after_record(const char* name, const Tensors& values, const Tensors& inputs);
inline void attach(const Tensor& value, TapeNode* node, uint32_t index) {
  value.impl().node = Intrusive<TapeNode>(node);
  value.impl().output_index = index;
}

inline bool observing() { return context().anomaly || context().tracer; }

template <class F>
constexpr bool takes_output = std::is_invocable_v<const F&, const Tensor&, const Tensor&>;

/// Node, edges and closures of an operation with one output: one allocation.
template <class... F>
struct OpNode : TapeNode {
  static constexpr size_t N = sizeof...(F);
  static constexpr bool needs_output = (takes_output<F> || ...);
  Edge slots[N];
  std::tuple<std::optional<F>...> vjps;
  struct Nothing {};
  [[no_unique_address]] std::conditional_t<needs_output, std::optional<Saved>, Nothing> value{};  // an alias off the tape: no cycle

  OpNode(const char* name, const Tensor& y, From<F>&... from) : TapeNode(name, &do_play, &do_finalize, &do_forget) {
    edges = slots;
    num_edges = N;
    output.shape = y.shape();
    output.dtype = y.dtype();
    take(std::index_sequence_for<F...>{}, from...);
    if constexpr (needs_output) value.emplace(alias(y));
  }
  template <size_t... I>
  void take(std::index_sequence<I...>, From<F>&... from) {
    ((from.input.requires_grad() ? (slots[I] = Edge(from.input), std::get<I>(vjps).emplace(std::move(from.vjp)), 0) : 0), ...);
  }
  static void do_play(TapeNode* base, Player& player) {
    auto* self = static_cast<OpNode*>(base);
    const Tensor& grad = player.gradient(0);
    Tensor y;
    if constexpr (needs_output) {
      y = player.recording() ? alias(self->value->get()) : self->value->get();
      if (player.recording()) attach(y, self, 0);
    }
    self->play_all(std::index_sequence_for<F...>{}, player, grad, y);
  }
  template <size_t... I>
  void play_all(std::index_sequence<I...>, Player& player, const Tensor& grad, const Tensor& y) {
    (play_one(slots[I], std::get<I>(vjps), player, grad, y), ...);
  }
  template <class G>
  void play_one(const Edge& edge, const std::optional<G>& vjp, Player& player, const Tensor& grad, const Tensor& y) {
    if (!vjp || !player.wants(edge)) return;
    if constexpr (takes_output<G>) player.send(edge, (*vjp)(grad, y));
    else player.send(edge, (*vjp)(grad)), (void)y;
  }
  static void do_forget(TapeNode* base) {
    auto* self = static_cast<OpNode*>(base);
    std::apply([](auto&... v) { (v.reset(), ...); }, self->vjps);
    if constexpr (needs_output) self->value.reset();
  }
  static void do_finalize(TapeNode* base) {
    auto* self = static_cast<OpNode*>(base);
    self->~OpNode();
    small_free(self, sizeof(*self));
  }
};
}  // namespace detail

/// Puts `value`, computed from the inputs, on the tape, and returns it. `name` must be a string with static lifetime.
template <class... F>
Tensor record(const char* name, Tensor value, From<F>... from) {
  if (context().grad_enabled && (from.input.requires_grad() || ...)) {
    if (value.impl().node || value.handle().use_count() > 1) value = alias(value);  // an input handed through: a tensor of its own
    auto* node = new (small_allocate(sizeof(detail::OpNode<F...>))) detail::OpNode<F...>(name, value, from...);
    detail::attach(value, node, 0);
  }
  if (detail::observing()) [[unlikely]] detail::after_record(name, value, {&from.input...});
  return value;
}

// ---- operations whose gradients are computed together, or that have several outputs

/// All gradients at once. `grads`: one for each output (zeros where none arrived). `inputs` and `outputs` are as in the forward
/// pass. Returns one tensor for each input; undefined where it is not needed or zero.
using JointBackward = std::function<Tensors(const Tensors& grads, const Tensors& inputs, const Tensors& outputs, Needs needs)>;
/// The definition of a fused operation in ordinary recorded ones.
using Composed = std::function<Tensors(const Tensors& inputs)>;

/// How an operation that defines its own backward stands to its true derivative.
enum class Gradient {
  exact,        ///< checked against finite differences
  approximate,  ///< by a paper's rule; differentiating it again is an error unless its backward is written with recorded ops
  none          ///< not differentiable (indices, comparisons)
};

/// Records an operation with a joint backward. `backward` calls kernels and is not recorded. When a derivative of the
/// derivative is asked for (create_graph), `composed` is differentiated instead; without it that is a GradError.
/// Inputs are saved with their versions; undefined inputs are allowed. Outputs are kept off the tape (no cycle).
Tensors fused(const char* name, Tensors outputs, Tensors inputs, JointBackward backward, Composed composed);
/// The same for one output.
Tensor fused(const char* name, Tensor output, Tensors inputs, JointBackward backward, Composed composed);

/// A user's own backward rule: `backward(grads, inputs, outputs, needs)` is written with recorded ops and may be differentiated again.
Tensors custom_vjp(const char* name, Tensors outputs, Tensors inputs, JointBackward backward, Gradient kind = Gradient::exact);
Tensor custom_vjp(const char* name, Tensor output, Tensors inputs, JointBackward backward, Gradient kind = Gradient::exact);

// ---- playing the tape

struct GradOptions {
  Tensors grad_outputs{};     ///< one for each output; may be left out for outputs of one element
  bool create_graph = false;  ///< record the backward pass, so that it can be differentiated again
  bool retain_graph = false;  ///< keep the closures for another backward (implied by create_graph)
  bool allow_unused = false;  ///< an input the outputs do not depend on gets an undefined gradient instead of a GradError
};

/// d(sum of outputs . grad_outputs)/d(inputs). Plays only what lies on the way to `inputs`; `.grad` is not touched.
Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options = {});
Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options = {});

/// Accumulates into the `.grad` of every leaf the outputs depend on, when all went well; on an exception no `.grad` changes.
void backward(const Tensors& outputs, const GradOptions& options = {});

/// Calls `hook` with the gradient of `t` when it is complete; what it returns, when defined, replaces it. Returns an id for remove_hook.
int64_t register_hook(const Tensor& t, Hook hook);
void remove_hook(const Tensor& t, int64_t id);
/// Calls `f` after backward() has written the `.grad` of leaf `t`.
int64_t register_after_accumulate(const Tensor& t, std::function<void()> f);

/// Throws GradError when `t` may not be written in place (it is on the tape and recording is on), naming `what`; otherwise counts the write.
void write_guard(const char* what, const Tensor& t);

}  // namespace tare
