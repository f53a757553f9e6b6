// AnyModule: the box that holds any module by value. Exchangeable children (a block's norm, a Sequential's layers) are AnyModules.
#pragma once

#include <memory>

#include "nn/module.h"

namespace tare::nn {

class AnyModule : public Box {
 public:
  AnyModule() = default;  // empty
  explicit AnyModule(std::unique_ptr<Module> m) : module_(std::move(m)) {}
  template <class M>
    requires std::is_base_of_v<Module, std::decay_t<M>>
  AnyModule(M&& m) : module_(std::make_unique<std::decay_t<M>>(std::forward<M>(m))) {}
  AnyModule(const AnyModule& o) : Box(o), module_(o.module_ ? o.module_->clone() : nullptr) {}
  AnyModule(AnyModule&&) = default;
  /// A module of the same type is assigned into, so that leaves of the same shape keep their identity.
  AnyModule& operator=(const AnyModule& o) {
    if (this != &o && !(module_ && o.module_ && module_->assign(*o.module_))) module_ = o.module_ ? o.module_->clone() : nullptr;
    return *this;
  }
  AnyModule& operator=(AnyModule&& o) {
    if (this != &o && !(module_ && o.module_ && module_->assign(*o.module_))) module_ = std::move(o.module_);
    return *this;
  }

  bool empty() const override { return !module_; }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;

  explicit operator bool() const { return bool(module_); }
  Module& operator*() const;
  Module* operator->() const { return &**this; }
  Module* get() const { return module_.get(); }
  /// The module as an M, or null when it is of another type.
  template <class M>
  M* as() const {
    return dynamic_cast<M*>(module_.get());
  }
  /// The first output of call().
  Tensor operator()(const Tensor& x) const;
  Tensor operator()(const Tensor& x, const Tensor& y) const;
  Tensors call(std::span<const Tensor> inputs, const Json* extras = nullptr) const;

 private:
  std::unique_ptr<Module> module_;
};

/// A vector of AnyModules as an option ("layers": [...]) and as children "0", "1", ...
class ModuleVector : public Visitor::BoxList {
 public:
  std::vector<AnyModule> items{};
  ModuleVector() = default;
  ModuleVector(const ModuleVector& o) : BoxList(o), items(o.items) {}
  ModuleVector(ModuleVector&& o) = default;
  /// Lists of the same length are assigned module by module.
  ModuleVector& operator=(const ModuleVector& o) {
    if (items.size() != o.items.size()) items = std::vector<AnyModule>(o.items);
    else
      for (size_t i = 0; i < items.size(); i++) items[i] = o.items[i];
    return *this;
  }
  ModuleVector& operator=(ModuleVector&& o) {
    if (items.size() != o.items.size()) items = std::move(o.items);
    else
      for (size_t i = 0; i < items.size(); i++) items[i] = std::move(o.items[i]);
    return *this;
  }
  size_t size() const override { return items.size(); }
  void resize(size_t n) override { items.resize(n); }
  Box& at(size_t i) override { return items[i]; }
  AnyModule& operator[](size_t i) { return items[i]; }
  auto begin() { return items.begin(); }
  auto end() { return items.end(); }
  /// Names the children "0", "1", ... (or prefix + number).
  void visit(Visitor& v, std::string_view prefix = "");
};

}  // namespace tare::nn
