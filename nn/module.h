// Module: a value and a tree. It holds options, parameters, buffers and children, and says what they are in two lists:
// visit_options() and visit(). Everything else (JSON, state names, cloning, printing, counts, conversion) is derived from them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/parameter_list.h"
#include "core/context.h"
#include "nn/parameter.h"

namespace tare::nn {

class AnyModule;
struct Edits;  // nn/edit.h

class Module {
 public:
  Module();
  Module(const Module&);
  Module(Module&&) noexcept;
  Module& operator=(const Module&);
  Module& operator=(Module&&) noexcept;
  virtual ~Module();

  /// The name in JSON and in the catalogue.
  virtual std::string_view type_name() const = 0;
  /// Names every option once. Derived from Options::visit by Layer.
  virtual void visit_options(Visitor& v) = 0;
  /// Names every parameter, buffer and child once.
  virtual void visit(Visitor& v);
  virtual std::unique_ptr<Module> clone() const = 0;
  /// *this = other when both are of the same type; otherwise changes nothing and returns false.
  virtual bool assign(const Module& other) = 0;
  /// forward() by position, for code that does not know the type: inputs in, outputs flattened in order. `extras` holds
  /// named arguments (masks, flags); null when there are none.
  virtual Tensors call(std::span<const Tensor> inputs, const Json* extras = nullptr) = 0;

  bool training() const { return training_; }
  /// Training or evaluation behaviour, for the whole tree.
  void train(bool on = true);
  void eval() { train(false); }

  ParameterList parameters();
  /// Buffers by path.
  std::vector<std::pair<std::string, Tensor>> buffers();
  /// Every parameter leaf and buffer by path: the tensors themselves.
  std::vector<std::pair<std::string, Tensor>> state();
  /// Copies tensors in by path. All or nothing: throws ConfigError listing missing, unexpected and mis-shaped keys.
  void load_state(const std::vector<std::pair<std::string, Tensor>>& state, bool strict = true);
  /// Every module of the tree with its path, this one ("") first.
  std::vector<std::pair<std::string, Module*>> modules();
  /// The module at `path`; throws ConfigError naming the nearest path.
  Module& at(std::string_view path);

  void zero_grad() { parameters().zero_grad(); }
  /// Converts every floating parameter and buffer; optimizers keep working.
  void to(DType dtype);
  /// Number of trained numbers.
  int64_t num_parameters() { return parameters().numel(); }
  /// Type, options and children, one line each, with parameter counts.
  std::string to_string();

  /// Called with every submodule's path, module, inputs and outputs while the returned handle lives.
  struct Event {
    const std::string& path;
    Module& module;
    const Tensors& inputs;
    const Tensors& outputs;
  };
  using Observer = std::function<void(const Event&)>;
  class ObserverScope;
  [[nodiscard]] std::unique_ptr<ObserverScope> observe(Observer f);

  Edits& edits();                      // created on first use
  const Edits* edits_or_null() const { return edits_.get(); }

 private:
  friend struct TrainVisitor;
  bool training_ = true;
  std::unique_ptr<Edits> edits_;
};

/// What an observed call reports; installed in the context by Module::observe.
class Module::ObserverScope {
 public:
  ObserverScope(Module& root, Observer f);
  ~ObserverScope();
  ObserverScope(const ObserverScope&) = delete;
  ObserverScope& operator=(const ObserverScope&) = delete;

 private:
  std::unique_ptr<Observation> observation_;
  Observation* before_;
};

/// Sets the context's module path while a child runs under observation, and reports when it is done.
class ObservedCall {
 public:
  explicit ObservedCall(Module& m);
  ~ObservedCall();
  void done(const Tensors& inputs, const Tensors& outputs);

 private:
  Module& module_;
  const char* before_;
};

/// Runs f; a tare error that leaves it is thrown again, of the same type, with "<name> (<type>): " in front, so that a message
/// from the depths of a model names the path of the layer.
void at_path(std::string_view name, const Module& m, const std::function<void()>& f);

}  // namespace tare::nn
