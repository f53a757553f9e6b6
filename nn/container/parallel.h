// Parallel: the same input through several branches, whose outputs are joined (Inception, Szegedy et al. 2015, arXiv:1409.4842).
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct ParallelOptions {
  ModuleVector branches{};
  enum class Join { cat, stack, sum, mean, product } join = Join::cat;
  int64_t dim = 1;  ///< of cat and stack
  void visit(Visitor& v);
};
/// nn::Parallel{{.branches = ..., .join = ...}}. Children are "0", "1", ... Throws ShapeError where the outputs do not fit together: nothing is broadcast.
class Parallel : public Layer<Parallel> {
 public:
  static constexpr std::string_view type = "Parallel";
  using Options = ParallelOptions;
  explicit Parallel(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  Options options;
};

extern template class Layer<Parallel>;

}  // namespace tare::nn
