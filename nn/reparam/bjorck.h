// Bjorck orthonormalization (Bjorck and Bowie 1971; as a layer Anil, Lucas and Grosse 2018, arXiv:1811.05381).
//
//     A_0 = M / sqrt(||M||_1 ||M||_inf),   A_{k+1} = A_k (3 I - A_k^T A_k) / 2 = A_k + A_k (I - A_k^T A_k) / 2
//
// M is the weight with axis 0 first and the others taken together, transposed where it is wide. A_k goes to the orthogonal factor of M's polar decomposition:
// each singular value s <= 1 becomes s (3 - s^2) / 2, that is, small ones grow by half in each step and those near 1 converge quadratically. Everything is
// differentiated through. Same in training and evaluation. A rank-deficient weight has singular values that never move: it is refused at the start.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct BjorckOptions {
  int64_t iterations = 20;  ///< at least 1
  void visit(Visitor& v);
};

class Bjorck : public Reparam<Bjorck, RawWeight> {
 public:
  static constexpr std::string_view type = "Bjorck";
  using Options = BjorckOptions;
  explicit Bjorck(Options options = {});
  Tensor weight() override;
  Options options;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

extern template class Reparam<Bjorck, RawWeight>;

}  // namespace tare::nn
