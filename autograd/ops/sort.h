// Order: sorting, quantiles, searching, counting. Sorting is stable; NaN counts as larger than every number.
#pragma once

#include <optional>
#include <string_view>

#include "autograd/ops/reduce.h"
#include "core/tensor.h"

namespace tare {

ValuesAndIndices sort(const Tensor& x, int64_t axis = -1, bool descending = false);
Tensor argsort(const Tensor& x, int64_t axis = -1, bool descending = false);
/// Sorted along axis 0, values alone.
Tensor msort(const Tensor& x);
/// The k largest (smallest), in order.
ValuesAndIndices topk(const Tensor& x, int64_t k, int64_t axis = -1, bool largest = true);
/// The k-th smallest, k from 1.
ValuesAndIndices kthvalue(const Tensor& x, int64_t k, int64_t axis = -1, bool keepdim = false);
/// The lower median; equal ones share the gradient.
Tensor median(const Tensor& x);
ValuesAndIndices median(const Tensor& x, int64_t axis, bool keepdim = false);
/// The most frequent value (the smallest of several) and its last position.
ValuesAndIndices mode(const Tensor& x, int64_t axis = -1, bool keepdim = false);
/// Quantile q in [0, 1] along an axis (of the flattened tensor without one). interpolation: linear, lower, higher, midpoint, nearest.
Tensor quantile(const Tensor& x, double q, std::optional<int64_t> axis = {}, bool keepdim = false, std::string_view interpolation = "linear");
/// Several quantiles: their axis comes first.
Tensor quantile(const Tensor& x, const Tensor& q, std::optional<int64_t> axis = {}, bool keepdim = false, std::string_view interpolation = "linear");

struct UniqueResult {
  Tensor values, inverse, counts;
};
/// The sorted distinct elements (slices along an axis); for each element the position of its value; how many there are.
UniqueResult unique(const Tensor& x);
UniqueResult unique(const Tensor& x, int64_t axis);
/// Runs of equal elements of the flattened tensor collapsed.
UniqueResult unique_consecutive(const Tensor& x);

/// Where values would be inserted into sorted numbers: before equal ones, after them if `right`.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right = false);
/// searchsorted(boundaries, x, right): which bin each value falls into.
Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool right = false);
Tensor bincount(const Tensor& x, const Tensor& weights = {}, int64_t minlength = 0);
Tensor histc(const Tensor& x, int64_t bins = 100, double min = 0, double max = 0);
struct Histogram {
  Tensor counts, edges;
};
/// `bins` equal bins over `range` (by default the extremes of x); or explicit edges. The last bin includes its upper edge.
Histogram histogram(const Tensor& x, int64_t bins, std::optional<std::pair<double, double>> range = {}, const Tensor& weight = {}, bool density = false);
Histogram histogram(const Tensor& x, const Tensor& edges, const Tensor& weight = {}, bool density = false);
/// Whether each element of x occurs in `values`.
Tensor isin(const Tensor& x, const Tensor& values);

}  // namespace tare
