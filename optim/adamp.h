// AdamP: Slowing Down the Slowdown for Momentum Optimizers on Scale-invariant Weights (Heo et al., 2021, arXiv:2006.08217): momentum and Adam
// whose step p loses its radial part where the weights look scale-invariant, so that their norm does not grow and the rate does not decay.
//
//   Projection Pi(w, g, p), for tensors of more than one axis: by rows (output units), then by the whole tensor, M numbers in each row:
//     if max over rows |cos(g, w)| < delta / sqrt(M):   n = w / (|w| + eps),  p <- p - (n . p) n,  r = wd_ratio      (first that fits)
//     otherwise p stays and r = 1
//   SGDP:   buf <- momentum buf + (1 - dampening) g,   p = buf  (nesterov: g + momentum buf),   (p, r) <- Pi(w, g, p)
//           w <- (1 - lr weight_decay r / (1 - momentum)) w - lr p
//   AdamP:  m, v as in Adam, den = sqrt(v) / sqrt(1 - beta2^t) + eps,   p = m / den  (nesterov: (beta1 m + (1 - beta1) g) / den)
//           (p, r) <- Pi(w, g, p),   w <- (1 - lr weight_decay r) w - lr / (1 - beta1^t) p
//
// The test looks at the gradient and at w before decay; the moments are not projected. The authors' SGDP without nesterov projects its buffer in
// place, which the paper does not; neither do we. The first step of SGDP has (1 - dampening), unlike PyTorch's SGD.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AdamPOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double delta = 0.1;     ///< how small the cosine must be, times 1 / sqrt(row length)
  double wd_ratio = 0.1;  ///< what is left of the decay of projected tensors
  bool nesterov = false;
  void visit(Visitor& v);
};

class AdamP : public Method<AdamP, AdamPOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "AdamP";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdamPOptions& o);
};

struct SGDPOptions {
  double lr = 1e-3;
  double momentum = 0;  ///< in [0, 1)
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  double eps = 1e-8;
  double delta = 0.1;
  double wd_ratio = 0.1;
  void visit(Visitor& v);
};

struct SGDPState {
  Tensor momentum;
  void visit(Visitor& v);
};

class SGDP : public PerParameter<SGDP, SGDPOptions, SGDPState> {
 public:
  static constexpr std::string_view type = "SGDP";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, SGDPState& s, const SGDPOptions& o);
  static void check_options(const SGDPOptions& o);
};

/// How many rows the view has in which w looks scale-invariant: those of the first axis, 1 for the whole tensor, 0 where it does not.
int64_t scale_invariant_rows(const Tensor& w, const Tensor& g, double delta, double eps);

struct Projected {
  Tensor step;
  double decay_ratio;
};
/// Pi, above.
Projected project_scale_invariant(const Tensor& w, const Tensor& g, const Tensor& step, double delta, double wd_ratio, double eps);

extern template class Method<AdamP, AdamPOptions, MomentsState>;
extern template class Method<SGDP, SGDPOptions, SGDPState>;

}  // namespace tare::optim
