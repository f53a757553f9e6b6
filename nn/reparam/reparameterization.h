// Reparameterization: a module without inputs that yields a weight from raw tensors.
//
// It lives in a Parameter slot. Its visit() names its raw tensors as its paper does ("weight_g", "weight_v"); inside a layer the
// leading "weight" becomes the slot's name ("weight_hh_l0_g").
#pragma once

#include "nn/layer.h"

namespace tare::nn {

class Reparameterization : public Module {
 public:
  /// The effective weight, on the tape.
  virtual Tensor weight() = 0;
  /// Takes over `w`: afterwards weight() gives w, or the nearest the method can express. Throws ValueError or ShapeError when
  /// it cannot; `path` names the parameter. Inside NoInit (a saved model is being built) only the shape of w means anything.
  virtual void initialize(const Tensor& w, std::string_view path) = 0;
  /// The raw tensor of the weight's own shape, into which a reparameterization applied earlier is moved when this one is
  /// stacked on it; null when there is none.
  virtual Parameter* base() { return nullptr; }
};

/// The common case: the weight is a function of one raw tensor of its shape, "weight_orig", which starts as the weight itself.
class RawWeight : public Reparameterization {
 public:
  void initialize(const Tensor& w, std::string_view path) override;
  Parameter* base() override { return &weight_orig; }
  void visit(Visitor& v) override;

  Parameter weight_orig;

 protected:
  /// Throws unless this method can yield a weight like w. Called by initialize, before anything changes.
  virtual void accept(const Tensor& /*w*/, std::string_view /*path*/) {}
};

/// What Layer is for modules with inputs. Self has options, visit, weight and initialize.
template <class Self, class Base = Reparameterization>
class Reparam : public Base {
 public:
  std::string_view type_name() const override { return Self::type; }
  void visit_options(Visitor& v) override {
    if constexpr (requires(Self s) { s.options.visit(v); }) self().options.visit(v);
    (void)v;
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Self>(static_cast<const Self&>(*this)); }
  bool assign(const Module& other) override {
    auto* same = dynamic_cast<const Self*>(&other);
    if (same) self() = *same;
    return same != nullptr;
  }
  Tensors call(std::span<const Tensor>, const Json* = nullptr) override { return {self().weight()}; }

  static std::unique_ptr<Module> create(const Json& json, const std::string& path) {
    if constexpr (requires { typename Self::Options; }) {
      typename Self::Options options{};
      options_from_json(options, json, path, {"type", "format", "state", "crc32"});
      return std::make_unique<Self>(std::move(options));
    } else {
      (void)json, (void)path;
      return std::make_unique<Self>();
    }
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace tare::nn
