// Soft orthogonality: penalties on how far the filters of a layer are from orthonormal.
//
// W is the weight as a matrix (fan_in, out): one COLUMN a filter. G = W^T W.
//
//   OrthonormalityRegularizer  lambda / 2 * ||G - I||_F^2; with out > fan_in, where the columns cannot all be orthonormal, in consecutive
//                              groups of at most fan_in filters            (Xie et al., 2017, arXiv:1703.01827)
//   SoftOrthogonality          of Bansal et al., 2018 (arXiv:1810.09102), by `kind`:
//     SO    lambda * ||G - I||_F^2
//     DSO   lambda * (||G - I||_F^2 + ||W W^T - I||_F^2)
//     MC    lambda * max_ij |G - I|_ij                                     mutual coherence
//     SRIP  lambda * sigma(G - I), the spectral norm by two products with a random vector (from the default generator) at every call:
//           u = (G - I) v, v = (G - I) u, sigma = ||v|| / ||u||; gradients flow through both products
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct OrthonormalityRegularizerOptions {
  double lambda = 1e-4;
  void visit(Visitor& v);
};
/// In place of weight decay on these weights.
class OrthonormalityRegularizer : public Regularize<OrthonormalityRegularizer, Feed::weights> {
 public:
  static constexpr std::string_view type = "OrthonormalityRegularizer";
  using Options = OrthonormalityRegularizerOptions;
  explicit OrthonormalityRegularizer(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

struct SoftOrthogonalityOptions {
  enum class Kind { SO, DSO, MC, SRIP } kind = Kind::SO;
  double lambda = 1e-4;
  void visit(Visitor& v);
};
class SoftOrthogonality : public Regularize<SoftOrthogonality, Feed::weights> {
 public:
  static constexpr std::string_view type = "SoftOrthogonality";
  using Options = SoftOrthogonalityOptions;
  explicit SoftOrthogonality(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

/// lambda / 2 * sum over weights of ||W^T W - I||^2, filters as columns, in groups where there are more filters than inputs.
Tensor orthonormality_loss(const Tensors& weights, double lambda = 1e-4);

extern template class Layer<OrthonormalityRegularizer>;
extern template class Layer<SoftOrthogonality>;

}  // namespace tare::nn
