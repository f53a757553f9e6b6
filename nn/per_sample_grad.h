// Gradients of each sample by itself, for differential privacy, influence, gradient statistics.
#pragma once

#include <functional>

#include "nn/functional_call.h"

namespace tare::nn {

enum class PerSample {
  automatic,  ///< layers where every parameter belongs to one that is known, else samples
  layers,     ///< one backward pass for the whole batch (Goodfellow 2015, arXiv:1510.01799); ConfigError where a layer is not known
  samples     ///< a forward and a backward pass for each sample
};

/// (N, *shape) for every parameter of `model` that requires a gradient, by name: d losses[n] / d parameter.
///
/// `losses` takes tensors of N samples along their first axis (all of `batch`, or one sample of each), calls the model, and gives the
/// loss of each sample, (N). Known layers, plain parameters only: Linear, Conv1d-3d, Embedding, LayerNorm, RMSNorm, GroupNorm, InstanceNorm1d-3d,
/// BatchNorm1d-3d; each must see the samples along the first axis of its input. Throws StateError for a BatchNorm that trains: it mixes samples, whose single gradients are then not defined; ShapeError
/// when losses are not (N). Dropout draws other numbers for a sample alone than for a batch.
NamedTensors per_sample_grad(Module& model, const Tensors& batch, const std::function<Tensor(const Tensors& samples)>& losses,
                             PerSample how = PerSample::automatic);

}  // namespace tare::nn
