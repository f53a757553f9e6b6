// Sequential: modules one after another. A Linear, convolution or batch normalization followed by a ReLU runs as one operation, unless
// observers want to see both.
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct SequentialOptions {
  ModuleVector layers{};
  void visit(Visitor& v);
};

/// nn::Sequential model{nn::Linear{784, 256}, nn::ReLU{}, nn::Linear{256, 10}};  Children are "0", "1", ... An error in a child
/// names its path.
class Sequential : public Layer<Sequential> {
 public:
  static constexpr std::string_view type = "Sequential";
  using Options = SequentialOptions;
  Sequential();
  explicit Sequential(Options options);
  template <class... M>
    requires(sizeof...(M) > 0 && (std::is_base_of_v<Module, std::decay_t<M>> && ...) && !(sizeof...(M) == 1 && (std::is_same_v<std::decay_t<M>, Sequential> && ...)))
  explicit Sequential(M&&... modules) {
    (append(AnyModule(std::forward<M>(modules))), ...);
  }

  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  void append(AnyModule m);
  size_t size() const { return options.layers.size(); }
  Module& operator[](size_t i) { return *options.layers[i]; }
  using Layer<Sequential>::operator();

  Options options;
};

extern template class Layer<Sequential>;

}  // namespace tare::nn
