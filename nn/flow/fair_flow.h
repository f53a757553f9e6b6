// Fair normalizing flows (Balunovic, Ruoss, Vechev, 2021, arXiv:2106.05937): a flow for each of two sensitive groups, so that their latents are alike.
//
//     encoder of group a, z = f_a(x): block k keeps the coordinates j with (j + k) odd, m_j = 1, and moves the others
//         s = tanh(S(m x)),  t = T(m x),  z = m x + (1 - m) (x - t) exp(-s);     log |dz/dx| = -sum of (1 - m) s
//     log p_Za(z) = log p_a(x) - log |dz/dx| at x = f_a^-1(z)
//     KL = (mean over z = f_0(x0) of log p_Z0 - log p_Z1  +  mean over z = f_1(x1) of log p_Z1 - log p_Z0) / 2,   x_a ~ p_a
//     Delta = |P_{z ~ Z0}(mu = 1) - P_{z ~ Z1}(mu = 1)|,  mu(z) = [log p_Z0(z) > log p_Z1(z)],  from the same samples
//     total = g KL + (1 - g) CE
//
// mu is the best adversary there is, Delta the total variation between the groups' latents: no adversary's balanced accuracy exceeds (1 + Delta) / 2. The
// samples x_a have to come from the density models p_a, not from data, or the bound is about something else; on few samples Delta is too large. Masks
// alternate here; the authors' are random. The gradient of KL runs through f_1^-1(f_0(x)); Delta has none.
#pragma once

#include <functional>

#include "nn/layer.h"
#include "nn/sequential.h"

namespace tare::nn {

struct FairFlowEncoderOptions {
  int64_t dim = 0;                   ///< at least 2
  std::vector<int64_t> hidden{32};   ///< widths of S's and T's hidden layers, with ReLU
  int64_t blocks = 4;
  void visit(Visitor& v);
};

/// x (B, dim) -> [z, log |dz/dx| (B)]. layers.{k}.s.*, layers.{k}.t.*: Linear, ReLU, ..., Linear.
class FairFlowEncoder : public Layer<FairFlowEncoder> {
 public:
  static constexpr std::string_view type = "FairFlowEncoder";
  using Options = FairFlowEncoderOptions;
  explicit FairFlowEncoder(Options options);
  Tensors forward(const Tensor& x);
  /// z -> [x, log |dz/dx|], which is that of forward at x.
  Tensors decode(const Tensor& z);
  void visit(Visitor& v) override;

  Options options;

 private:
  struct Block {
    Sequential s, t;
  };
  /// s and t of block k, 0 where x is kept.
  struct Coefficients {
    Tensor s, t;
  };
  Coefficients coefficients(size_t k, const Tensor& x);
  std::vector<Block> blocks_;
};

/// log p of each row: (B, dim) -> (B).
using LogDensity = std::function<Tensor(const Tensor& x)>;
struct FairDivergence {
  Tensor kl, delta;  ///< two numbers; delta without gradient
};
FairDivergence fair_divergence(FairFlowEncoder& flow0, FairFlowEncoder& flow1, const Tensor& x0, const Tensor& x1, const LogDensity& log_p0, const LogDensity& log_p1);

/// N(mean, std^2 I); in JSON {"mean": [...], "std": 1.0}.
class GaussianPrior : public Box {
 public:
  std::vector<double> mean{};  ///< empty: zeros
  double deviation = 1;
  bool empty() const override { return false; }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;
  /// (B, dim) -> (B).
  Tensor log_prob(const Tensor& x) const;
};

struct FairNormalizingFlowOptions {
  int64_t dim = 0;
  std::vector<int64_t> hidden{32};
  int64_t blocks = 4;
  GaussianPrior prior0{}, prior1{};
  double gamma = 0.9;  ///< weight of KL in total(), in [0, 1]
  void visit(Visitor& v);
};

/// x0 (B0, dim), x1 (B1, dim), samples of the priors -> [KL, Delta]. flow0 and flow1 start from the same weights.
class FairNormalizingFlow : public Layer<FairNormalizingFlow> {
 public:
  static constexpr std::string_view type = "FairNormalizingFlow";
  using Options = FairNormalizingFlowOptions;
  explicit FairNormalizingFlow(Options options);
  Tensors forward(const Tensor& x0, const Tensor& x1);
  /// g kl + (1 - g) cross_entropy, g = gamma times `ramp` (0 .. 1, the linear warm-up of the paper).
  Tensor total(const Tensor& kl, const Tensor& cross_entropy, double ramp = 1) const;
  void visit(Visitor& v) override;

  Options options;
  FairFlowEncoder flow0, flow1;
};

extern template class Layer<FairFlowEncoder>;
extern template class Layer<FairNormalizingFlow>;

}  // namespace tare::nn
