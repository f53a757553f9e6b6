// Training without derivatives: what ZOODiP (Seo et al., 2025, arXiv:2503.14868) needs beside its optimizer (optim/subspace_zo_adam.h).
#pragma once

#include <functional>

#include "core/random.h"
#include "core/tensor.h"

namespace tare::optim {

struct ZeroOrderGradient {
  Tensor g;     ///< sum_i z_i (L(p + mu z_i) - L(p)) / mu over n normal directions: n times an estimate of the gradient
  double loss;  ///< L(p)
};
/// `loss` reads `p`, which is moved in place and put back exactly, also when `loss` throws; it must see the same data and noise in all n + 1 calls.
/// Nothing is put on the tape. The directions are a function of `seed`. Throws ValueError unless mu > 0 and n >= 1.
ZeroOrderGradient zo_gradient(const std::function<Tensor()>& loss, const Tensor& p, double mu = 1e-3, int64_t n = 2, uint64_t seed = 0);

/// Diffusion times for training a text embedding: int64 (count), uniform in [low, high), where the text condition matters most.
Tensor partial_uniform_timesteps(int64_t count, int64_t low = 500, int64_t high = 900, Generator* generator = nullptr);

struct Int8Tensor {
  Tensor codes;  ///< uint8: the signed code plus 128
  double scale;
};
/// Symmetric quantization of a whole tensor: round(w / scale), scale = max |w| / 127; a tensor of zeros has scale 1.
Int8Tensor quantize_int8(const Tensor& w);
Tensor dequantize_int8(const Int8Tensor& q, DType dtype = DType::float32);

}  // namespace tare::optim
