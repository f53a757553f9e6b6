// Kronecker: a sum of Kronecker products (van Loan and Pitsianis 1993).
//
//     weight = sum_t A_t (x) B_t:   weight[i p + k, j q + l] = sum_t A_t[i, j] B_t[k, l],   B (p, q)
//
// The weight is seen as a matrix (out, rest). It starts from the nearest such sum: with the elements arranged as R[(i, j), (k, l)], the leading singular triples
// of R. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct KroneckerOptions {
  Shape left{0, 0};   ///< sizes of A, which divide out and rest; 0: the largest divisor that is at most its square root
  int64_t terms = 1;  ///< at least 1
  void visit(Visitor& v);
};

class Kronecker : public Reparam<Kronecker> {
 public:
  static constexpr std::string_view type = "Kronecker";
  using Options = KroneckerOptions;
  explicit Kronecker(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;

  Options options;
  Parameter a, b;  ///< "weight_a" (terms, left), "weight_b" (terms, p, q)

 private:
  Shape shape_;  // the weight's
};

extern template class Reparam<Kronecker>;

}  // namespace tare::nn
