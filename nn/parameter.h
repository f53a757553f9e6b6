// Parameter and Buffer: the slots in which a module keeps its numbers.
//
// A Parameter slot is empty, a raw leaf, or a Reparameterization whose raw tensors are slots themselves. Reading a slot gives the
// effective weight; a layer reads each slot once per forward. Copying a slot clones its numbers; moving it keeps the leaf, so
// that an optimizer made before the move still works; assigning onto a slot of the same shape writes into its leaf. A leaf whose
// slot is destroyed or given another tensor is retired: an optimizer that still holds it says so at its next step.
#pragma once

#include <memory>
#include <string_view>

#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::nn {

class Reparameterization;

class Parameter {
 public:
  /// Empty: no weight here (bias = false). Skipped by parameters() and JSON.
  Parameter();
  /// A leaf of its own with these numbers; keeps the tensor itself when nobody else holds it.
  explicit Parameter(Tensor value);
  Parameter(const Parameter& other);
  Parameter(Parameter&& other) noexcept;
  Parameter& operator=(const Parameter& other);
  Parameter& operator=(Parameter&& other);
  Parameter& operator=(Tensor value);
  ~Parameter();

  bool defined() const { return leaf_.defined() || reparam_; }
  /// The effective weight: the leaf, or what the reparameterization makes of its raw tensors. Undefined for an empty slot.
  Tensor operator()() const;
  operator Tensor() const { return (*this)(); }
  /// Shape and dtype of the effective weight.
  Shape shape() const;
  DType dtype() const;

  /// The leaf itself; undefined when the slot is empty or reparameterized.
  const Tensor& leaf() const { return leaf_; }
  Reparameterization* reparameterization() const { return reparam_.get(); }

  /// Makes `reparam` yield this slot's weight: it is initialised from the present effective weight. A slot that already has one
  /// is stacked: the present content becomes the new one's base tensor (and starts anew where that must differ from the weight).
  /// `path` names the slot in messages. Inside NoInit, shapes alone are set: every number will be overwritten.
  void reparametrize(std::unique_ptr<Reparameterization> reparam, std::string_view path);
  /// Makes the slot yield `w`: a leaf of the same shape is written, a reparameterization starts from w (as near as it can).
  void start(const Tensor& w, std::string_view path);
  /// Bakes the effective weight into a plain leaf.
  void remove_reparameterization();

  /// Exchanges the leaf for another tensor without retiring it and returns the old one: functional_call's tool.
  Tensor exchange(Tensor t);
  /// The manifold the leaf lives on ("spd", "stiefel"), "" for Euclidean space.
  std::string manifold{};

 private:
  void retire();
  Tensor leaf_;
  std::unique_ptr<Reparameterization> reparam_;
};

/// A tensor that is state but not trained (running statistics). Copying clones.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(Tensor value) : value_(std::move(value)) {}
  Buffer(const Buffer& other);
  Buffer(Buffer&&) = default;
  Buffer& operator=(const Buffer& other);
  Buffer& operator=(Buffer&& other);
  /// Replaces the numbers; the shape must stay.
  Buffer& operator=(const Tensor& value);

  bool defined() const { return value_.defined(); }
  const Tensor& operator()() const { return value_; }
  operator const Tensor&() const { return value_; }
  /// Writes `value` into the buffer unless statistics are frozen. Off the tape.
  void update(const Tensor& value) const;
  Tensor exchange(Tensor t) { return std::exchange(value_, std::move(t)); }

 private:
  Tensor value_;
};

}  // namespace tare::nn
