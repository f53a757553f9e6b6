// ModuleList and ModuleDict: children by number and by name, for models that call them in a way of their own. They are not called themselves.
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct ModuleListOptions {
  ModuleVector modules{};
  void visit(Visitor& v);
};
/// nn::ModuleList blocks{nn::Linear{4, 4}, nn::Linear{4, 4}};  for (auto& b : blocks) x = b(x);  Children are "0", "1", ...
class ModuleList : public Layer<ModuleList> {
 public:
  static constexpr std::string_view type = "ModuleList";
  using Options = ModuleListOptions;
  ModuleList() = default;
  explicit ModuleList(Options options) : options(std::move(options)) {}
  template <class... M>
    requires(sizeof...(M) > 0 && (std::is_base_of_v<Module, std::decay_t<M>> && ...) && !(sizeof...(M) == 1 && (std::is_same_v<std::decay_t<M>, ModuleList> && ...)))
  explicit ModuleList(M&&... modules) {
    (append(AnyModule(std::forward<M>(modules))), ...);
  }
  /// Throws StateError: a list has no order of its own in which to call its modules.
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  void append(AnyModule m);
  size_t size() const { return options.modules.size(); }
  AnyModule& operator[](size_t i);
  auto begin() { return options.modules.begin(); }
  auto end() { return options.modules.end(); }

  Options options;
};

struct ModuleDictOptions {
  std::vector<std::string> keys{};  ///< names of the modules, in order; no dots
  ModuleVector modules{};
  void visit(Visitor& v);
};
/// Children are named by their keys.
class ModuleDict : public Layer<ModuleDict> {
 public:
  static constexpr std::string_view type = "ModuleDict";
  using Options = ModuleDictOptions;
  ModuleDict() = default;
  explicit ModuleDict(Options options);
  /// Throws StateError, as ModuleList's.
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  /// Adds a module, or exchanges the one of this key.
  void set(std::string key, AnyModule m);
  /// Throws ConfigError naming the nearest key.
  AnyModule& operator[](std::string_view key);
  bool contains(std::string_view key) const;
  size_t size() const { return options.modules.size(); }

  Options options;
};

extern template class Layer<ModuleList>;
extern template class Layer<ModuleDict>;

}  // namespace tare::nn
