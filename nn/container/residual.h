// Residual: y = shortcut(x) + module(x) (He et al. 2015, arXiv:1512.03385).
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct ResidualOptions {
  AnyModule module{};    ///< the branch
  AnyModule shortcut{};  ///< null: the identity; a projection where the branch changes the shape
  void visit(Visitor& v);
};

/// nn::Residual{nn::Sequential{...}}. Throws ShapeError when branch and shortcut give different shapes: nothing is broadcast.
class Residual : public Layer<Residual> {
 public:
  static constexpr std::string_view type = "Residual";
  using Options = ResidualOptions;
  explicit Residual(Options options);
  explicit Residual(AnyModule module);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};

extern template class Layer<Residual>;

}  // namespace tare::nn
