// Adversarial Robustness through the Lens of Convolutional Filters (Gavrikov and Keuper, 2022, arXiv:2204.02481): three measures of a convolution's weight
// w (out, in, *kernel) that do not depend on its scale. A slice is one kernel, w[o, i].
//
//   sparsity          the share of slices with max |slice| <= max |w| / 100: of the layer's largest weight, so that a layer of zeros scores 1
//   variance entropy  -sum_i p_i log10 p_i, p the shares of the variances along the principal axes of the slices, the mean slice taken out: at most
//                     log10(kernel size), 0.954 for 3 x 3; few slices do not reach it even when random; slices that are all equal score 0
//   orthogonality     1 - sum_ij |(R R^T - I)_ij| / (out (out - 1)), R the filters w[o] as unit rows; a zero row stays zero; a single filter scores 1
//
// Computed in float64, off the tape.
#pragma once

#include "core/json.h"
#include "nn/module.h"

namespace tare::nn {

double filter_sparsity(const Tensor& w);
double filter_variance_entropy(const Tensor& w);
double filter_orthogonality(const Tensor& w);

/// [{"layer": path, "shape": [...], "sparsity", "variance_entropy", "orthogonality"}, ...] of every Conv1d-3d, in the order of the model.
Json filter_report(Module& model);

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy, 2014, arXiv:1412.6572) for cross entropy, with a random start in the ball (Wong, Rice and Kolter, 2020,
/// arXiv:2001.03994) unless `random_start` is false: x' = x + eps U(-1, 1), result x' + eps sign(d CE / dx'). Nothing is clipped to a range of images. The model
/// (N, ...) -> logits evaluates meanwhile, so that its running statistics stay.
Tensor fgsm(Module& model, const Tensor& x, const Tensor& y, double eps, bool random_start = true);

}  // namespace tare::nn
