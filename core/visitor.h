// Visitor: the one list of fields from which everything else is derived.
//
// An options struct names its fields once in `void visit(Visitor&)`; a module names its parameters, buffers and children once in
// its own. JSON out and in, printing, cloning, listing, setting by path, state names and counts are all visitors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/role.h"
#include "core/tensor.h"

namespace tare {

class Json;
class Visitor;

namespace nn {
class Module;
class Parameter;
class Buffer;
class AnyModule;
}  // namespace nn

/// An exchangeable part held by value behind a type name: a module, an optimizer, a schedule, a loss. What `option` sees of it.
class Box {
 public:
  virtual ~Box() = default;
  virtual bool empty() const = 0;
  /// {"type": ..., options...}; null when empty.
  virtual Json to_json() const = 0;
  /// Replaces the content by what `json` describes. `path` names the place in messages.
  virtual void from_json(const Json& json, const std::string& path) = 0;
};

/// The names an enum's values have in JSON, in order of their numeric values.
struct EnumNames {
  const std::string_view* names;
  size_t count;
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  // ---- options. `name` is the JSON key.
  virtual void option(std::string_view, bool&) {}
  virtual void option(std::string_view, int64_t&) {}
  virtual void option(std::string_view, double&) {}
  virtual void option(std::string_view, std::string&) {}
  virtual void option(std::string_view, Shape&) {}
  virtual void option(std::string_view, Tensor&) {}
  virtual void option(std::string_view, std::vector<int64_t>&) {}
  virtual void option(std::string_view, std::vector<double>&) {}
  virtual void option(std::string_view, std::vector<std::string>&) {}
  virtual void option(std::string_view, std::optional<bool>&) {}
  virtual void option(std::string_view, std::optional<int64_t>&) {}
  virtual void option(std::string_view, std::optional<double>&) {}
  virtual void option(std::string_view, std::optional<std::string>&) {}
  virtual void option(std::string_view, Box&) {}
  /// A list of boxes ("layers": [...]). resize(n) makes n empty boxes; at(i) is the i-th.
  struct BoxList {
    virtual ~BoxList() = default;
    virtual size_t size() const = 0;
    virtual void resize(size_t n) = 0;
    virtual Box& at(size_t i) = 0;
  };
  virtual void option(std::string_view, BoxList&) {}
  virtual void enumerated(std::string_view, int& /*value*/, EnumNames) {}
  void option(std::string_view name, int& v) {
    int64_t wide = v;
    option(name, wide);
    check<ConfigError>(wide == static_cast<int>(wide), name, ": ", wide, " is out of range");
    v = static_cast<int>(wide);
  }
  template <class E, size_t N>
  void option(std::string_view name, E& value, const std::string_view (&names)[N]) {
    int v = static_cast<int>(value);
    enumerated(name, v, {names, N});
    value = static_cast<E>(v);
  }
  /// Key under which JSON written by other names is also read ("cdf" for "approximate"). Rarely needed.
  virtual void alternative(std::string_view /*name*/, std::string_view /*also*/) {}

  // ---- a module's parts
  virtual void parameter(std::string_view, nn::Parameter&, Role = Role::weight) {}
  virtual void buffer(std::string_view, nn::Buffer&) {}
  virtual void child(std::string_view, nn::Module&) {}
  /// A child behind a box, which edits by path may exchange. By default it is visited as a child; an empty box is skipped.
  virtual void exchangeable(std::string_view, nn::AnyModule&);

  // ---- state of optimizers, schedules, generators: plain numbers and tensors
  virtual void state(std::string_view, Tensor&) {}
  virtual void state(std::string_view, int64_t&) {}
  virtual void state(std::string_view, double&) {}
  virtual void state(std::string_view, bool&) {}
  virtual void state(std::string_view, std::vector<double>&) {}
  virtual void state(std::string_view, std::vector<Tensor>&) {}
};

}  // namespace tare
