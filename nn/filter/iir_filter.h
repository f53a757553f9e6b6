// A recursive digital filter with trained coefficients (autograd/ops/lfilter.h): Accelerating Automatic Differentiation of Direct Form Digital Filters (Yu et al., 2025).
//
//     y_t = sum over k = 0 .. order of b_k x_(t-k)  -  sum over k = 1 .. order of a_k y_(t-k)
//
// Training can leave the region where the filter is stable: nn::reparametrize(filter, "a", StableBiquad{}) keeps a filter of order 2 inside. Training and evaluation are the same.
#pragma once

#include "nn/layer.h"
#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct IIRFilterOptions {
  int64_t order = 2;  ///< at least 0
  void visit(Visitor& v);
};

/// x (B, T) -> y (B, T), from a state of zeros. b (order + 1) starts as (1, 0, ...), a (order) as zeros: the identity.
class IIRFilter : public Layer<IIRFilter> {
 public:
  static constexpr std::string_view type = "IIRFilter";
  using Options = IIRFilterOptions;
  explicit IIRFilter(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter b, a;
};

/// weight = (a_1, a_2) with both poles inside of the unit circle: a_1 = 2 tanh(p_1), a_2 = ((2 - |a_1|) tanh(p_2) + |a_1|) / 2, which is every point of the triangle
/// |a_1| < 2, |a_1| - 1 < a_2 < 1. Starts from the present weight by the inverse; one outside of the triangle is a ValueError. Raw numbers: weight_orig (2).
class StableBiquad : public Reparam<StableBiquad, RawWeight> {
 public:
  static constexpr std::string_view type = "StableBiquad";
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
};

extern template class Layer<IIRFilter>;
extern template class Reparam<StableBiquad, RawWeight>;

}  // namespace tare::nn
