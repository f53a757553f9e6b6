#include "autograd/parameter_list.h"

#include "core/glob.h"

namespace tare {

ParameterList::ParameterList(const Tensors& tensors) {
  for (size_t i = 0; i < tensors.size(); i++) entries_.push_back({text(i), tensors[i]});
}

ParameterList ParameterList::select(std::string_view pattern) const {
  ParameterList out;
  for (const Entry& e : entries_)
    if (glob_match(pattern, e.name)) out.push_back(e);
  return out;
}

ParameterList ParameterList::select(Role role) const {
  ParameterList out;
  for (const Entry& e : entries_)
    if (e.role == role) out.push_back(e);
  return out;
}

ParameterList ParameterList::without(const ParameterList& other) const {
  ParameterList out;
  for (const Entry& e : entries_)
    if (!other.find(e.name)) out.push_back(e);
  return out;
}

const ParameterList::Entry* ParameterList::find(std::string_view name) const {
  for (const Entry& e : entries_)
    if (e.name == name) return &e;
  return nullptr;
}

Tensors ParameterList::tensors() const {
  Tensors out;
  for (const Entry& e : entries_) out.push_back(e.tensor);
  return out;
}

Tensors ParameterList::grads() const {
  Tensors out;
  out.reserve(entries_.size());
  for (const Entry& e : entries_) out.push_back(e.tensor.grad());
  return out;
}

void ParameterList::zero_grad() const {
  for (const Entry& e : entries_)
    if (e.tensor.requires_grad()) e.tensor.set_grad({});
}

int64_t ParameterList::numel() const {
  int64_t n = 0;
  for (const Entry& e : entries_) n += e.tensor.numel();
  return n;
}

}  // namespace tare
