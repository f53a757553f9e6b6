// A table look-up is a linear map of the table, and its gradient a scatter-add; each is recorded with the other as its vjp.
#include "autograd/ops/embedding.h"

#include <vector>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/embedding.h"
#include "kernels/index.h"
#include "kernels/sort.h"

namespace tare {
namespace {

Tensor look_up(const Tensor& weight, const Tensor& indices, const EmbeddingParams& p);

Tensor add_rows(const Tensor& grad, const Tensor& indices, int64_t rows, const EmbeddingParams& p) {
  return record("embedding_backward", kernels::embedding_backward(grad, indices, rows, p.padding_idx, p.scale_grad_by_freq),
                from(grad, [indices, p](const Tensor& g) {
                  // The transpose: look-up with the same factors, 0 for padding and one over the frequency.
                  Tensor y = look_up(g, indices, {});
                  if (p.scale_grad_by_freq) {
                    Tensor counts = kernels::bincount(kernels::contiguous(indices));
                    y = y / unsqueeze(to(kernels::take(counts, indices), y.dtype()), -1);
                  }
                  if (p.padding_idx >= 0) y = masked_fill(y, unsqueeze(kernels::eq(indices, p.padding_idx), -1), 0.0);
                  return y;
                }));
}

Tensor look_up(const Tensor& weight, const Tensor& indices, const EmbeddingParams& p) {
  return record("embedding", kernels::embedding(weight, indices),
                from(weight, [indices = saved(indices), rows = weight.shape()[0], p](const Tensor& grad) { return add_rows(grad, indices, rows, p); }));
}

void check_table(const char* what, const Tensor& weight, int64_t padding_idx) {
  check<ShapeError>(weight.dim() == 2, what, ": expected a table (rows, size) but its shape is ", weight.shape());
  check<IndexError>(padding_idx >= -1 && padding_idx < weight.shape()[0], what, ": padding_idx ", padding_idx, " is out of range for ", weight.shape()[0], " rows");
}

// Where each bag begins and ends among n indices.
std::vector<int64_t> bag_bounds(const Tensor& offsets, int64_t n, bool include_last) {
  check<DTypeError>(offsets.dtype() == DType::int64 && offsets.dim() == 1, "embedding_bag: expected a vector of int64 offsets but they are ", offsets);
  std::vector<int64_t> bounds = offsets.to_vector<int64_t>();
  check<ValueError>(!include_last || !bounds.empty(), "embedding_bag: include_last_offset wants at least one offset");
  if (!include_last) bounds.push_back(n);
  check<ValueError>(bounds.front() == 0 || (bounds.size() == 1 && n == 0), "embedding_bag: the first offset must be 0, not ", bounds.front());
  for (size_t i = 1; i < bounds.size(); i++)
    check<ValueError>(bounds[i - 1] <= bounds[i] && bounds[i] <= n, "embedding_bag: offsets must not fall and not exceed the ", n, " indices, but ", bounds[i],
                      " follows ", bounds[i - 1]);
  return bounds;
}

// For every bag and column the position of the largest row entry (the first of equal ones), -1 for an empty bag.
template <class T>
void first_largest(const T* rows, int64_t size, const std::vector<int64_t>& bounds, const std::vector<bool>& counts, int64_t* winners) {
  for (size_t bag = 0; bag + 1 < bounds.size(); bag++)
    for (int64_t d = 0; d < size; d++) {
      int64_t best = -1;
      for (int64_t i = bounds[bag]; i < bounds[bag + 1]; i++)
        if (counts[size_t(i)] && (best < 0 || rows[i * size + d] > rows[best * size + d])) best = i;
      *winners++ = best;
    }
}

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& indices, const EmbeddingParams& p) {
  check_table("embedding", weight, p.padding_idx);
  return look_up(weight, indices, p);
}

Tensor embedding_bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets, const Tensor& per_sample_weights, const EmbeddingBagParams& p) {
  check_table("embedding_bag", weight, p.padding_idx);
  check<DTypeError>(indices.dtype() == DType::int64, "embedding_bag: expected int64 indices but they are ", indices.dtype());
  check<ShapeError>(indices.dim() == 2 ? !offsets.defined() : indices.dim() == 1 && offsets.defined(),
                    "embedding_bag: expected indices (bags, n) without offsets or (n) with offsets, but the indices are ", indices.shape(), " and offsets are ",
                    offsets.defined() ? "given" : "missing");
  check<ValueError>(!per_sample_weights.defined() || p.mode == BagMode::sum, "embedding_bag: per_sample_weights need mode \"sum\"");
  check<ShapeError>(!per_sample_weights.defined() || per_sample_weights.shape() == indices.shape(), "embedding_bag: per_sample_weights must have the shape of the indices ",
                    indices.shape(), " but have ", per_sample_weights.defined() ? per_sample_weights.shape() : Shape{});
  Tensor flat = reshape(contiguous(indices), {indices.numel()});
  int64_t n = flat.numel(), size = weight.shape()[1];
  std::vector<int64_t> bounds;
  if (offsets.defined()) bounds = bag_bounds(offsets, n, p.include_last_offset);
  else
    for (int64_t bag = 0; bag <= indices.shape()[0]; bag++) bounds.push_back(bag * indices.shape()[1]);
  int64_t bags = int64_t(bounds.size()) - 1, end = bounds.back();  // what stands after an included last offset is in no bag
  if (end < n) flat = narrow(flat, 0, 0, end);
  Tensor rows = look_up(weight, flat, {p.padding_idx, p.scale_grad_by_freq});

  std::vector<bool> counts(size_t(end), true);
  std::vector<int64_t> members(size_t(bags), 0);
  Tensor bag_of = empty({end}, DType::int64), present = empty({end, 1}, DType::boolean);
  for (int64_t bag = 0; bag < bags; bag++)
    for (int64_t i = bounds[size_t(bag)]; i < bounds[size_t(bag) + 1]; i++) {
      counts[size_t(i)] = flat.data<int64_t>()[i] != p.padding_idx;
      members[size_t(bag)] += counts[size_t(i)];
      bag_of.mutable_data<int64_t>()[i] = bag;
      present.mutable_data<bool>()[i] = counts[size_t(i)];
    }
  if (p.mode == BagMode::max) {
    Tensor winners = empty({bags, size}, DType::int64), table = kernels::contiguous(rows);
    if (table.dtype() == DType::float32) first_largest(table.data<float>(), size, bounds, counts, winners.mutable_data<int64_t>());
    else first_largest(table.data<double>(), size, bounds, counts, winners.mutable_data<int64_t>());
    Tensor nobody = kernels::lt(winners, 0);
    if (end == 0) return zeros({bags, size}, weight.dtype());
    return masked_fill(gather(rows, 0, kernels::maximum(winners, 0)), nobody, 0.0);
  }
  if (per_sample_weights.defined()) rows = rows * reshape(contiguous(per_sample_weights), {n, 1});
  if (p.padding_idx >= 0) rows = where(present, rows, 0.0);
  Tensor sums = index_add(zeros({bags, size}, weight.dtype()), 0, bag_of, rows);
  if (p.mode == BagMode::sum) return sums;
  Tensor divisors = empty({bags, 1}, weight.dtype());
  for (int64_t bag = 0; bag < bags; bag++) kernels::fill(view_of(divisors, {}, {}, bag), double(members[size_t(bag)] > 0 ? members[size_t(bag)] : 1));
  return sums / divisors;
}

}  // namespace tare
