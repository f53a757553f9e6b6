// The table of functions: every public operation under its own name, callable by position and keyword.
//
// A row is a name, a call that reads its tensors and keyword options, samples to differentiate it at, and the gradient's kind.
// gradcheck, `tare check`, fuzzing and `tare list functions` share it. Rows stand in table_<family>.cpp beside the families of
// operations; higher floors (nn, optim, papers) have tables of the same form and `all_functions` joins them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/tape.h"
#include "core/options.h"

namespace tare {

/// Keyword options of one call, by name. Every read names its default; finish() refuses keys nobody read.
class Keywords {
 public:
  Keywords(std::string_view function, const Json& options) : function_(function), options_(options) {}

  bool has(std::string_view key);
  bool is_null(std::string_view key);  ///< given as null: where that differs from not given
  bool flag(std::string_view key, bool fallback);
  int64_t integer(std::string_view key, int64_t fallback);
  int64_t integer(std::string_view key);  ///< required
  double real(std::string_view key, double fallback);  ///< "inf" and "-inf" are read too
  double real(std::string_view key);
  std::optional<double> maybe_real(std::string_view key);
  std::optional<int64_t> maybe_integer(std::string_view key);
  std::string word(std::string_view key, std::string_view fallback);
  std::string word(std::string_view key);
  /// One integer or a list of them.
  Shape shape(std::string_view key, const Shape& fallback);
  Shape shape(std::string_view key);
  std::vector<double> reals(std::string_view key);
  /// A number with its kind (5 is an integer, 5.0 a float); for options in a tensor's place ("other", "value").
  Scalar scalar(std::string_view key);
  Tensor tensor(std::string_view key);  ///< undefined when absent
  const Json& json(std::string_view key);  ///< null when absent
  /// Throws ConfigError for the first option that was not read, naming the nearest one that was.
  void finish() const;

 private:
  const Json* find(std::string_view key);
  std::string at(std::string_view key) const;
  std::string function_;
  const Json& options_;
  std::vector<std::string> read_;
};

/// Reads every option that an options struct names from the keywords; absent ones keep their values.
void read_options(VisitFunction visit, void* options, Keywords& keywords);
/// The options struct of one call: options_of<HuberLossOptions>(o).
template <class O>
O options_of(Keywords& keywords) {
  O options{};
  read_options([](void* o, Visitor& v) { static_cast<O*>(o)->visit(v); }, &options, keywords);
  return options;
}

struct FunctionSample {
  Tensors inputs;          ///< float64 inputs are differentiated
  Json options{};          ///< an object, or null
};

/// The tensors of one call; asking for one that was not given is an error that names the function.
class Inputs {
 public:
  Inputs(std::string_view function, const Tensors& all) : function_(function), all_(all) {}
  const Tensor& operator[](size_t i) const {
    check<ConfigError>(i < all_.size(), function_, ": it takes at least ", i + 1, " input tensors but ", all_.size(), " were given");
    return all_[i];
  }
  /// Input i, or an undefined Tensor.
  Tensor optional(size_t i) const { return i < all_.size() ? all_[i] : Tensor(); }
  size_t size() const { return all_.size(); }
  const Tensors& all() const { return all_; }

 private:
  std::string_view function_;
  const Tensors& all_;
};

struct Function {
  std::string_view name;
  Tensors (*call)(const Inputs& x, Keywords& options);
  std::vector<FunctionSample> (*samples)() = nullptr;  ///< null: not gradchecked (integers, bools, rounding)
  Gradient kind = Gradient::exact;
  std::string_view description = "";  ///< one sentence
  std::string_view paper = "";        ///< slug; "" when it has none
};

/// Calls a row: reads options, refuses unknown ones, checks the outputs are defined.
Tensors call_function(const Function& f, const Tensors& inputs, const Json& options);

/// The rows of this floor.
std::vector<Function> functions();

}  // namespace tare
