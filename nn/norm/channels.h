// What layers over (N, C, ...) share: checks of their options and of their input, statistics per channel.
#pragma once

#include <string_view>

#include "autograd/ops/norm.h"
#include "nn/parameter.h"

namespace tare::nn {

/// What most normalizations end with: a scale that starts at 1 and a shift that starts at 0. A base, so that they read layer.weight and layer.bias.
struct Affine {
  Parameter weight, bias;
  void start_affine(const Shape& shape);
  void visit_affine(Visitor& v);
};

/// Throws ConfigError unless num_features >= 1 and eps >= 0 (and is a number).
void check_norm_options(std::string_view type, int64_t num_features, double eps);
/// Throws ConfigError unless `channels` can be split into `groups` equal groups.
void check_groups(std::string_view type, int64_t channels, int64_t groups);
/// Throws ShapeError unless x is (N, num_features, ...) with a rank in [lowest, highest].
void check_channels(std::string_view type, const Tensor& x, int64_t num_features, int lowest, int highest);
/// Throws ShapeError unless the last dimension of x is num_features.
void check_last(std::string_view type, const Tensor& x, int64_t num_features);
/// Throws ShapeError unless x has num_features channels: along axis 1 of (N, C, ...), or along the last axis.
void check_features(std::string_view type, const Tensor& x, int64_t num_features, bool channels_first);
/// v (C) as a tensor that broadcasts over x's channels: along axis 1, or along the last axis.
Tensor along_channels(const Tensor& v, const Tensor& x, bool channels_first);
/// y * weight + bias per channel of y (N, C, ...); what is undefined is left out.
Tensor affine_per_channel(const Tensor& y, const Tensor& weight, const Tensor& bias);
/// group_norm without weight and bias, by the UNBIASED variance of each group.
Tensor group_norm_unbiased(std::string_view type, const Tensor& x, int64_t groups, double eps);
/// Numbers outside [0, 1] are set to the nearer end, in place and off the tape: the projection after an optimizer's step, done before the next
/// forward pass. Nothing happens while statistics are frozen (the forward pass may then be at a perturbed point).
void clip_to_unit_interval(Parameter& gate);
/// Mean and biased variance of each channel over the batch and all positions, as vectors (C), on the tape.
Moments channel_moments(const Tensor& x);
/// Numbers of one channel: numel / C.
int64_t values_per_channel(const Tensor& x);
/// Throws ValueError when a batch has one value per channel (or none): it has no variance to divide by.
void check_batch_statistics(std::string_view type, const Tensor& x);
/// Throws ValueError when a channel of a sample has one position (or none).
void check_positions(std::string_view type, const Tensor& x);

}  // namespace tare::nn
