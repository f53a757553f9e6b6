// Order: sorting, selecting, searching, counting. Sorting is stable; NaN counts as larger than every number.
#pragma once

#include <utility>

#include "core/tensor.h"

namespace tare::kernels {

/// Sorted along an axis, and where each element came from (int64).
std::pair<Tensor, Tensor> sort(const Tensor& x, int64_t axis = -1, bool descending = false);
Tensor argsort(const Tensor& x, int64_t axis = -1, bool descending = false);
/// The k largest (smallest) along an axis, in order, and where they are; of equal ones the first come first.
std::pair<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t axis = -1, bool largest = true);
/// The k-th smallest along an axis, k from 1, and where it is.
std::pair<Tensor, Tensor> kthvalue(const Tensor& x, int64_t k, int64_t axis = -1, bool keepdim = false);
/// The lower median along an axis and where it is; NaN if there is one.
std::pair<Tensor, Tensor> median(const Tensor& x, int64_t axis, bool keepdim = false);

/// The most frequent element along an axis (the smallest of several) and the last position it has.
std::pair<Tensor, Tensor> mode(const Tensor& x, int64_t axis, bool keepdim = false);

struct Unique {
  Tensor values;   ///< sorted
  Tensor inverse;  ///< for each element of x the position of its value
  Tensor counts;   ///< how often each value occurs
};
/// The distinct elements of the flattened tensor.
Unique unique(const Tensor& x);
/// The distinct slices along an axis, in lexicographic order.
Unique unique(const Tensor& x, int64_t axis);

/// Where each value would be inserted into the sorted last axis to keep it sorted: before equal ones, or after if `right`.
/// `sorted` is 1-d or has the leading axes of `values`.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right = false);
/// How often 0, 1, 2 ... occur (or the sum of their weights): at least `minlength` counts.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, int64_t minlength = 0);
/// Counts in `bins` equal bins between lo and hi (both 0: the extremes of x), of x's type; the last bin includes hi.
Tensor histc(const Tensor& x, int64_t bins, double lo, double hi);
/// Counts (or sums of weights) between consecutive edges; the last bin includes its upper edge.
Tensor histogram(const Tensor& x, const Tensor& edges, const Tensor& weights = {}, bool density = false);

}  // namespace tare::kernels
