// LoRA: Low-Rank Adaptation of Large Language Models (Hu et al. 2021, arXiv:2106.09685).
//
//     weight = weight_orig + alpha / rank * lora_B lora_A
//
// The weight is seen as a matrix (out, rest). lora_A (rank, rest) starts as He et al. have it, lora_B (out, rank) at 0, so that training starts from the
// present weight, which stays as it is unless train_base. Removing the reparameterization merges the two. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct LoRAOptions {
  int64_t rank = 4;   ///< at least 1, at most the smaller side of the matrix
  double alpha = 4;   ///< the adaptation is scaled by alpha / rank
  bool train_base = false;
  void visit(Visitor& v);
};

class LoRA : public Reparam<LoRA, RawWeight> {
 public:
  static constexpr std::string_view type = "LoRA";
  using Options = LoRAOptions;
  explicit LoRA(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;
  Options options;
  Parameter a, b;  ///< "lora_A", "lora_B"

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

extern template class Reparam<LoRA, RawWeight>;

}  // namespace tare::nn
