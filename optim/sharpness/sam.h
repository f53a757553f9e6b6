// Sharpness-Aware Minimization for Efficiently Improving Generalization (Foret et al., 2021, arXiv:2010.01412), its adaptive form ASAM (Kwon et al., 2021,
// arXiv:2102.11600), and SAM on normalization parameters alone: Normalization Layers Are All That Sharpness-Aware Minimization Needs (Mueller et al.,
// 2023, arXiv:2306.04226).
//
//   1. e <- offset of the perturbed tensors M, 0 elsewhere; norms run over M together, T = 1 without adaptive:
//        p = "2":         e = rho T^2 g / (|T g|_M + 1e-16)
//        p = "infinity":  e = rho T sign(g)
//   2. g <- gradient at w + e;  weights back, bit for bit
//   3. the base optimizer steps ALL tensors from w with this g
//
// adaptive: T = |w| + eta for each number; with layerwise T = |w|_2 + eta for each tensor (the authors' code has |w|_2 (1 + eta)); biases and norm shifts
// have T = 1 unless normalize_bias. perturb: "all", "only_norm" (SAM-ON) or "no_norm"; normalization parameters are known by their role, not by name. Without
// any, only_norm is the base optimizer. SAM-ON wants a much larger rho than SAM (5 where SAM has 0.2).
//
// Running statistics are frozen in 2 unless freeze_bn is false (the authors update them).
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SAMOptions {
  double rho = 0.05;            ///< radius of the neighbourhood, at least 0
  bool adaptive = false;        ///< ASAM: measured relative to the weights
  double eta = 0.01;            ///< added to |w| in T, at least 0
  std::string p = "2";          ///< norm of the neighbourhood: "2" or "infinity"
  bool elementwise = true;      ///< T for each number; false: T = 1 unless layerwise
  bool layerwise = false;       ///< T for each tensor
  bool normalize_bias = false;  ///< T also for biases
  std::string perturb = "all";  ///< "all", "only_norm" or "no_norm"
  bool freeze_bn = true;
  void visit(Visitor& v);
};

class SAM : public Wrapper<SAM, SAMOptions> {
 public:
  static constexpr std::string_view type = "SAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const SAMOptions& o);
  /// e, by parameter; undefined where a tensor is not perturbed.
  Tensors offsets(const Step& s) const;
};

extern template class Wrapper<SAM, SAMOptions>;

}  // namespace tare::optim
