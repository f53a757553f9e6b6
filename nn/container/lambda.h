// Lambda: any row of the table of functions as a layer: {"type": "Lambda", "function": "mean", "options": {"dim": [2, 3]}}.
//
// The layer's inputs are the function's, in order; its options are the function's keywords (`tare list functions`).
#pragma once

#include <memory>

#include "core/json.h"
#include "nn/layer.h"

namespace tare {
struct Function;
}

namespace tare::nn {

/// An object of keyword options.
class KeywordBox : public Box {
 public:
  KeywordBox() = default;
  KeywordBox(Json keywords) : keywords_(std::move(keywords)) {}
  bool empty() const override { return keywords_.is_null() || keywords_.size() == 0; }
  Json to_json() const override { return keywords_; }
  void from_json(const Json& json, const std::string& path) override;
  const Json& operator*() const { return keywords_; }

 private:
  Json keywords_;
};

struct LambdaOptions {
  std::string function{};  ///< its name in the table
  KeywordBox options{};
  void visit(Visitor& v);
};
class Lambda : public Layer<Lambda> {
 public:
  static constexpr std::string_view type = "Lambda";
  using Options = LambdaOptions;
  /// Throws ConfigError for an unknown function, naming the nearest.
  explicit Lambda(Options options);
  explicit Lambda(std::string function, Json keywords = {});
  Tensors forward(const Tensors& inputs);
  Tensors operator()(const Tensors& inputs) { return Layer<Lambda>::operator()(inputs); }
  /// The first output.
  Tensor operator()(const Tensor& x) { return (*this)(Tensors{x})[0]; }
  Options options;

 private:
  const Function* function_;
};

extern template class Layer<Lambda>;

}  // namespace tare::nn
