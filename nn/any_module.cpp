#include "nn/any_module.h"

#include "core/json.h"
#include "nn/save.h"

namespace tare {

void Visitor::exchangeable(std::string_view name, nn::AnyModule& box) {
  if (box) child(name, *box);
}

}  // namespace tare

namespace tare::nn {

Module& AnyModule::operator*() const {
  check<StateError>(bool(module_), "AnyModule: it is empty; assign a module to it first");
  return *module_;
}

Tensors AnyModule::call(std::span<const Tensor> inputs, const Json* extras) const {
  return (**this).call(inputs, extras);
}

Tensor AnyModule::operator()(const Tensor& x) const { return (**this).call({&x, 1})[0]; }

Tensor AnyModule::operator()(const Tensor& x, const Tensor& y) const {
  Tensor both[] = {x, y};
  return (**this).call(both)[0];
}

Json AnyModule::to_json() const { return module_ ? describe_module(*module_) : Json(); }

void AnyModule::from_json(const Json& json, const std::string& path) { module_ = json.is_null() ? nullptr : build_module(json, path); }

void ModuleVector::visit(Visitor& v, std::string_view prefix) {
  for (size_t i = 0; i < items.size(); i++) v.exchangeable(text(prefix, i), items[i]);
}

}  // namespace tare::nn
