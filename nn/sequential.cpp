#include "nn/sequential.h"

namespace tare::nn {

void SequentialOptions::visit(Visitor& v) {
  v.option("layers", layers);
  v.alternative("layers", "modules");
}

Sequential::Sequential() = default;
Sequential::Sequential(Options o) : options(std::move(o)) {
  for (size_t i = 0; i < options.layers.size(); i++) check<ConfigError>(!options.layers[i].empty(), "Sequential: layers[", i, "] is empty");
}

void Sequential::append(AnyModule m) { options.layers.items.push_back(std::move(m)); }

void Sequential::visit(Visitor& v) { options.layers.visit(v); }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (size_t i = 0; i < size(); i++) {
    Module& m = *options.layers[i];
    at_path(text(i), m, [&] { y = m.call({&y, 1})[0]; });
  }
  return y;
}

template class Layer<Sequential>;

}  // namespace tare::nn
