// Walking a module tree: every leaf slot, buffer and module with its path.
#pragma once

#include <functional>
#include <string>

#include "nn/any_module.h"

namespace tare::nn {

/// What a walk reports. Override what is wanted; paths are relative to the module the walk started at.
struct Walk : Visitor {
  /// Visits `root` and everything below it.
  void run(Module& root);

  virtual void on_module(const std::string& /*path*/, Module&) {}
  virtual void on_slot(const std::string& /*path*/, Parameter&, Role) {}    ///< slots as layers see them
  virtual void on_leaf(const std::string& /*path*/, Parameter&, Role) {}    ///< raw leaves, inside reparameterizations too
  virtual void on_buffer(const std::string& /*path*/, Buffer&) {}
  virtual void on_box(const std::string& /*path*/, AnyModule&) {}           ///< exchangeable children

  /// The module whose parts are being visited (for a leaf inside a reparameterization: the layer).
  Module* owner = nullptr;

  void parameter(std::string_view name, Parameter& p, Role role) override;
  void buffer(std::string_view name, Buffer& b) override;
  void child(std::string_view name, Module& m) override;
  void exchangeable(std::string_view name, AnyModule& box) override;

 private:
  std::string join(std::string_view name) const;
  std::string prefix_;           // path of the module being visited
  const std::string* slot_ = nullptr;  // inside a reparameterization: the slot's path
  Role slot_role_ = Role::weight;      // and what the weight it yields is for
};

}  // namespace tare::nn
