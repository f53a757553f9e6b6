// ParameterList: what a model hands to an optimizer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/role.h"
#include "core/tensor.h"

namespace tare {

/// Leaves with what is known of them. The order is that of the model's visit and never changes.
class ParameterList {
 public:
  struct Entry {
    std::string name;      ///< path in the model: "encoder.0.weight"
    Tensor tensor;         ///< the leaf itself, not a copy
    std::string owner{};   ///< type name of the module that holds it: "Linear"
    Role role = Role::weight;
    std::string manifold{};  ///< "" for Euclidean space, otherwise the manifold it lives on: "spd", "stiefel", "sphere"
  };

  ParameterList() = default;
  /// Unnamed leaves: named "0", "1", ... (a quick experiment without modules).
  explicit ParameterList(const Tensors& tensors);
  explicit ParameterList(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const Entry& operator[](size_t i) const { return entries_[i]; }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  void push_back(Entry e) { entries_.push_back(std::move(e)); }

  /// Entries whose path matches the pattern ('*' and '?'); empty when none does.
  ParameterList select(std::string_view pattern) const;
  ParameterList select(Role role) const;
  /// Entries of this list that are not in `other`.
  ParameterList without(const ParameterList& other) const;
  /// The entry of this name, or null.
  const Entry* find(std::string_view name) const;
  Tensors tensors() const;
  /// Gradients in order; undefined where a leaf has none.
  Tensors grads() const;
  void zero_grad() const;
  /// Number of scalar parameters.
  int64_t numel() const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace tare
