// Group Orthogonalization Regularization For Vision Models Adaptation and Robustness (Kurtz et al., 2023, arXiv:2306.10001)
//
// A weight is flattened to rows (c_out, d) and cut into n = min(num_groups, c_out / min_num_filters) groups of s = c_out / n rows.
//
//     inter: n sets of the s consecutive rows of a group          intra: s sets, the j-th row of every group
//     penalty = sum over sets A (r x d) of ||A^T A - I_d||^2 when r >= d, otherwise ||A A^T - I_r||^2
//
// Small Gram matrices instead of one of all rows: n s^2 d multiplications in place of (n s)^2 d. Fewer than min_num_filters rows make one group
// (the authors' code divides by zero there). Plain sums: no mean over sets or layers.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct GroupOrthogonalizationOptions {
  int64_t num_groups = 1;
  enum class Type { intra, inter } reg_type = Type::intra;
  int64_t min_num_filters = 4;        ///< groups are not made smaller than this
  bool regularize_fc_layers = false;  ///< weights of two dimensions count too; without it they are skipped
  double lambda = 1e-2;
  void visit(Visitor& v);
};
class GroupOrthogonalization : public Regularize<GroupOrthogonalization, Feed::weights> {
 public:
  static constexpr std::string_view type = "GroupOrthogonalization";
  using Options = GroupOrthogonalizationOptions;
  explicit GroupOrthogonalization(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

/// The penalty without lambda; 0 when every weight is skipped. Throws ShapeError when the number of groups does not divide the rows.
Tensor group_orthogonalization_loss(const Tensors& weights, const GroupOrthogonalizationOptions& options = {});

extern template class Layer<GroupOrthogonalization>;

}  // namespace tare::nn
