// x[i, j, ...]: general indexing by one tensor per axis.
//
// The index tensors broadcast to one shape J. Of x's axes those before the first indexed one (L) and the remaining ones (T)
// stay, so that the result is [L, J, T], and an element lies at offset(l) + offset(j) + offset(t) in x. When the indexed
// axes are not neighbours J comes first and L is empty, as in NumPy.
#include <algorithm>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"
#include "kernels/index_support.h"

namespace tare::kernels {
namespace {

constexpr int64_t kListGrain = 16384;
constexpr int64_t kTailChunk = 256;

struct Places {
  Shape shape;                 // of the result
  Tensor lead, picked, tail;   // offsets of L, J and T
};

// One entry per axis: an int64 tensor, or undefined. A bool mask stands for as many axes as it has.
Tensors expand_masks(std::string_view what, const Tensor& x, const Tensors& indices) {
  Tensors out;
  for (const Tensor& index : indices) {
    if (!index.defined() || index.dtype() != DType::boolean) {
      out.push_back(index);
      continue;
    }
    for (int d = 0; d < index.dim(); d++) {
      int axis = static_cast<int>(out.size()) + d;
      check<IndexError>(axis < x.dim() && index.shape()[d] == x.shape()[axis], what, ": a mask of shape ", index.shape(),
                        " does not fit a tensor of shape ", x.shape(), " from axis ", out.size());
    }
    for (Tensor& t : mask_indices(index)) out.push_back(std::move(t));
  }
  check<IndexError>(static_cast<int>(out.size()) <= x.dim(), what, ": ", out.size(), " indices for a tensor of shape ", x.shape());
  out.resize(static_cast<size_t>(x.dim()));
  return out;
}

Places find_places(std::string_view what, const Tensor& x, const Tensors& given) {
  Tensors indices = expand_masks(what, x, given);
  Shape common, lead, lead_strides, tail, tail_strides;
  int first = -1, last = -1, used = 0;
  for (int d = 0; d < x.dim(); d++) {
    const Tensor& index = indices[static_cast<size_t>(d)];
    if (!index.defined()) continue;
    common = used ? broadcast_shapes(what, common, index.shape()) : index.shape();
    if (!used++) first = d;
    last = d;
  }
  bool neighbours = used && last - first + 1 == used;
  Tensor picked = zeros_raw(common, DType::int64);
  for (int d = 0; d < x.dim(); d++) {
    const Tensor& index = indices[static_cast<size_t>(d)];
    if (index.defined()) {
      add_into(picked, checked_index(what, index, x.shape()[d], d), double(x.strides()[d]));
    } else {
      bool leading = neighbours && d < first;
      (leading ? lead : tail).push_back(x.shape()[d]);
      (leading ? lead_strides : tail_strides).push_back(x.strides()[d]);
    }
  }
  return {lead.concat(common).concat(tail), offset_table(lead, lead_strides), picked, offset_table(tail, tail_strides)};
}

// f(offset in x, position in the result), for one element after the other of each (l, t).
template <class F>
void for_places(const Places& p, F&& f) {
  int64_t leads = p.lead.numel(), n = p.picked.numel(), tails = p.tail.numel();
  if (leads * n * tails == 0) return;
  const int64_t *lead = p.lead.data<int64_t>(), *picked = p.picked.data<int64_t>(), *tail = p.tail.data<int64_t>();
  int64_t width = std::min(tails, kTailChunk), chunks = (tails + width - 1) / width;
  parallel_for(leads * chunks, std::max<int64_t>(1, kListGrain / (n * width)), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t l = u / chunks, from = u % chunks * width, to = std::min(tails, from + width);
      for (int64_t j = 0; j < n; j++)
        for (int64_t t = from; t < to; t++) f(lead[l] + picked[j] + tail[t], (l * n + j) * tails + t);
    }
  });
}

}  // namespace

Tensor index(const Tensor& x, const Tensors& indices) {
  Places places = find_places("index", x, indices);
  Tensor out = empty(places.shape, x.dtype());
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(x.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    for_places(places, [=](int64_t at, int64_t i) { to[i] = from[at]; });
  });
  return out;
}

Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate) {
  Tensor out = copy(x);
  Places places = find_places("index_put", out, indices);
  check<DTypeError>(values.dtype() == x.dtype(), "index_put: expected values of the tensor's type ", x.dtype(), " but they are ", values.dtype());
  Tensor all = contiguous(broadcast_to(values, places.shape));
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = all.data<T>();
    T* to = out.mutable_data<T>();
    if (accumulate) for_places(places, [=](int64_t at, int64_t i) { to[at] = static_cast<T>(to[at] + from[i]); });
    else for_places(places, [=](int64_t at, int64_t i) { to[at] = from[i]; });
  });
  return out;
}

}  // namespace tare::kernels
