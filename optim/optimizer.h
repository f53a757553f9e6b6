// Optimizer: what changes parameters, given their gradients or a loss it can evaluate again.
//
// A method implements apply(Step&). step() hands it the gradients found in .grad; step(closure) lets it evaluate the loss as
// often as it wants, so that SAM, LBFGS and Hessian-based methods fit the same interface. Gradient transforms are optimizers too:
// they replace gradients in the Step and leave the parameters alone, and `chain` puts them before a method.
//
// Parameters are numbered once, by the root: parameter i of every Step is parameter i of the root's list, for wrappers and
// their bases alike. Groups are the root's too: group g of a method has options of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "autograd/parameter_list.h"
#include "core/context.h"
#include "core/json.h"
#include "core/visitor.h"

namespace tare::optim {

/// Returns the loss: one number, or one per sample.
using Closure = std::function<Tensor()>;

/// One step as a method sees it.
struct Step {
  const ParameterList& params;
  const std::vector<uint32_t>& groups;  ///< the group of each parameter
  Tensors grads;                        ///< by parameter; undefined where there is none: such a parameter is skipped
  Tensor loss{};                        ///< of the last evaluation; undefined without a closure
  const Closure* closure = nullptr;
  Tensors hessians{};                   ///< diagonal estimates by parameter for methods that take them; empty or undefined: none this step
  bool updates = true;                  ///< false while a wrapper only wants gradients transformed

  size_t size() const { return params.size(); }
  /// Parameter i to write into (recording is off while a method runs).
  const Tensor& param(size_t i) const { return params[i].tensor; }
  /// Evaluates the closure and differentiates it: loss (its mean when there is one per sample) and grads are those of the present
  /// parameters. Throws StateError without a closure, naming `who`.
  void evaluate(bool create_graph = false, std::string_view who = "this optimizer");
};

class Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  virtual std::string_view type_name() const = 0;
  /// Names the options of group `group` once. Group 0 are the defaults.
  virtual void visit_options(Visitor& v, size_t group) = 0;
  /// One step. Recording is off; write parameters in place.
  virtual void apply(Step& s) = 0;
  /// An unbound copy: options, no state.
  virtual std::unique_ptr<Optimizer> clone() const = 0;
  /// Names the state of parameter i (called for every i that has one), and the state that belongs to no parameter.
  virtual bool has_state(size_t i) const;
  virtual void visit_state(Visitor& v, size_t i);
  virtual void visit_global_state(Visitor& v);
  /// Room for the state of n parameters and the options of g groups (new groups start as copies of group 0).
  virtual void resize(size_t parameters, size_t groups);
  /// Throws ConfigError when the options of a group are not usable.
  virtual void validate(size_t group) const;
  /// The optimizers inside this one, by option key: {"base", ...}. For setting options and visiting state by path.
  virtual std::vector<std::pair<std::string, Optimizer*>> inner();
  /// What this method wants to be evaluated with in place of parameter i, whose value is w (an average); undefined: w itself.
  virtual Tensor evaluation_weight(size_t i, const Tensor& w) const;
  /// Whether the method needs a closure; step() without one is then an error that says so.
  virtual bool needs_closure() const { return false; }
  /// Whether the state of parameter `from` moves to `to` when parameters change (rebind).
  virtual void move_state(const std::vector<int64_t>& old_index_of_new);

  // ---- for users

  /// One step from the gradients in .grad. Parameters without a gradient are skipped. Throws StateError for an unbound
  /// optimizer, a retired leaf (naming it) or a method that needs a closure.
  void step();
  /// One step of a method that may evaluate the loss. Returns the loss of the first evaluation.
  Tensor step(const Closure& closure);
  void step_with(Step& s);
  void zero_grad();
  bool bound() const { return bound_; }
  /// Binds an unbound optimizer. Throws ConfigError for an empty list or a leaf that occurs twice.
  void bind(ParameterList params);
  /// Other parameters, the state carried over by name (tensors whose shape changed start anew).
  void rebind(ParameterList params);
  /// A group of its own for these parameters, which leave their present group; `options` is an object of the options that differ.
  /// Returns the group's number. Throws ConfigError for a parameter that is not bound.
  size_t add_group(const ParameterList& params, const Json& options);
  size_t num_groups() const { return num_groups_; }
  const ParameterList& params() const { return params_; }
  const std::vector<uint32_t>& groups() const { return groups_; }

  /// An option by path ("lr", "betas.0", "base.lr"), of one group.
  Json get(const std::string& path, size_t group = 0);
  void set(const std::string& path, const Json& value, size_t group);
  /// Of every group.
  void set(const std::string& path, const Json& value);

  /// {"type", options, "groups"}: what it is, without state.
  Json describe();
  /// The same with "state" by parameter name, and the parameters' names and shapes.
  Json to_json();
  /// Restores state written by to_json into this bound optimizer; all or nothing. Throws ConfigError when the type, the
  /// parameters or the shapes differ.
  void load_state(const Json& json, const std::string& path = "optimizer");

  /// Exchanges every parameter with its evaluation weight while it lives (Schedule-Free, EMA, SWA); nothing for other methods.
  class EvaluationScope {
   public:
    explicit EvaluationScope(Optimizer& o);
    ~EvaluationScope();
    EvaluationScope(const EvaluationScope&) = delete;
    EvaluationScope& operator=(const EvaluationScope&) = delete;

   private:
    std::vector<std::pair<Tensor, Tensor>> held_;
  };

 protected:
  Optimizer();

 private:
  bool bound_ = false;
  ParameterList params_;
  std::vector<uint32_t> groups_;
  std::vector<Json> group_overrides_;  // by group; null for group 0
  size_t num_groups_ = 1;
};

/// The box that holds any optimizer by value: what wrappers and JSON hold.
class AnyOptimizer : public Box {
 public:
  AnyOptimizer() = default;
  explicit AnyOptimizer(std::unique_ptr<Optimizer> o) : optimizer_(std::move(o)) {}
  template <class O>
    requires std::is_base_of_v<Optimizer, O>
  AnyOptimizer(const O& o) : optimizer_(o.clone()) {}
  AnyOptimizer(const AnyOptimizer& o) : Box(o), optimizer_(o.optimizer_ ? o.optimizer_->clone() : nullptr) {}
  AnyOptimizer(AnyOptimizer&&) = default;
  AnyOptimizer& operator=(AnyOptimizer o) {
    optimizer_ = std::move(o.optimizer_);
    return *this;
  }
  bool empty() const override { return !optimizer_; }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;
  Optimizer& operator*() const;
  Optimizer* operator->() const { return &**this; }
  Optimizer* get() const { return optimizer_.get(); }
  std::unique_ptr<Optimizer> release() { return std::move(optimizer_); }

 private:
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace tare::optim
