// What layers over (N, C, ...) share: checks of their options and of their input.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::nn {

/// Throws ConfigError unless num_features >= 1 and eps >= 0 (and is a number).
void check_norm_options(std::string_view type, int64_t num_features, double eps);
/// Throws ConfigError unless `channels` can be split into `groups` equal groups.
void check_groups(std::string_view type, int64_t channels, int64_t groups);
/// Throws ShapeError unless x is (N, num_features, ...) with a rank in [lowest, highest].
void check_channels(std::string_view type, const Tensor& x, int64_t num_features, int lowest, int highest);
/// Throws ShapeError unless the last dimension of x is num_features.
void check_last(std::string_view type, const Tensor& x, int64_t num_features);
/// Numbers of one channel: numel / C.
int64_t values_per_channel(const Tensor& x);
/// Throws ValueError when a batch has one value per channel (or none): it has no variance to divide by.
void check_batch_statistics(std::string_view type, const Tensor& x);

}  // namespace tare::nn
