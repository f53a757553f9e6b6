#include "nn/walk.h"

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

std::string Walk::join(std::string_view name) const {
  // Inside a reparameterization the leading "weight" of a raw tensor's name stands for the slot.
  if (slot_) return name.substr(0, 6) == "weight" ? text(*slot_, name.substr(6)) : text(*slot_, "_", name);
  return prefix_.empty() ? std::string(name) : text(prefix_, ".", name);
}

void Walk::run(Module& root) {
  owner = &root;
  on_module("", root);
  root.visit(*this);
}

void Walk::parameter(std::string_view name, Parameter& p, Role role) {
  if (!p.defined()) return;
  std::string path = join(name);
  if (slot_ && role == Role::weight) role = slot_role_;
  if (!slot_) on_slot(path, p, role);
  if (Reparameterization* r = p.reparameterization()) {
    const std::string* before = std::exchange(slot_, &path);
    Role role_before = std::exchange(slot_role_, role);
    r->visit(*this);
    slot_ = before;
    slot_role_ = role_before;
  } else {
    on_leaf(path, p, role);
  }
}

void Walk::buffer(std::string_view name, Buffer& b) {
  if (b.defined()) on_buffer(join(name), b);
}

void Walk::child(std::string_view name, Module& m) {
  std::string path = join(name);
  on_module(path, m);
  std::string before = std::exchange(prefix_, path);
  Module* above = std::exchange(owner, &m);
  const std::string* slot = std::exchange(slot_, nullptr);
  m.visit(*this);
  prefix_ = before;
  owner = above;
  slot_ = slot;
}

void Walk::exchangeable(std::string_view name, AnyModule& box) {
  on_box(join(name), box);
  if (box) child(name, *box);
}

}  // namespace tare::nn
