// The classical penalties on the size of weights.
//
//   L1          lambda * sum |w|                                             (lasso: Tibshirani 1996)
//   L2          lambda / 2 * sum w^2                                         (ridge; its gradient is lambda * w, the coupled weight decay)
//   ElasticNet  l1 * sum |w| + l2 / 2 * sum w^2                              (Zou and Hastie 2005)
//   GroupLasso  lambda * sum over groups g of sqrt(|g|) * ||w_g||_2          (Yuan and Lin 2006); a group is an output unit (its row) or an
//               input unit (its column), so that whole units vanish
//
// Where the derivative jumps, at 0, it is taken as 0.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct L1Options {
  double lambda = 1e-4;
  void visit(Visitor& v);
};
class L1 : public Regularize<L1, Feed::weights> {
 public:
  static constexpr std::string_view type = "L1";
  using Options = L1Options;
  explicit L1(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

struct L2Options {
  double lambda = 1e-4;
  void visit(Visitor& v);
};
class L2 : public Regularize<L2, Feed::weights> {
 public:
  static constexpr std::string_view type = "L2";
  using Options = L2Options;
  explicit L2(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

struct ElasticNetOptions {
  double l1 = 1e-4, l2 = 1e-4;
  void visit(Visitor& v);
};
class ElasticNet : public Regularize<ElasticNet, Feed::weights> {
 public:
  static constexpr std::string_view type = "ElasticNet";
  using Options = ElasticNetOptions;
  explicit ElasticNet(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

struct GroupLassoOptions {
  double lambda = 1e-4;
  enum class Groups { outputs, inputs } groups = Groups::outputs;
  void visit(Visitor& v);
};
/// Weights have at least two dimensions (out, in, ...).
class GroupLasso : public Regularize<GroupLasso, Feed::weights> {
 public:
  static constexpr std::string_view type = "GroupLasso";
  using Options = GroupLassoOptions;
  explicit GroupLasso(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

extern template class Layer<L1>;
extern template class Layer<L2>;
extern template class Layer<ElasticNet>;
extern template class Layer<GroupLasso>;

}  // namespace tare::nn
