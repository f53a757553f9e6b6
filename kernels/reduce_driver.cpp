#include "kernels/reduce_driver.h"

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

constexpr int64_t kSegment = 131072;  // elements of one segment, about: 6 microseconds of reading from the last-level cache
constexpr int64_t kFoldGrain = 131072;

Tensor workspace(int64_t bytes) { return empty({bytes}, DType::uint8); }

// Merges partial results [outer, n, inner] into [outer, inner], in order of n.
void merge_middle(const Fold& fold, const char* from, int64_t outer, int64_t n, int64_t inner, char* acc) {
  int64_t width = std::min(inner, kColumns), chunks = (inner + width - 1) / width, size = fold.accumulator_bytes;
  int64_t grain = std::max<int64_t>(1, kFoldGrain / (n * width));
  parallel_for(outer * chunks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t o = u / chunks, c = u % chunks * width, count = std::min(width, inner - c);
      char* to = acc + (o * inner + c) * size;
      fold.start(fold.op, to, count);
      for (int64_t r = 0; r < n; r++) fold.merge(fold.op, from + ((o * n + r) * inner + c) * size, to, count);
    }
  });
}

// Folds contiguous elements [outer, n, inner] into accumulators [outer, inner].
void fold_middle(const Fold& fold, const char* x, int64_t item, int64_t outer, int64_t n, int64_t inner, char* acc) {
  int64_t width = std::min(inner, kColumns), chunks = (inner + width - 1) / width, size = fold.accumulator_bytes;
  int64_t run = inner == 1 ? kRun : kRowsOfRun;
  int64_t length = std::max<int64_t>(1, kSegment / width / run) * run;  // of a segment along n
  int64_t segments = (n + length - 1) / length;
  Tensor partial;
  char* to = acc;
  if (segments > 1) {
    partial = workspace(outer * segments * inner * size);
    to = static_cast<char*>(partial.mutable_raw());
  }
  int64_t grain = std::max<int64_t>(1, kFoldGrain / (std::min(n, length) * width));
  if (inner == 1) {  // accumulators lie side by side; rows may be short, so nothing is divided for each
    parallel_for(outer * segments, grain, [&](int64_t begin, int64_t end) {
      fold.start(fold.op, to + begin * size, end - begin);
      if (n <= run) return fold.rows(fold.op, x + begin * n * item, end - begin, n, to + begin * size);
      int64_t o = begin / segments, segment = begin % segments;
      for (int64_t u = begin; u < end; u++) {
        int64_t first = segment * length, last = std::min(n, first + length);
        const char* from = x + o * n * item;
        for (int64_t r = first; r < last; r += run) fold.rows(fold.op, from + r * item, 1, std::min(run, last - r), to + u * size);
        if (++segment == segments) segment = 0, o++;
      }
    });
  } else {
    parallel_for(outer * segments * chunks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t u = begin; u < end; u++) {
        int64_t c = u % chunks * width, count = std::min(width, inner - c);
        int64_t os = u / chunks, o = os / segments, first = os % segments * length, last = std::min(n, first + length);
        char* at = to + (os * inner + c) * size;
        fold.start(fold.op, at, count);
        const char* from = x + (o * n * inner + c) * item;
        for (int64_t r = first; r < last; r += run) fold.columns(fold.op, from + r * inner * item, std::min(run, last - r), count, inner, at);
      }
    });
  }
  if (segments > 1) merge_middle(fold, to, outer, segments, inner, acc);
}

// Axes ordered as they lie in memory, from the largest stride to the smallest.
Shape memory_order(const Tensor& x) {
  Shape order;
  for (int d = 0; d < x.dim(); d++) {
    int at = order.size();
    while (at > 0 && x.strides()[static_cast<int>(order[at - 1])] < x.strides()[d]) at--;
    order.insert(at, d);
  }
  return order;
}

Tensor permuted(const Tensor& x, const Shape& order) {
  Shape shape, strides;
  for (int64_t d : order) {
    shape.push_back(x.shape()[static_cast<int>(d)]);
    strides.push_back(x.strides()[static_cast<int>(d)]);
  }
  return view_of(x, shape, strides, x.impl().offset);
}

bool contains(const Shape& list, int64_t v) { return std::find(list.begin(), list.end(), v) != list.end(); }

