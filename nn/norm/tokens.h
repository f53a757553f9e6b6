// What layers over tokens share: features last, every token of every sequence one sample, some of them padding.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::nn {

/// Mean of x^2 per feature (C), off the tape, over the tokens of x (*, C) that are no padding. `pad_mask`, where given, is (B, T) for x (B, T, C),
/// or for x (T, B, C) when `time_first`, and (N) for x (N, C): 1 marks padding. Throws ValueError when no token is left.
Tensor token_mean_square(std::string_view type, const Tensor& x, const Tensor& pad_mask, bool time_first);
/// Mean over all tokens per feature (C).
Tensor token_mean(const Tensor& x);

}  // namespace tare::nn
