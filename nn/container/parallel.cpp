#include "nn/container/parallel.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

void ParallelOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"cat", "stack", "sum", "mean", "product"};
  v.option("branches", branches);
  v.option("join", join, names);
  v.option("dim", dim);
}

Parallel::Parallel(Options o) : options(std::move(o)) {
  check<ConfigError>(options.branches.size() > 0, "Parallel: it needs at least one branch");
  for (size_t i = 0; i < options.branches.size(); i++) check<ConfigError>(bool(options.branches[i]), "Parallel: branch ", i, " is missing");
}

void Parallel::visit(Visitor& v) { options.branches.visit(v); }

Tensor Parallel::forward(const Tensor& x) {
  using Join = Options::Join;
  Tensors parts;
  for (size_t i = 0; i < options.branches.size(); i++)
    at_path(std::to_string(i), *options.branches[i], [&] { parts.push_back(options.branches[i](x)); });
  if (options.join == Join::cat) return cat(parts, options.dim);
  for (const Tensor& p : parts)
    check<ShapeError>(p.shape() == parts[0].shape(), "Parallel: branch 0 gives ", parts[0].shape(), " but another ", p.shape(), "; to be joined they must be equal");
  if (options.join == Join::stack) return stack(parts, options.dim);
  Tensor joined = parts[0];
  for (size_t i = 1; i < parts.size(); i++) joined = options.join == Join::product ? joined * parts[i] : joined + parts[i];
  return options.join == Join::mean ? joined / double(parts.size()) : joined;
}

template class Layer<Parallel>;

}  // namespace tare::nn
