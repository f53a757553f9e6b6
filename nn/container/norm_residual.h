// Where a normalization stands beside a residual branch.
//
//     PreNormResidual    y = x + sublayer(norm(x))       one more norm follows the last block of a stack
//     PostNormResidual   y = norm(x + sublayer(x))       Attention Is All You Need (Vaswani et al. 2017, arXiv:1706.03762)
//
// PreNorm as in Transformers without Tears (Nguyen and Salazar, 2019, arXiv:1910.05895) and On Layer Normalization in the Transformer Architecture
// (Xiong et al. 2020, arXiv:2002.04745).
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct NormResidualOptions {
  AnyModule norm{};
  AnyModule sublayer{};  ///< keeps the shape
  void visit(Visitor& v);
};

template <bool Pre>
class NormResidual : public Layer<NormResidual<Pre>> {
 public:
  static constexpr std::string_view type = Pre ? "PreNormResidual" : "PostNormResidual";
  using Options = NormResidualOptions;
  explicit NormResidual(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};
using PreNormResidual = NormResidual<true>;
using PostNormResidual = NormResidual<false>;

extern template class NormResidual<true>;
extern template class NormResidual<false>;
extern template class Layer<PreNormResidual>;
extern template class Layer<PostNormResidual>;

}  // namespace tare::nn
