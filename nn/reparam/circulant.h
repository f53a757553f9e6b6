// Circulant: matrices of circulant blocks (Cheng et al. 2015, arXiv:1502.03436).
//
//     weight[p b + i, q b + j] = c[p, q, (i - j) mod b]
//
// The weight is seen as a matrix (out, rest) of blocks b x b; each block is given by its first column: b times fewer numbers. It starts from the nearest such
// matrix, the means along the wrapped diagonals of each block. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct CirculantOptions {
  int64_t block = 0;  ///< b, which divides out and rest; 0: the greatest common divisor of the two
  void visit(Visitor& v);
};

class Circulant : public Reparam<Circulant> {
 public:
  static constexpr std::string_view type = "Circulant";
  using Options = CirculantOptions;
  explicit Circulant(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;
  Options options;
  Parameter c;  ///< "weight_c" (out / b, rest / b, b)

 private:
  Shape shape_;  // the weight's
};

extern template class Reparam<Circulant>;

}  // namespace tare::nn
