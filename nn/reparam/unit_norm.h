// UnitNorm: every slice of the weight along axis `dim` on a sphere, as in cosine classifiers and in nets with L2-normalized weights.
//
//     weight = scale * weight_orig / max(||weight_orig||, eps)
//
// Only directions train (and one common scale, with learn_scale). The gradient of a slice is orthogonal to it. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct UnitNormOptions {
  std::optional<int64_t> dim = 0;  ///< the axis with one norm per entry; null: one norm for the whole tensor
  double scale = 1;                ///< the norm; at the start, where it is learned
  bool learn_scale = false;
  double eps = 1e-12;
  void visit(Visitor& v);
};

class UnitNorm : public Reparam<UnitNorm, RawWeight> {
 public:
  static constexpr std::string_view type = "UnitNorm";
  using Options = UnitNormOptions;
  explicit UnitNorm(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;
  Options options;
  Parameter scale;  ///< a scalar; empty unless learned

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

extern template class Reparam<UnitNorm, RawWeight>;

}  // namespace tare::nn
