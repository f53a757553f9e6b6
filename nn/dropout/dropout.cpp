#include "nn/dropout/dropout.h"

#include "autograd/ops/dropout.h"

namespace tare::nn {
namespace {

DropoutOptions checked_dropout(std::string_view type, DropoutOptions o) {
  check<ConfigError>(o.p >= 0 && o.p <= 1, type, ": expected p between 0 and 1, not ", o.p);
  return o;
}

}  // namespace

void DropoutOptions::visit(Visitor& v) { v.option("p", p); }

Dropout::Dropout(Options o) : options(checked_dropout(type, o)) {}
Dropout::Dropout(double p) : Dropout(Options{.p = p}) {}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, options.p, training()); }

template <int D>
DropoutNd<D>::DropoutNd(Options o) : options(checked_dropout(type, o)) {}
template <int D>
DropoutNd<D>::DropoutNd(double p) : DropoutNd(Options{.p = p}) {}
template <int D>
Tensor DropoutNd<D>::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == D + 2 || x.dim() == D + 1, type, ": expected an input (N, C, *) or (C, *) with ", D, " spatial axes but it is ", x.shape());
  return feature_dropout(x, options.p, this->training(), x.dim() == D + 2 || D == 2);
}

AlphaDropout::AlphaDropout(Options o) : options(checked_dropout(type, o)) {}
Tensor AlphaDropout::forward(const Tensor& x) { return alpha_dropout(x, options.p, training()); }

FeatureAlphaDropout::FeatureAlphaDropout(Options o) : options(checked_dropout(type, o)) {}
Tensor FeatureAlphaDropout::forward(const Tensor& x) { return feature_alpha_dropout(x, options.p, training()); }

DropPath::DropPath(Options o) : options(checked_dropout(type, o)) {}
Tensor DropPath::forward(const Tensor& x) { return drop_path(x, options.p, training()); }

template class DropoutNd<1>;
template class DropoutNd<2>;
template class DropoutNd<3>;
template class Layer<Dropout>;
template class Layer<Dropout1d>;
template class Layer<Dropout2d>;
template class Layer<Dropout3d>;
template class Layer<AlphaDropout>;
template class Layer<FeatureAlphaDropout>;
template class Layer<DropPath>;

}  // namespace tare::nn
