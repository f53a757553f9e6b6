// Generalized-Smooth Nonconvex Optimization is As Efficient As Smooth Nonconvex Optimization (Chen et al., 2023, arXiv:2303.02854): where the
// smoothness grows with the gradient, the step is divided by a power of its norm. |.| is the norm of all gradients together.
//
//   NormalizedGD:  w <- w - lr g / (|g|^beta + eps)              beta in [alpha, 1] for an alpha-symmetric loss; 0 is gradient descent
//   ClippedGD:     w <- w - lr min(1, max_norm / |g|) g
//   Spider:        every q steps v <- g, a large batch's;  otherwise v <- v + g(w_t) - g(w_{t-1}), of the SAME small batch at both points
//                  w <- w - lr v / |v|
//
// A zero gradient moves nothing. The paper's code was not at hand; Spider follows its algorithm 2 as we read it.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct NormalizedGDOptions {
  double lr = 1e-2;
  double beta = 1;  ///< power of the norm, at least 0
  double eps = 0;
  void visit(Visitor& v);
};

class NormalizedGD : public Method<NormalizedGD, NormalizedGDOptions> {
 public:
  static constexpr std::string_view type = "NormalizedGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const NormalizedGDOptions& o);
};

struct ClippedGDOptions {
  double lr = 1e-2;
  double max_norm = 1;
  void visit(Visitor& v);
};

class ClippedGD : public Method<ClippedGD, ClippedGDOptions> {
 public:
  static constexpr std::string_view type = "ClippedGD";
  using Method::Method;
  void apply(Step& s) override;
};

struct SpiderOptions {
  double lr = 1e-2;
  int64_t q = 10;             ///< steps between large batches, at least 1
  int64_t large_batch = 256;  ///< what batch_size() gives for those steps
  int64_t small_batch = 16;   ///< and for the others
  void visit(Visitor& v);
};

struct SpiderState {
  Tensor v, previous;
  void visit(Visitor& v);
};

/// Needs step(closure): the closure evaluates one batch, of batch_size() samples, at the parameters it finds, and is called twice.
class Spider : public Method<Spider, SpiderOptions, SpiderState> {
 public:
  static constexpr std::string_view type = "Spider";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  static void check_options(const SpiderOptions& o);
  /// How many samples the next step's closure should use.
  int64_t batch_size() const { return step_ % options().q == 0 ? options().large_batch : options().small_batch; }

 private:
  int64_t step_ = 0;
};

extern template class Method<NormalizedGD, NormalizedGDOptions>;
extern template class Method<ClippedGD, ClippedGDOptions>;
extern template class Method<Spider, SpiderOptions, SpiderState>;

}  // namespace tare::optim
