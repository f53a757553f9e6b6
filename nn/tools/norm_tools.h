// Tools on models around their normalizations: fold them away, exchange them, bring their statistics up to date.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "nn/module.h"

namespace tare::nn {

/// Whether this is a normalization: its row of the catalogue says so.
bool is_norm(const Module& m);

/// Folds normalizations into the Linear, Conv or ConvTranspose right before them in a Sequential (an Identity between is skipped), and leaves Identities in
/// their place. Every normalization that is y = a_c x + b_c in evaluation is folded (batch normalization and its relatives by running statistics, ActNorm,
/// ...), found by trying, not by name; others stay. With W of the layer before, W' = a W and b' = a b + b_c; a reparameterized W becomes a plain one.
/// The model is for inference afterwards. Returns how many were folded.
int64_t fold_norms(Module& model);
/// The same for pairs of paths (layer, norm right behind it) in a model of one's own, both exchangeable children. Throws ConfigError at the first pair that
/// cannot be folded.
void fold_norms(Module& model, const std::vector<std::pair<std::string, std::string>>& pairs);

/// Puts a normalization of another type in place of every exchangeable one: replace_norms(model, "GroupNorm"), replace_norms(model, "LayerNorm",
/// {{"eps", 1e-3}}). The channels come from the old one. At places of images or sequences the type of that many axes is taken where `type` does not fit:
/// LayerNorm becomes LayerNorm2d (over the channels at each position), BatchNorm2d becomes BatchNorm1d, DyT takes channels_first. num_groups, unless
/// given, is the largest divisor of the channels up to 32 (up to channels / 16 where there are no axes beside them). `options` are the new type's, and win. Where all options of the new type are known to the old
/// one their values and the state of the same names carry over (BatchNorm2d to SyncBatchNorm or FrozenBatchNorm2d).
/// With `example`, an input of the model, the exact shape at each place is looked at, and a type that fits nowhere else may take whole samples; without,
/// what the old one would accept.
/// Normalizations that are fixed parts of another layer stay. Returns how many were replaced; throws ConfigError, and changes nothing, when there is none or
/// when the type cannot stand at one of the places.
int64_t replace_norms(Module& model, std::string_view type, const Json& options = {}, const Tensor& example = {});

/// Running statistics afresh: forgets the old ones, calls `forward` (which runs the model over data) with the normalizations in training and everything else
/// in evaluation, off the tape. Where momentum may be null (BatchNorm, InstanceNorm, ...) the result is the average over all batches; elsewhere the layers'
/// own moving averages go on from where they are. What flags were set before are set again. Returns how many modules keep statistics.
int64_t recalibrate_running_statistics(Module& model, const std::function<void()>& forward);
int64_t recalibrate_running_statistics(Module& model, const Tensors& batches);

/// Puts every normalization with running statistics into evaluation (or back into training): fine-tuning with the statistics of before. train() of a
/// whole model undoes it, so call it after that; replace_norms(model, "FrozenBatchNorm2d") is for good. Returns how many there are.
int64_t freeze_statistics(Module& model, bool frozen = true);

/// The weights whose size the model does not feel in training, f(a w) = f(w) for a > 0, because a normalization follows or they are themselves normalised
/// directions: for them the gradient is orthogonal to the weight, which is how they are found, from one backward pass of a copy in float64 with every eps
/// set to (almost) 0. `inputs` are an example of the model's inputs: a few samples are enough. With per_channel, only weights of which every row (entry of
/// the first axis) is invariant by itself, as before batch normalization. Entries are the model's own leaves.
ParameterList scale_invariant_weights(Module& model, const Tensors& inputs, bool per_channel = false);

}  // namespace tare::nn
