// Weight Conditioning for Smooth Optimization of Neural Networks (Saratchandran, Wang and Lucey 2024, arXiv:2409.03424).
//
//     weight = E weight_orig,   E = diag(1 / max(||row_i||, eps))        (mode "row")
//
// Row equilibration is within sqrt(rows) of the best diagonal preconditioner (van der Sluis 1969). A convolution's row is the whole kernel of an output
// channel. "column" divides columns instead, "row_column" rows first and then columns. E is recomputed at every forward, in training and evaluation alike, and
// is differentiated through: the gradient of a row is orthogonal to it. There is no gain: that would be weight normalization.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

enum class Equilibrate { row, column, row_column };

struct WeightConditioningOptions {
  Equilibrate mode = Equilibrate::row;
  double eps = 1e-12;  ///< floor of the norms
  void visit(Visitor& v);
};

class WeightConditioning : public Reparam<WeightConditioning, RawWeight> {
 public:
  static constexpr std::string_view type = "WeightConditioning";
  using Options = WeightConditioningOptions;
  explicit WeightConditioning(Options options = {});
  Tensor weight() override;

  Options options;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

/// The rows, columns or both of a weight (out, ...) divided by their norms.
Tensor equilibrate(const Tensor& w, Equilibrate mode, double eps = 1e-12);

extern template class Reparam<WeightConditioning, RawWeight>;

}  // namespace tare::nn
