// Running statistics made anew, as torch.optim.swa_utils.update_bn does: for weights that no training step has used (an average of weights, SWA).
#pragma once

#include <functional>

#include "nn/module.h"

namespace tare::nn {

/// Resets the running statistics of every layer that keeps them (a "momentum" option beside running_mean, running_var and num_batches_tracked), runs
/// `passes`, which calls the model on as many batches as wanted, in training mode and off the tape, and leaves in every layer the equally weighted
/// average over them. Momenta and modes are as before afterwards, also when `passes` throws. Returns the number of layers.
int64_t update_batch_norm(Module& model, const std::function<void()>& passes);

}  // namespace tare::nn
