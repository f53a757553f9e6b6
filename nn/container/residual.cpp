#include "nn/container/residual.h"

#include "autograd/ops/elementwise.h"

namespace tare::nn {

void ResidualOptions::visit(Visitor& v) {
  v.option("module", module);
  v.option("shortcut", shortcut);
}

Residual::Residual(Options o) : options(std::move(o)) { check<ConfigError>(bool(options.module), "Residual: module must be given"); }
Residual::Residual(AnyModule module) : Residual(Options{.module = std::move(module)}) {}

void Residual::visit(Visitor& v) {
  v.exchangeable("module", options.module);
  v.exchangeable("shortcut", options.shortcut);
}

Tensor Residual::forward(const Tensor& x) {
  Tensor branch, kept = x;
  at_path("module", *options.module, [&] { branch = options.module(x); });
  if (options.shortcut) at_path("shortcut", *options.shortcut, [&] { kept = options.shortcut(x); });
  check<ShapeError>(branch.shape() == kept.shape(), "Residual: the branch gives ", branch.shape(), " but the shortcut ", kept.shape(),
                    "; where the branch changes the shape, shortcut must do the same");
  return kept + branch;
}

template class Layer<Residual>;

}  // namespace tare::nn
