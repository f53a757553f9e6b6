#include "nn/container/norm_residual.h"

#include "autograd/ops/elementwise.h"

namespace tare::nn {

void NormResidualOptions::visit(Visitor& v) {
  v.option("norm", norm);
  v.option("sublayer", sublayer);
}

template <bool Pre>
NormResidual<Pre>::NormResidual(Options o) : options(std::move(o)) {
  check<ConfigError>(options.norm && options.sublayer, type, ": norm and sublayer must be given");
}

template <bool Pre>
void NormResidual<Pre>::visit(Visitor& v) {
  v.exchangeable("norm", options.norm);
  v.exchangeable("sublayer", options.sublayer);
}

template <bool Pre>
Tensor NormResidual<Pre>::forward(const Tensor& x) {
  auto part = [](const char* name, AnyModule& m, const Tensor& in) {
    Tensor out;
    at_path(name, *m, [&] { out = m(in); });
    return out;
  };
  Tensor branch = part("sublayer", options.sublayer, Pre ? part("norm", options.norm, x) : x);
  check<ShapeError>(branch.shape() == x.shape(), type, ": the sublayer gives ", branch.shape(), " for an input of ", x.shape(), "; it must keep the shape");
  return Pre ? x + branch : part("norm", options.norm, x + branch);
}

template class NormResidual<true>;
template class NormResidual<false>;
template class Layer<PreNormResidual>;
template class Layer<PostNormResidual>;

}  // namespace tare::nn
