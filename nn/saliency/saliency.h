// What saliency methods share: a model held in evaluation, the score they explain, its gradients by the input and by a layer's output.
//
// The score of class c is its LOGIT, never a probability or the loss. Samples of a batch do not mix: in evaluation each logit depends on its own sample, so
// that one backward pass gives all gradients. No parameter's .grad is touched, and maps are off the tape.
#pragma once

#include <string>
#include <vector>

#include "nn/any_module.h"
#include "nn/training_flags.h"

namespace tare::nn {

/// The model an options struct must hold. Throws ConfigError, naming `who`, when there is none.
Module& model_of(std::string_view who, const AnyModule& box);

/// `target` int64 (N), or when it is undefined the class of the largest logit of `model` on x (N, ...). Throws ShapeError when the model does not give (N, classes)
/// or the target is not (N), DTypeError for other labels, IndexError for a label out of range.
Tensor explained_class(std::string_view who, Module& model, const Tensor& x, const Tensor& target);

/// d logit[n, target[n]] / dx: as x (N, ...).
Tensor input_gradient(Module& model, const Tensor& x, const Tensor& target);

/// The output of a layer and d logit[n, target[n]] / d output.
struct LayerGradient {
  Tensor activation, gradient;
  Tensor input{};           ///< of the layer
  Module* layer = nullptr;
};
/// In the order of `layers`, paths in the model; of a layer that is called several times the last call. Throws ConfigError for an unknown path, StateError for a
/// layer that the model did not call.
std::vector<LayerGradient> layer_gradients(Module& model, const std::vector<std::string>& layers, const Tensor& x, const Tensor& target);

/// Bilinear, align_corners = false, to the last two sizes of `like`.
Tensor resize_to(const Tensor& map, const Shape& like);

/// A map (N, C, H, W) as pictures (N, 1, H, W) in [0, 1]: |map| summed over channels, cut off at this percentile of each sample and divided by it; zero stays zero.
Tensor saliency_to_image(const Tensor& map, double percentile = 99);

}  // namespace tare::nn
