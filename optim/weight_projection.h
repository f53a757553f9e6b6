// Methods that hold the norms of weights, around any base optimizer.
//
//   WeightProjection:  after each base step  w <- w target / |w|, by rows (output units) or by the tensor. The remedy of L2 Regularization versus Batch and
//     Weight Normalization (van Laarhoven, 2017, arXiv:1706.05350): where normalization follows a weight its norm changes no output, only the effective
//     rate lr / |w|^2 (SGD) or lr / |w| (Adam); holding the norm leaves the rate to lr alone.
//   NaP:  Normalize and Project, from Normalization and effective learning rates in reinforcement learning (Lyle et al., 2024, arXiv:2407.01800). After
//     every `every` base steps  w <- w rho / |w|  with rho its norm at the first step, whole tensors, for weights that a normalization follows; and for
//     pairs of learned scale and offset jointly  (gamma, beta) <- (gamma, beta) t / sqrt(|gamma|^2 + |beta|^2), which ReLU's homogeneity allows. (t, the
//     first joint norm, is our reading.) The output layer is not projected. nap_parameters (nn/normalized_weights.h) lists the weights of a model.
//   LAWN:  Logit Attenuating Weight Normalization (Gupta et al., 2021, arXiv:2108.05839). free_steps ordinary steps; then, with c the norm of the whole
//     tensor at the switch and P(z) = z - (<z, w> / <w, w>) w, every step s = 1, 2, ... of a constrained weight is
//       g <- P(g),  d <- P(the base's step),  w <- w - min(1, s / warmup_steps) d,  w <- w c / |w|
//     and others take the base's step times the same factor. No code was public; this is the description as we read it. The base should have no
//     weight decay.
//
// Base gradients, moments and the base's decay are otherwise untouched. Weights of norm zero stay. A parameter is chosen by a pattern of its name.
#pragma once

#include "optim/method.h"
#include "optim/select.h"

namespace tare::optim {

struct WeightProjectionOptions {
  std::vector<std::string> project{};       ///< names or patterns
  std::string granularity = "row";          ///< "row": each output unit; "tensor"
  std::optional<double> target_norm = 1.0;  ///< absent: the norm at the first step
  void visit(Visitor& v);
};

struct TargetState {
  Tensor target;  ///< the norms to return to; undefined for parameters that are not held
  void visit(Visitor& v);
};

class WeightProjection : public Wrapper<WeightProjection, WeightProjectionOptions, TargetState> {
 public:
  static constexpr std::string_view type = "WeightProjection";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  static void check_options(const WeightProjectionOptions& o);
};

struct NaPOptions {
  std::vector<std::string> project{};
  NamePairs joint{};  ///< [scale, offset] of normalization layers
  int64_t every = 1;
  void visit(Visitor& v);
};

class NaP : public Wrapper<NaP, NaPOptions, TargetState> {
 public:
  static constexpr std::string_view type = "NaP";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const NaPOptions& o);

 private:
  int64_t step_ = 0;
};

struct LAWNOptions {
  std::vector<std::string> constrained{};
  int64_t free_steps = 0;
  int64_t warmup_steps = 0;  ///< after the switch; 0: none
  bool reset_state = false;  ///< the base's state begins anew at the switch
  void visit(Visitor& v);
};

class LAWN : public Wrapper<LAWN, LAWNOptions, TargetState> {
 public:
  static constexpr std::string_view type = "LAWN";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const LAWNOptions& o);

 private:
  int64_t step_ = 0;
};

/// lr / |w|^2 for "sgd", lr / |w| for "adam": the rate at which the direction of a scale-invariant w turns. Throws ConfigError for another name.
Tensor effective_learning_rate(const Tensor& w, double lr, std::string_view optimizer);

extern template class Wrapper<WeightProjection, WeightProjectionOptions, TargetState>;
extern template class Wrapper<NaP, NaPOptions, TargetState>;
extern template class Wrapper<LAWN, LAWNOptions, TargetState>;

}  // namespace tare::optim
