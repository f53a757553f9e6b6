// The few shapes optimizers come in.
//
//   Method<Self, Options, State>        options by group, state by parameter, JSON: the common part
//   PerParameter<Self, Options, State>  apply() calls self.update(w, g, state, options) for each parameter with a gradient
//   fuse<Rule> (optim/elementwise.h)    the update is a function of single numbers, fused over all parameters; called from apply()
//   Wrapper<Self, Options>              has a base optimizer inside
//
// State is a struct with `void visit(Visitor&)`; its tensors are undefined until a parameter's first step.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/options.h"
#include "optim/check.h"
#include "optim/optimizer.h"

namespace tare::optim {

struct NoState {
  void visit(Visitor&) {}
};

/// Objects of one type by index, some of them not there. (As std::vector<std::optional<T>>, its declaration alone would cost every file that includes a
/// hundred optimizers half a second.)
template <class T>
class Slots {
 public:
  Slots() = default;
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() { resize(0); }
  size_t size() const { return items_.size(); }
  /// Null when there is none.
  T* at(size_t i) const { return i < items_.size() ? static_cast<T*>(items_[i]) : nullptr; }
  void put(size_t i, T value) {
    if (T* there = at(i)) *there = std::move(value);
    else items_[i] = new T(std::move(value));
  }
  void resize(size_t n) {
    for (size_t i = n; i < items_.size(); i++) delete static_cast<T*>(items_[i]);
    items_.resize(n);
  }
  /// Slot i becomes what slot old_index_of_new[i] was, or empty for -1.
  void reorder(const std::vector<int64_t>& old_index_of_new) {
    std::vector<void*> moved;
    for (int64_t old : old_index_of_new) moved.push_back(old >= 0 ? std::exchange(items_[size_t(old)], nullptr) : nullptr);
    resize(0);
    items_ = std::move(moved);
  }

 private:
  std::vector<void*> items_;
};

template <class Self, class OptionsType, class StateType = NoState>
class Method : public Optimizer {
 public:
  using Options = OptionsType;
  using State = StateType;

  /// Unbound: for wrappers and chains, or bind() later.
  explicit Method(Options options = {}) {
    options_.resize(1);
    options_.put(0, std::move(options));
    Self::check_options(this->options());
  }
  Method(ParameterList params, Options options = {}) : Method(std::move(options)) { bind(std::move(params)); }

  std::string_view type_name() const override { return Self::type; }
  void visit_options(Visitor& v, size_t group) override { options(group).visit(v); }
  std::unique_ptr<Optimizer> clone() const override {
    if constexpr (std::is_constructible_v<Self, const Options&>) return std::make_unique<Self>(options());
    else return nullptr;  // wrappers have a clone of their own
  }
  bool has_state(size_t i) const override { return states_.at(i) != nullptr; }
  void visit_state(Visitor& v, size_t i) override { state(i).visit(v); }
  void resize(size_t parameters, size_t groups) override {
    states_.resize(parameters);
    for (size_t g = options_.size(); g < groups; g++) {
      options_.resize(g + 1);
      options_.put(g, options());
    }
  }
  void validate(size_t group) const override { Self::check_options(options(group)); }
  void move_state(const std::vector<int64_t>& old_index_of_new) override {
    states_.reorder(old_index_of_new);
  }

  const Options& options(size_t group = 0) const { return *options_.at(group); }
  Options& options(size_t group = 0) { return *options_.at(group); }

  static std::unique_ptr<Optimizer> create(const Json& json, const std::string& path) {
    Options options{};
    options_from_json(options, json, path, {"type", "format", "state", "groups", "parameters", "crc32"});
    return std::make_unique<Self>(std::move(options));
  }
  /// Rates, momenta, decays and betas by their names (optim/check.h). Shadowed by methods that have more to check, which call it too.
  static void check_options(const Options& o) {
    Options defaults{};
    check_named(Self::type, [](void* object, Visitor& v) { static_cast<Options*>(object)->visit(v); }, const_cast<Options*>(&o), &defaults);
  }

  /// The state of parameter i, made on first use.
  State& state(size_t i) {
    if (!states_.at(i)) states_.put(i, State{});
    return *states_.at(i);
  }
  const State* state_or_null(size_t i) const { return states_.at(i); }

 protected:
  Self& self() { return static_cast<Self&>(*this); }

 private:
  Slots<Options> options_;
  Slots<State> states_;
};

/// f(i) for every parameter that has a gradient, several at once, each on one thread; large ones after another on all threads. f touches nothing that other parameters do.
/// What it throws first in order reaches the caller, after the others ran.
void each_parameter(const Step& s, const std::function<void(size_t i)>& f);

template <class Self, class Options, class State = NoState>
class PerParameter : public Method<Self, Options, State> {
 public:
  using Method<Self, Options, State>::Method;
  /// self.update(const Tensor& w, Tensor g, State& state, const Options& o) for each parameter that has a gradient. w is
  /// written in place (optim/inplace.h). With `static constexpr bool at_once = true` by each_parameter: for updates in loops over w, g and states. Not for those with
  /// temporaries of w's size, whose pages each thread fetches anew, nor with matrix products, which are better done one after another by all threads.
  void apply(Step& s) override {
    auto update = [&](size_t i) { this->self().update(s.param(i), finite_gradient(s, i, Self::type), this->state(i), this->options(s.groups[i])); };
    if constexpr (requires { Self::at_once; }) return each_parameter(s, update);
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined()) update(i);
  }
};

/// A method around another: JSON key "base". Self has wrap(Step&) or overrides apply.
template <class Self, class OptionsType, class State = NoState>
class Wrapper : public Method<Self, OptionsType, State> {
 public:
  using Options = OptionsType;
  explicit Wrapper(AnyOptimizer base_optimizer, Options options = {}) : Method<Self, Options, State>(std::move(options)), base(std::move(base_optimizer)) {
    check<ConfigError>(!base.empty(), Self::type, ": it wraps another optimizer; give one as \"base\"");
  }
  Wrapper(ParameterList params, AnyOptimizer base_optimizer, Options options = {}) : Wrapper(std::move(base_optimizer), std::move(options)) {
    this->bind(std::move(params));
  }
  std::unique_ptr<Optimizer> clone() const override { return std::make_unique<Self>(base, this->options()); }
  void resize(size_t parameters, size_t groups) override {
    Method<Self, Options, State>::resize(parameters, groups);
    base->resize(parameters, groups);
  }
  void move_state(const std::vector<int64_t>& map) override {
    Method<Self, Options, State>::move_state(map);
    base->move_state(map);
  }
  std::vector<std::pair<std::string, Optimizer*>> inner() override { return {{"base", base.get()}}; }
  Tensor evaluation_weight(size_t i, const Tensor& w) const override { return base->evaluation_weight(i, w); }
  bool needs_closure() const override { return base->needs_closure(); }

  static std::unique_ptr<Optimizer> create(const Json& json, const std::string& path) {
    Options options{};
    options_from_json(options, json, path, {"type", "format", "state", "groups", "parameters", "crc32", "base"});
    AnyOptimizer inside;
    inside.from_json(json.at("base", path), path + ".base");
    return std::make_unique<Self>(std::move(inside), std::move(options));
  }

  AnyOptimizer base;
};

}  // namespace tare::optim
