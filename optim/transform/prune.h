// Magnitude pruning: To prune, or not to prune (Zhu and Gupta, 2017, arXiv:1710.01878; cubic schedule).
//
// Behind a method in a chain. At step t the share of zeros is
//
//     s_t = s_f + (s_0 - s_f) (1 - (t - begin) / (end - begin))^3     from begin to end, s_0 before, s_f after
//
// Every `every` steps between them (and at end) the weights of smallest size become zeros, in each tensor or, with `global`, in all together; the
// masks stay fixed in between and after, and are applied at every step. A weight once masked can return only while masks still change: it is
// compared at its present size, which is 0. Equal sizes: the first index is cut first.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct MagnitudePruningOptions {
  double initial_sparsity = 0, final_sparsity = 0.5;  ///< in [0, 1]
  int64_t begin = 0, end = 1000, every = 100;
  bool global = false;
  std::vector<std::string> params{};  ///< patterns on paths; empty: weights of at least two dimensions
  void visit(Visitor& v);
};
struct MaskState {
  Tensor mask;  ///< bool, like the parameter
  void visit(Visitor& v);
};
class MagnitudePruning : public Method<MagnitudePruning, MagnitudePruningOptions, MaskState> {
 public:
  static constexpr std::string_view type = "MagnitudePruning";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const MagnitudePruningOptions& o);
  /// s_t of the equation.
  double sparsity_at(int64_t t) const;

 private:
  int64_t t_ = 0;
};

extern template class Method<MagnitudePruning, MagnitudePruningOptions, MaskState>;

}  // namespace tare::optim
