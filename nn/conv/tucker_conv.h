// TuckerConv2d: rank-adaptive convolutions in Tucker form (Zangrando et al. 2023, arXiv:2305.19059).
//
//     W[i, j, k, l] = sum_abcd C[a, b, c, d] U0[i, a] U1[j, b] U2[k, c] U3[l, d],   U_m^T U_m = I
//
// The forward pass is three convolutions: 1 x 1 with U1^T (in -> r1), k x k with C and U2, U3 (r1 -> r0), 1 x 1 with U0 (r0 -> out) and the bias. The ranks of the
// channel modes 0 and 1 adapt while it trains. One step of the method: backward; augment(), which enlarges each basis by its gradient and leaves W as it is; backward
// again and an update of the core alone; truncate(tau), which cuts back by the singular values of the core. Both change shapes: opt.rebind(model.parameters())
// afterwards. Same in training and evaluation.
#pragma once

#include <optional>

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

/// A four-way tensor by core and bases.
struct Tucker {
  Tensor core;
  Tensors factors;
  Tensor full() const;
};

/// Bases of the listed modes become the first min(2 r, dim) columns of Q in the thin QR of [U, G], G the gradients of all factors; the core follows.
Tucker tucker_augment(const Tucker& t, const Tensors& grads, const std::vector<int64_t>& modes);
/// Cuts the listed modes by the singular values of the core's unfoldings, all of the same core: the rank is the smallest j >= 0 whose tail sqrt(sum_{i>j} s_i^2) is
/// below tau times sqrt(sum s_i^2), then kept within [min_rank, max_rank]. |W - W'| <= tau |W| sqrt(number of modes) unless max_rank cuts deeper.
Tucker tucker_truncate(const Tucker& t, double tau, const std::vector<int64_t>& modes, int64_t min_rank = 1, std::optional<int64_t> max_rank = {});

struct TuckerConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};
  std::vector<int64_t> ranks{};  ///< of out, in, kernel height, kernel width; empty: full
  Sizes stride = 1;
  Sizes padding = 0;
  bool bias = true;
  void visit(Visitor& v);
};

/// State: core (r0, r1, r2, r3), factors.0 (out, r0), factors.1 (in, r1), factors.2 (kh, r2), factors.3 (kw, r3), bias. It starts as Conv2d does, cut to the ranks
/// by truncated singular value decompositions of all unfoldings.
class TuckerConv2d : public Layer<TuckerConv2d> {
 public:
  static constexpr std::string_view type = "TuckerConv2d";
  using Options = TuckerConv2dOptions;
  explicit TuckerConv2d(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  /// W (out, in, kh, kw), on the tape.
  Tensor effective_weight() const;
  /// Enlarges the channel bases by the gradients that the last backward left in them. Throws GradError when there are none.
  void augment();
  void truncate(double tau, int64_t min_rank = 1, std::optional<int64_t> max_rank = {});

  Options options;
  Parameter core, factors[4], bias;

 private:
  Tucker value() const;
  void set(const Tucker& t);
  Shape stride_, padding_;
};

extern template class Layer<TuckerConv2d>;

}  // namespace tare::nn
