// Learning Continually by Spectral Regularization (Lewandowski et al., 2024, arXiv:2406.06811), and the spectral norm penalty of Yoshida and
// Miyato (2017, arXiv:1705.10941).
//
//   SpectralRegularizer   lambda * sum over layers of (sigma(W)^k - 1)^2 + (||b||^k)^2
//   SpectralNormPenalty   lambda / 2 * sum over layers of sigma(W)^2
//
// sigma is the largest singular value of W as a matrix (out, rest). Its derivative is u v^T, of rank one: only the top direction is touched.
// By power iteration each weight keeps a unit vector v; every call in training repeats n_power_iterations times, off the tape,
//     u = W v / ||W v||,   v = W^T u / ||W^T u||
// and then sigma = u^T W v with u and v constant. The exact method takes u and v from a singular value decomposition.
// The Wasserstein term pulls the distribution of a layer's numbers to that at the start: sorted against sorted, 0 for any permutation.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

enum class SigmaMethod { power, exact };

struct SpectralRegularizerOptions {
  double lambda = 1e-3;
  int64_t k = 2;                           ///< exponent, at least 1
  SigmaMethod method = SigmaMethod::power;
  int64_t n_power_iterations = 1;
  std::vector<int64_t> columns{};          ///< length of each weight's v; filled in by the first call, so that a saved one finds its vectors
  void visit(Visitor& v);
};
/// A weight with fewer than two dimensions (the scale of a norm) is pulled to one number by number.
class SpectralRegularizer : public Regularize<SpectralRegularizer, Feed::weights_and_biases> {
 public:
  static constexpr std::string_view type = "SpectralRegularizer";
  using Options = SpectralRegularizerOptions;
  explicit SpectralRegularizer(Options options = {});
  Tensor forward(const Tensors& weights_and_biases);
  void visit(Visitor& v) override;

  Options options;
  std::vector<Buffer> vectors;  ///< "v.0", "v.1", ...
};

struct SpectralNormPenaltyOptions {
  double lambda = 1e-2;
  SigmaMethod method = SigmaMethod::power;
  int64_t n_power_iterations = 1;
  std::vector<int64_t> columns{};  ///< as in SpectralRegularizer
  void visit(Visitor& v);
};
class SpectralNormPenalty : public Regularize<SpectralNormPenalty, Feed::weights> {
 public:
  static constexpr std::string_view type = "SpectralNormPenalty";
  using Options = SpectralNormPenaltyOptions;
  explicit SpectralNormPenalty(Options options = {});
  Tensor forward(const Tensors& weights);
  void visit(Visitor& v) override;

  Options options;
  std::vector<Buffer> vectors;
};

struct WassersteinInitOptions {
  double lambda = 1e-3;
  enum class Reduce { sum, mean } reduction = Reduce::sum;
  std::vector<int64_t> sizes{};  ///< numbers of each weight; filled in by the first call
  void visit(Visitor& v);
};
/// The weights of the first call are the start that later ones are compared with.
class WassersteinInitRegularizer : public Regularize<WassersteinInitRegularizer, Feed::weights> {
 public:
  static constexpr std::string_view type = "WassersteinInitRegularizer";
  using Options = WassersteinInitOptions;
  explicit WassersteinInitRegularizer(Options options = {});
  Tensor forward(const Tensors& weights);
  void visit(Visitor& v) override;

  Options options;
  std::vector<Buffer> initial;  ///< "initial.0", ...: sorted
};

/// One layer's term of SpectralRegularizer without lambda. `bias` may be undefined; v0 (columns) is the start of method power.
Tensor spectral_regularization(const Tensor& weight, const Tensor& bias, const Tensor& v0, const SpectralRegularizerOptions& options = {});
/// sum (or mean) of (sorted w - sorted w0)^2; no gradient to w0.
Tensor wasserstein_init_regularization(const Tensor& w, const Tensor& w0, const WassersteinInitOptions& options = {});

extern template class Layer<SpectralRegularizer>;
extern template class Layer<SpectralNormPenalty>;
extern template class Layer<WassersteinInitRegularizer>;

}  // namespace tare::nn
