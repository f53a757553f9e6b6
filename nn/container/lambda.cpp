#include "nn/container/lambda.h"

#include "nn/functions.h"

namespace tare::nn {
namespace {

const Function& find(const std::string& name) {
  static const std::vector<Function> all = [] {
    std::vector<Function> rows = tare::functions(), more = nn::functions();
    rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  std::vector<std::string_view> names;
  for (const Function& f : all) {
    if (f.name == name) return f;
    names.push_back(f.name);
  }
  std::string near = nearest(name, names.data(), names.size());
  throw ConfigError(text("Lambda: there is no function \"", name, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

}  // namespace

void KeywordBox::from_json(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_null() || json.is_object(), path, ": expected an object of keyword options but found ", json.kind());
  keywords_ = json;
}

void LambdaOptions::visit(Visitor& v) {
  v.option("function", function);
  v.option("options", options);
}

Lambda::Lambda(Options o) : options(std::move(o)), function_(&find(options.function)) {}
Lambda::Lambda(std::string function, Json keywords) : Lambda(Options{.function = std::move(function), .options = KeywordBox(std::move(keywords))}) {}

Tensors Lambda::forward(const Tensors& inputs) { return call_function(*function_, inputs, *options.options); }

template class Layer<Lambda>;

}  // namespace tare::nn
