#include "nn/sequential.h"

#include <typeinfo>

#include "nn/activation/relu.h"
#include "nn/conv/conv.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"

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

namespace {

using WithRelu = Tensor (*)(Module& m, const Tensor& x);

template <class M>
Tensor with_relu(Module& m, const Tensor& x) {
  return static_cast<M&>(m).forward_relu(x);
}

/// The form of a layer that does relu in the same pass, or null.
WithRelu fused_form(const Module& m) {
  const std::type_info& type = typeid(m);
  if (type == typeid(Linear)) return with_relu<Linear>;
  if (type == typeid(BatchNorm2d)) return with_relu<BatchNorm2d>;
  if (type == typeid(Conv2d)) return with_relu<Conv2d>;
  if (type == typeid(BatchNorm1d)) return with_relu<BatchNorm1d>;
  if (type == typeid(Conv1d)) return with_relu<Conv1d>;
  if (type == typeid(BatchNorm3d)) return with_relu<BatchNorm3d>;
  if (type == typeid(Conv3d)) return with_relu<Conv3d>;
  return nullptr;
}

bool is_relu(const Module& m) { return typeid(m) == typeid(ReLU); }

}  // namespace

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  bool observed = context().observation;  // observers see every layer
  for (size_t i = 0; i < size(); i++) {
    Module& m = *options.layers[i];
    WithRelu form = !observed && i + 1 < size() && is_relu(*options.layers[i + 1]) ? fused_form(m) : nullptr;
    at_path(text(i), m, [&] { y = form ? form(m, y) : m.call({&y, 1})[0]; });
    if (form) i++;
  }
  return y;
}

template class Layer<Sequential>;

}  // namespace tare::nn
