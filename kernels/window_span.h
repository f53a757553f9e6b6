// Which positions of a sliding window fall inside the input.
#pragma once

#include <cstdint>

namespace tare::kernels {

struct WindowSpan {
  int64_t begin, end;  // begin <= end
};

/// The p in [0, positions) whose coordinate p stride + shift lies in [0, length).
inline WindowSpan window_span(int64_t positions, int64_t stride, int64_t shift, int64_t length) {
  int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  int64_t end = length <= shift ? 0 : (length - shift - 1) / stride + 1;
  if (begin > positions) begin = positions;
  if (end > positions) end = positions;
  return {begin, end < begin ? begin : end};
}

}  // namespace tare::kernels
