// Balancing low and high frequencies: SPANet (Yun et al., 2023, arXiv:2308.11568).
//
//     SPF(x) = real part of F^-1 m F x       F the orthonormal Fourier transform over the two axes of space, frequency 0 shifted to (H / 2, W / 2), and
//     m = lamb within radius r of that centre, 1 - lamb beyond, 1/3 at a distance of exactly r
//     SPAM(x) = proj_out(u ctx),  u = conv(proj_in(x)),  ctx = the sum over chunks u_i of channels of pw_i(SPF_i(u_i))
//     SPANetBlock: x <- s1 x + SPAM(norm1(x)), x <- s2 x + mlp(norm2(x)) with norms over (C, H, W) together
//
// Of even sizes the outermost frequency has no mirror image in the mask: the imaginary part that comes of it is dropped, forward and backward. The authors pad a mask
// with its corner value when the image is larger, and exchange the coordinates of the centre when it is not square; here an image of another size gets a mask of its own
// with the same radius, about (H / 2, W / 2). SPF is linear, and its own adjoint. No state beyond the weights; training differs from evaluation by drop_path only.
#pragma once

#include <vector>

#include "nn/conv/conv.h"
#include "nn/layer.h"
#include "nn/norm/group_norm.h"

namespace tare::nn {

struct SpectralPoolingFilterOptions {
  int64_t height = 0, width = 0;  ///< the size it is meant for; 0: none in particular
  double radius = 0;              ///< of the disc of low frequencies, in frequencies
  double lamb = 0.5;              ///< their weight; the others' is 1 - lamb
  void visit(Visitor& v);
};

/// x (*, H, W) -> the same shape. No parameters.
class SpectralPoolingFilter : public Layer<SpectralPoolingFilter> {
 public:
  static constexpr std::string_view type = "SpectralPoolingFilter";
  using Options = SpectralPoolingFilterOptions;
  explicit SpectralPoolingFilter(Options options);
  Tensor forward(const Tensor& x);

  Options options;

 private:
  Buffer fixed_;  // the mask of (height, width), or for small images the filter's matrix; derived from the options, so no state
};

struct SPAMOptions {
  int64_t dim = 0;          ///< channels, at least as many as make one chunk for each lambda
  int64_t kernel_size = 7;  ///< odd, of the depthwise convolutions
  int64_t height = 0, width = 0;
  double radius = 2;
  std::vector<double> lambdas = {0.7, 0.8, 0.9};
  void visit(Visitor& v);
};

/// x (N, dim, H, W) -> the same shape. proj_in, proj_out (1 x 1), conv.0 (1 x k) and conv.1 (k x 1) depthwise, pws.i (1 x 1, of chunk i to dim), all with biases.
class SPAM : public Layer<SPAM> {
 public:
  static constexpr std::string_view type = "SPAM";
  using Options = SPAMOptions;
  explicit SPAM(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Conv2d proj_in;
  std::vector<Conv2d> conv, pws;
  Conv2d proj_out;

 private:
  std::vector<SpectralPoolingFilter> filters_;  // without state, one a chunk
};

struct SPANetBlockOptions {
  int64_t dim = 0;
  int64_t kernel_size = 7;
  int64_t height = 0, width = 0;
  double radius = 2;
  double mlp_ratio = 4;
  std::optional<double> res_scale{};  ///< start of the trained factors on the residual stream; null: there are none
  double drop_path = 0;
  std::vector<double> lambdas = {0.7, 0.8, 0.9};
  void visit(Visitor& v);
};

/// x (N, dim, H, W) -> the same shape. norm1, token_mixer, norm2, mlp.fc1, mlp.fc2, and with res_scale res_scale1, res_scale2. Convolutions of the mlp start truncated
/// normal with deviation 0.02, their biases 0.
class SPANetBlock : public Layer<SPANetBlock> {
 public:
  static constexpr std::string_view type = "SPANetBlock";
  using Options = SPANetBlockOptions;
  explicit SPANetBlock(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  GroupNorm norm1;
  SPAM token_mixer;
  GroupNorm norm2;
  Conv2d fc1, fc2;
  Parameter res_scale1, res_scale2;
};

extern template class Layer<SpectralPoolingFilter>;
extern template class Layer<SPAM>;
extern template class Layer<SPANetBlock>;

}  // namespace tare::nn