// Groups of neighbouring axes that are all reduced or all kept.
struct Group {
  int64_t size;
  bool reduced;
};

// x is contiguous; the result has the kept axes only.
Tensor fold_contiguous(const Tensor& x, const Shape& axes, DType out_type, const Fold& fold) {
  Group groups[Shape::max_rank];
  int count = 0;
  int64_t reduced_count = 1, kept_count = 1;
  for (int d = 0; d < x.dim(); d++) {
    int64_t size = x.shape()[d];
    bool reduced = contains(axes, d);
    (reduced ? reduced_count : kept_count) *= size;
    if (size == 1) continue;
    if (count && groups[count - 1].reduced == reduced) groups[count - 1].size *= size;
    else groups[count++] = {size, reduced};
  }
  Tensor out = empty(reduced_shape(x.shape(), axes, false), out_type);
  if (kept_count == 0) return out;
  Tensor acc = workspace(kept_count * fold.accumulator_bytes);
  if (reduced_count == 0) {
    fold.start(fold.op, acc.mutable_raw(), kept_count);
  } else {
    bool first = true;
    const char* from = static_cast<const char*>(x.raw());
    Tensor source = x;
    int64_t inner = 1;
    for (int g = count - 1; g >= 0 || first; g--) {
      if (g >= 0 && !groups[g].reduced) {
        inner *= groups[g].size;
        continue;
      }
      int64_t n = g >= 0 ? groups[g].size : 1, outer = 1;  // nothing to reduce: fold single elements
      for (int k = 0; k < g; k++) outer *= groups[k].size;
      Tensor target = outer * inner == kept_count ? acc : workspace(outer * inner * fold.accumulator_bytes);
      if (first) fold_middle(fold, from, item_size(x.dtype()), outer, n, inner, static_cast<char*>(target.mutable_raw()));
      else merge_middle(fold, from, outer, n, inner, static_cast<char*>(target.mutable_raw()));
      first = false;
      source = target;
      from = static_cast<const char*>(source.raw());
    }
    acc = source;
  }
  int64_t out_size = item_size(out_type);
  parallel_for(kept_count, kFoldGrain, [&](int64_t begin, int64_t end) {
    fold.finish(fold.op, static_cast<const char*>(acc.raw()) + begin * fold.accumulator_bytes, static_cast<char*>(out.mutable_raw()) + begin * out_size,
                end - begin, reduced_count);
  });
  return out;
}

}  // namespace

Shape reduced_shape(const Shape& shape, const Shape& axes, bool keepdim) {
  Shape out;
  for (int d = 0; d < shape.size(); d++) {
    if (!contains(axes, d)) out.push_back(shape[d]);
    else if (keepdim) out.push_back(1);
  }
  return out;
}

Tensor run_fold(std::string_view what, const Tensor& x, const Shape& wanted, bool keepdim, DType out_type, const Fold& fold) {
  Shape axes = normalize_axes(what, wanted, x.dim());
  Tensor out;
  if (x.is_contiguous()) {
    out = fold_contiguous(x, axes, out_type, fold);
  } else {
    // A permuted tensor is folded as it lies in memory; only the (smaller) result is permuted back.
    Shape order = memory_order(x);
    Tensor dense = permuted(x, order);
    if (!dense.is_contiguous()) {
      out = fold_contiguous(copy(x), axes, out_type, fold);
    } else {
      Shape mapped, kept_order, kept_sorted, back;
      for (int i = 0; i < order.size(); i++) {
        if (contains(axes, order[i])) mapped.push_back(i);
        else kept_order.push_back(order[i]);
      }
      kept_sorted = kept_order;
      std::sort(kept_sorted.begin(), kept_sorted.end());
      for (int64_t d : kept_sorted) back.push_back(std::find(kept_order.begin(), kept_order.end(), d) - kept_order.begin());
      out = contiguous(permuted(fold_contiguous(dense, mapped, out_type, fold), back));
    }
  }
  count_work(x.numel(), bytes_of(x, out));
  if (!keepdim) return out;
  Shape shape = reduced_shape(x.shape(), axes, true);
  return view_of(out, shape, contiguous_strides(shape), 0);
}

}  // namespace tare::kernels
