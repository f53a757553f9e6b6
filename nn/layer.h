// Layer<Self>: everything a concrete module gets for free from its Options and its forward().
//
//   struct ScaleOptions { double factor = 1; void visit(Visitor& v) { v.option("factor", factor); } };
//   class Scale : public Layer<Scale> {
//    public:
//     static constexpr std::string_view type = "Scale";
//     using Options = ScaleOptions;
//     explicit Scale(Options o) : options(o) {}
//     Tensor forward(const Tensor& x) { return x * options.factor; }
//     Options options;
//   };
//
// In the library each layer's header ends with `extern template class Layer<Scale>;` and its source with
// `template class Layer<Scale>;`, so that nobody else compiles these functions.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "core/options.h"
#include "nn/module.h"

namespace tare::nn {

/// The name a user's module was registered under (nn::register_module), by its type.
std::string_view registered_name(const void* type_key);

namespace detail {

template <class T>
inline constexpr char type_key = 0;  // its address identifies T

// ---- outputs of forward, flattened
inline void flatten_into(Tensors& out, const Tensor& t) { out.push_back(t); }
inline void flatten_into(Tensors& out, const Tensors& ts) { out.insert(out.end(), ts.begin(), ts.end()); }
template <class T>
  requires requires(const T& t) { t.flatten(); }
void flatten_into(Tensors& out, const T& t) {
  flatten_into(out, t.flatten());
}
template <class... T>
void flatten_into(Tensors& out, const std::tuple<T...>& t) {
  std::apply([&](const auto&... x) { (flatten_into(out, x), ...); }, t);
}
template <class A, class B>
void flatten_into(Tensors& out, const std::pair<A, B>& t) {
  flatten_into(out, t.first);
  flatten_into(out, t.second);
}
template <class T>
Tensors flatten(const T& t) {
  Tensors out;
  flatten_into(out, t);
  return out;
}

// ---- arguments of forward, by position: a tensor each (undefined when not given), a list takes the rest, and an aggregate
// with visit() is read from the named extras
template <class A>
struct Argument {
  static_assert(requires(A a, Visitor& v) { a.visit(v); }, "forward takes tensors, a list of tensors, or a struct with visit(Visitor&)");
  static A take(std::span<const Tensor>&, const Json* extras) {
    A a{};
    if (extras) options_from_json(a, *extras, "kwargs");
    return a;
  }
};
template <>
struct Argument<Tensor> {
  static Tensor take(std::span<const Tensor>& rest, const Json*) {
    if (rest.empty()) return {};
    Tensor t = rest[0];
    rest = rest.subspan(1);
    return t;
  }
};
template <>
struct Argument<Tensors> {
  static Tensors take(std::span<const Tensor>& rest, const Json*) {
    Tensors all(rest.begin(), rest.end());
    rest = {};
    return all;
  }
};

void check_arity(std::string_view type, size_t given, size_t left, bool extras_left);

template <class Self, class R, class... A>
Tensors call_forward(Self& self, R (Self::*)(A...), std::span<const Tensor> inputs, const Json* extras) {
  constexpr bool has_extras = ((!std::is_same_v<std::decay_t<A>, Tensor> && !std::is_same_v<std::decay_t<A>, Tensors>) || ... || false);
  std::span<const Tensor> rest = inputs;
  // Braces evaluate from left to right.
  std::tuple<std::decay_t<A>...> arguments{Argument<std::decay_t<A>>::take(rest, extras)...};
  check_arity(self.type_name(), inputs.size(), rest.size(), extras != nullptr && !has_extras);
  return std::apply([&](auto&... a) { return detail::flatten(self(a...)); }, arguments);
}

template <class T>
void collect_tensors(Tensors& out, const T& v) {
  if constexpr (std::is_convertible_v<const T&, const Tensor&>) out.push_back(v);
}

}  // namespace detail

template <class Self>
class Layer : public Module {
 public:
  std::string_view type_name() const override {
    if constexpr (requires { Self::type; }) return Self::type;
    else return registered_name(&detail::type_key<Self>);
  }
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
  Tensors call(std::span<const Tensor> inputs, const Json* extras = nullptr) override {
    return detail::call_forward(self(), &Self::forward, inputs, extras);
  }

  /// forward(), reported to observers when there are any.
  template <class... A>
  auto operator()(A&&... arguments) {
    if (!context().observation) [[likely]] return self().forward(std::forward<A>(arguments)...);
    ObservedCall call(*this);
    Tensors inputs;
    (detail::collect_tensors(inputs, arguments), ...);
    auto result = self().forward(std::forward<A>(arguments)...);
    call.done(inputs, detail::flatten(result));
    return result;
  }

  /// From {"type": ..., options...}: options first, then the constructor, which checks and allocates.
  static std::unique_ptr<Module> create(const Json& json, const std::string& path) {
    if constexpr (requires { typename Self::Options; }) {
      typename Self::Options options{};
      options_from_json(options, json, path, {"type", "format", "state", "replace", "reparam", "frozen", "crc32"});
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
