// Stochastic Training is Not Necessary for Generalization (Geiping et al., 2022, arXiv:2109.14119): one step is a pass over all data in blocks, with clipping of
// the averaged gradient and, in place of the noise's implicit bias, an explicit penalty on each block's gradient.
//
//   g_b = gradient of block b;  u = block_strength g_b,  e = fd_eps / |u|
//   g_b <- g_b + lr / 4 (grad L_b(w + e u) - g_b) / e          "forward-differences"
//          g_b + lr / 4 (grad L_b(w + e u / 2) - grad L_b(w - e u / 2)) / e          "central-differences"
//          g_b + lr / 4 H_b u          "autograd"
//   g = mean over samples of g_b;   where |g| > grad_clip:  g <- g grad_clip / (|g| + 1e-6);   the optimizer steps with g
//
// As JSON: {"sub_batch": 128, "grad_clip": 0.25, "grad_reg": {"block_strength": 0.5}}, the "trainer" of a training config (examples/cli/config.h).
//
// lr is the optimizer's present rate. (The text's penalty has lr / 2; the authors' code lr / 4.) Batch normalization uses each block's own statistics. A last
// block that is smaller counts by its size; the authors drop it. Warm-up and decay are a Schedule bound to optimizer().
#pragma once

#include "optim/optimizer.h"

namespace tare::optim {

struct GradRegularizerOptions {
  double block_strength = 0;  ///< 0: no penalty
  double fd_eps = 0.01;       ///< length of the probe
  std::string implementation = "forward-differences";  ///< "forward-differences", "central-differences" or "autograd"
  void visit(Visitor& v);
};

/// The gradient of a block with its penalty. s.grads is that gradient, s.closure evaluates the block.
Tensors regularized_gradient(Step& s, const GradRegularizerOptions& options, double lr);

struct FullBatchOptions {
  int64_t sub_batch = 128;             ///< samples in a block
  std::optional<double> grad_clip{};   ///< of the averaged gradient
  GradRegularizerOptions grad_reg{};
  std::string lr = "lr";               ///< path of the optimizer's rate ("base.lr" in a wrapper)
  bool shuffle = false;                ///< for who makes the blocks (`tare train`): other blocks in every step
  void visit(Visitor& v);              ///< all but grad_reg
  /// All of it, beside a "type". Throws ConfigError.
  static FullBatchOptions from_json(const Json& json, const std::string& path);
};

class FullBatchTrainer {
 public:
  /// The mean loss of samples begin .. end - 1.
  using BlockLoss = std::function<Tensor(int64_t begin, int64_t end)>;
  FullBatchTrainer(ParameterList params, AnyOptimizer optimizer, FullBatchOptions options = {});
  /// With an optimizer that is bound and outlives the trainer.
  explicit FullBatchTrainer(Optimizer& optimizer, FullBatchOptions options = {});
  /// A part of the data: how many samples, and their mean loss.
  struct Block {
    int64_t samples;
    Closure loss;
  };
  /// One step over `num_samples` samples; returns the mean loss.
  double step(int64_t num_samples, const BlockLoss& loss);
  /// The same with blocks from elsewhere, until all samples had their turn.
  double step_blocks(int64_t num_samples, const std::function<Block()>& next);
  Optimizer& optimizer() { return *optimizer_; }
  const FullBatchOptions& options() const { return options_; }

 private:
  AnyOptimizer own_{};
  Optimizer* optimizer_;
  FullBatchOptions options_;
};

}  // namespace tare::optim
