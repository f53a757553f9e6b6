// Rows of a table by index, one at a time or in bags.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace tare {

struct EmbeddingParams {
  int64_t padding_idx = -1;         ///< the row that gets no gradient; -1: none
  bool scale_grad_by_freq = false;  ///< each row's gradient is divided by how often its index occurs
};

/// weight (V, D), indices int64 of any shape: (*indices, D). Throws IndexError for an index outside [0, V).
Tensor embedding(const Tensor& weight, const Tensor& indices, const EmbeddingParams& params = {});

enum class BagMode { sum, mean, max };

struct EmbeddingBagParams {
  BagMode mode = BagMode::mean;
  bool include_last_offset = false;  ///< the last offset is the end of the last bag
  int64_t padding_idx = -1;          ///< this index counts for nothing in its bag; -1: none
  bool scale_grad_by_freq = false;
};

/// Rows reduced by bags to (bags, D); an empty bag gives zeros. indices (bags, n), or (n) with `offsets` (bags), the position where each bag
/// begins. `per_sample_weights`, of indices' shape, multiplies the rows (mode sum only).
Tensor embedding_bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets = {}, const Tensor& per_sample_weights = {},
                     const EmbeddingBagParams& params = {});

}  // namespace tare
