// Starts that look at a batch: each layer is scaled in the order of the forward pass, after those before it.
//
// A layer here is a Linear or a convolution; its outputs are taken before any activation, and its channel means and deviations over batch and positions.
#pragma once

#include "nn/module.h"

namespace tare::nn::init {

/// Every layer's outputs on the batch get mean 0 and deviation 1 in each channel, by scaling its weight and moving its bias (Salimans and Kingma 2016,
/// arXiv:1602.07868, section 3; Kraehenbuehl et al. 2015, arXiv:1511.06856). A weight-normalized layer gets this through g alone. Deviations below `floor`
/// (units that are dead on this batch) count as floor; layers without a bias keep their mean. Returns the number of layers; throws ConfigError when the model
/// has none.
int64_t data_dependent(Module& model, const Tensor& x, double floor = 1e-3);

struct LSUVOptions {
  double tolerance = 0.1;    ///< |variance - 1| allowed
  int64_t max_iterations = 10;
  bool orthonormal = true;   ///< weights start orthonormal; otherwise as they are
};
/// Layer-sequential unit-variance (Mishkin and Matas 2015, arXiv:1511.06422): each weight is divided by the deviation of its layer's outputs, all together,
/// until their variance is 1. Returns the number of layers.
int64_t lsuv(Module& model, const Tensor& x, const LSUVOptions& options = {});

/// The paper's formula for one weight-normalized linear layer: x (N, in), v (out, in): g = 1 / sd, b = -mu / sd with mu and sd the mean and biased deviation
/// of each unit's x v / ||v||; sd is at least floor.
struct DataDependentStart {
  Tensor g, b;
};
DataDependentStart weight_norm_data_dependent_init(const Tensor& x, const Tensor& v, double floor = 1e-3);

}  // namespace tare::nn::init
