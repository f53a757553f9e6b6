// A Theoretical Analysis of the Learning Dynamics under Class Imbalance (Francazi et al., 2023, arXiv:2207.00391): with g_l the gradient, over ALL
// parameters as one vector, of the part of the loss that belongs to class l,
//
//   gd:        x <- x - lr sum_l g_l              the majority leads, and the minority's loss first rises
//   pcngd:     x <- x - lr sum_l g_l / |g_l|      every class's loss falls
//   pcnsgd_r:  x <- x - lr sum_l u_l / p_l,  u_l = g_l / |g_l| of the batch, p_l = <u_l, G_l / |G_l|> with G_l of all data: an analysis tool
//
// There is no division by the number of classes. A class whose gradient is at most eps long (absent from the batch) is skipped; with pcnsgd_r also
// where |p_l| <= eps. A negative p_l turns the sign, as written.
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// class_grads (C, P); full_grads (C, P) for "pcnsgd_r" only. The direction (P). Throws ConfigError for an unknown mode.
Tensor per_class_normalized_gradient(const Tensor& class_grads, const Tensor& full_grads = {}, std::string_view mode = "pcngd", double eps = 1e-12);

struct PerClassNormalizedSGDOptions {
  double lr = 1e-2;
  std::string mode = "pcngd";  ///< "gd" or "pcngd"
  double eps = 1e-12;
  int64_t num_classes = 0;     ///< what the closure must return; 0: any number of classes
  bool oversample = false;     ///< for who makes the batches (`tare train`): every class gives as many samples (core/data/sampler.h, ClassBalancedSampler)
  void visit(Visitor& v);
};

/// Needs step(closure); the closure returns one loss for each class (0 for a class absent from the batch), and its backward pass runs once a class.
/// Models without batch normalization, which couples the classes.
class PerClassNormalizedSGD : public Method<PerClassNormalizedSGD, PerClassNormalizedSGDOptions> {
 public:
  static constexpr std::string_view type = "PerClassNormalizedSGD";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const PerClassNormalizedSGDOptions& o);
  /// A step with loss_of(c) for c = 0 .. num_classes - 1; an undefined tensor for a class absent from the batch. Returns the classes' losses, 0 for those.
  Tensor step_classes(const std::function<Tensor(int64_t c)>& loss_of);
};

/// The gradients of each element of what the closure returns, one vector over all parameters each: (n, P).
Tensor gradients_of_each(Step& s, std::string_view who);

extern template class Method<PerClassNormalizedSGD, PerClassNormalizedSGDOptions>;

}  // namespace tare::optim
