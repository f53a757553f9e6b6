// On the Training Instability of Shuffling SGD with Batch Normalization (Wu, Yun and Sra, 2023, arXiv:2302.12444).
//
// Batches are the consecutive chunks of a permutation p of the samples. Batch normalization (biased variance of the chunk, no affine part) makes a
// sample's features depend on its batch mates: the rows of BN(chunk 1), BN(chunk 2), ... are the distorted features Xd(p). One permutation for all
// epochs (SingleShuffle) therefore minimizes the distorted risk mean (Xd(p) w - y)^2, whose optimum is the least-squares solution; a new one each
// epoch (RandomReshuffle) the average over all p. The samplers are in core/data/sampler.h.
#pragma once

#include "core/tensor.h"

namespace tare::nn {

struct ShuffledBatches {
  int64_t batch_size = 0;  ///< divides n; 0: all samples
  double eps = 1e-5;       ///< a feature that is constant in its chunk is 0, also with eps = 0
};

/// x (n, d), perm int64 (n) -> (n, d), rows in permuted order. Differentiable by x. Throws ShapeError, ValueError when batch_size does not divide n.
Tensor distorted_features(const Tensor& x, const Tensor& perm, const ShuffledBatches& o = {});
/// y (n) -> w (d): the shortest least-squares solution of Xd(p) w = y[p].
Tensor distorted_optimum(const Tensor& x, const Tensor& y, const Tensor& perm, const ShuffledBatches& o = {});
/// w after one epoch of w <- w - lr (2/B) Z^T (Z w - y) over the chunks' features Z (B, d). Off the tape.
Tensor batchnorm_linear_epoch(const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& perm, double lr, const ShuffledBatches& o = {});

}  // namespace tare::nn
