// Online Normalization for Training Neural Networks (Chiley et al., 2019, arXiv:1905.05894).
//
// Samples are normalised one by one, in batch order, by exponential statistics of the samples BEFORE them; batches of one work. With
// m, q = mean and biased variance of channel c of one sample over its positions, a = alpha_fwd, b = alpha_bkw, s = sqrt(var + eps):
//
//   forward    y = (x - mean) / s
//              var  <- a var + (1 - a) q + a (1 - a) (m - mean)^2        (the old mean)
//              mean <- mean + (1 - a) (m - mean)
//   backward   t = grad - (1 - b) v y;     v <- v + mean(t y)            (same order of samples, averages over positions)
//              dx = t / s - (1 - b) u;     u <- u + mean(dx)
//   then       z = weight y + bias, and a guard: "ac" clamps to [-clamp_val, clamp_val], "ls" divides by sqrt(mean z^2 + ls_eps) of each sample
//
// The backward rule is the paper's approximation to a derivative through an infinite history: the controllers u and v keep the gradient
// orthogonal, on average over time, to 1 and to y. Statistics and controllers are off the tape; mean and var move in the forward pass, u and v
// in the backward pass (twice, if it is played twice). Evaluation uses mean and var as constants and has an exact gradient.
// A second derivative takes statistics and controllers as constants. Rematerialising (checkpoint) is not possible: the statistics have moved on.
// The authors' NumPy class ignores its clamp value and always clamps at 5; here it counts.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct OnlineNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double alpha_fwd = 0.999;  ///< decay of the statistics, in (0, 1)
  double alpha_bkw = 0.99;   ///< decay of the controllers, in (0, 1]; 1 switches them off
  double eps = 1e-5;         ///< inside the root
  bool affine = true;        ///< weight and bias
  enum class Guard { ac, ls, none } ecm = Guard::ac;  ///< activation clamp, layer scaling or none, behind weight and bias
  double ls_eps = 1e-5;
  double clamp_val = 5;
  void visit(Visitor& v);
};

/// OnlineNorm1d takes (N, C), OnlineNorm2d (N, C, H, W). weight (C) starts at 1, bias at 0; buffers running_mean (0), running_var (1), u, v (0).
template <int D>
class OnlineNormNd : public Layer<OnlineNormNd<D>>, public Affine {
 public:
  static constexpr std::string_view type = D == 1 ? "OnlineNorm1d" : "OnlineNorm2d";
  using Options = OnlineNormOptions;
  explicit OnlineNormNd(Options options);
  explicit OnlineNormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer running_mean, running_var, u, v;

 private:
  Tensor normalize_online(const Tensor& x);
};
using OnlineNorm1d = OnlineNormNd<1>;
using OnlineNorm2d = OnlineNormNd<2>;

extern template class OnlineNormNd<1>;
extern template class OnlineNormNd<2>;
extern template class Layer<OnlineNorm1d>;
extern template class Layer<OnlineNorm2d>;

}  // namespace tare::nn
