// Dropout: A Simple Way to Prevent Neural Networks from Overfitting (Srivastava et al., JMLR 2014), and its relatives.
//
// In training each number is set to 0 with probability p and the others are divided by 1 - p, so that the expectation stays; in evaluation
// nothing happens. What is dropped together makes the variants: single numbers, channels (Tompson et al. 2015), samples (Huang et al. 2016).
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct DropoutOptions {
  double p = 0.5;  ///< probability of being dropped, in [0, 1]
  void visit(Visitor& v);
};

/// Single numbers of x of any shape.
class Dropout : public Layer<Dropout> {
 public:
  static constexpr std::string_view type = "Dropout";
  using Options = DropoutOptions;
  explicit Dropout(Options options = {});
  explicit Dropout(double p);
  Tensor forward(const Tensor& x);

  Options options;
};

/// Dropout1d, 2d, 3d: whole channels of (N, C, *) or (C, *) with 1, 2, 3 axes of space (Dropout2d also takes (N, C, L), as PyTorch's does).
template <int D>
class DropoutNd : public Layer<DropoutNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "Dropout1d" : D == 2 ? "Dropout2d" : "Dropout3d";
  using Options = DropoutOptions;
  explicit DropoutNd(Options options = {});
  explicit DropoutNd(double p);
  Tensor forward(const Tensor& x);

  Options options;
};
using Dropout1d = DropoutNd<1>;
using Dropout2d = DropoutNd<2>;
using Dropout3d = DropoutNd<3>;

/// Keeps mean 0 and variance 1 behind SELU: dropped numbers become SELU's lower limit (Klambauer et al. 2017, arXiv:1706.02515).
class AlphaDropout : public Layer<AlphaDropout> {
 public:
  static constexpr std::string_view type = "AlphaDropout";
  using Options = DropoutOptions;
  explicit AlphaDropout(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// The same, whole channels of (N, C, *) together.
class FeatureAlphaDropout : public Layer<FeatureAlphaDropout> {
 public:
  static constexpr std::string_view type = "FeatureAlphaDropout";
  using Options = DropoutOptions;
  explicit FeatureAlphaDropout(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// Whole samples of (N, *): the last step of a residual branch, which is then skipped at random (Huang et al. 2016, arXiv:1603.09382).
class DropPath : public Layer<DropPath> {
 public:
  static constexpr std::string_view type = "DropPath";
  using Options = DropoutOptions;
  explicit DropPath(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class DropoutNd<1>;
extern template class DropoutNd<2>;
extern template class DropoutNd<3>;
extern template class Layer<Dropout>;
extern template class Layer<Dropout1d>;
extern template class Layer<Dropout2d>;
extern template class Layer<Dropout3d>;
extern template class Layer<AlphaDropout>;
extern template class Layer<FeatureAlphaDropout>;
extern template class Layer<DropPath>;

}  // namespace tare::nn
