// Reading and writing by position. Reading's gradient adds into zeros at the same places; adding's gradient reads there.
#include "autograd/ops/index.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

// A source may be larger than the index: only the part under the index has taken part.
Tensor like_source(const Tensor& grad, const Shape& shape) {
  if (grad.shape() == shape) return grad;
  std::vector<int64_t> padding;
  for (int d = shape.size() - 1; d >= 0; d--) padding.insert(padding.end(), {0, shape[d] - grad.shape()[d]});
  return pad(grad, padding);
}
Tensor under(const Tensor& src, const Shape& shape) {
  Tensor part = src;
  for (int d = 0; d < shape.size() && src.dim() == shape.size(); d++) part = narrow(part, d, 0, shape[d]);
  return part;
}

}  // namespace

Tensor gather(const Tensor& x, int64_t axis, const Tensor& index) {
  int a = normalize_axis("gather", axis, x.dim());
  return record("gather", kernels::gather(x, a, index), from(x, [a, index = saved(index), shape = x.shape()](const Tensor& grad) {
                  return scatter_add(zeros(shape, grad.dtype()), a, index, grad);
                }));
}

Tensor take_along_dim(const Tensor& x, const Tensor& index, int64_t axis) {
  int a = normalize_axis("take_along_dim", axis, x.dim());
  check<ShapeError>(x.dim() == index.dim(), "take_along_dim: index of shape ", index.shape(), " and tensor of shape ", x.shape(),
                    " need the same number of dimensions");
  Shape to_x = x.shape(), to_index = index.shape();
  if (x.dim() > 0) {
    to_x[a] = to_index[a] = 1;
    Shape common = broadcast_shapes("take_along_dim", to_x, to_index);
    to_x = to_index = common;
    to_x[a] = x.shape()[a];
    to_index[a] = index.shape()[a];
  }
  return gather(expand(x, to_x), a, expand(index, to_index));
}
Tensor take_along_dim(const Tensor& x, const Tensor& index) { return take(x, reshape(index, {-1})); }

Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  int a = normalize_axis("scatter", axis, x.dim());
  return record("scatter", kernels::scatter(x, a, index, src),
                from(x, [a, index = saved(index)](const Tensor& grad) { return scatter(grad, a, index, 0.0); }),
                from(src, [a, index = saved(index), shape = src.shape()](const Tensor& grad) { return like_source(gather(grad, a, index), shape); }));
}
Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Scalar& value) {
  int a = normalize_axis("scatter", axis, x.dim());
  return record("scatter", kernels::scatter(x, a, index, value),
                from(x, [a, index = saved(index)](const Tensor& grad) { return scatter(grad, a, index, 0.0); }));
}
Tensor scatter_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  int a = normalize_axis("scatter_add", axis, x.dim());
  return record("scatter_add", kernels::scatter_add(x, a, index, src), from(x, [](const Tensor& grad) { return grad; }),
                from(src, [a, index = saved(index), shape = src.shape()](const Tensor& grad) { return like_source(gather(grad, a, index), shape); }));
}

namespace {

// What takes part at each place: x itself (if included) and the sources that meet there.
struct Meeting {
  Tensor x, src, index;
  int axis;
  bool include_self;
  Tensor numbers(DType type) const {  // how many take part at each place
    Tensor start = include_self ? ones(x.shape(), type) : zeros(x.shape(), type);
    return kernels::scatter_add(start, axis, index, ones(index.shape(), type));
  }
  // x where it takes part or nothing was written; 0 where it was replaced.
  Tensor to_self(const Tensor& grad) const { return include_self ? grad : scatter(grad, axis, index, 0.0); }
};

// Products without zeros: each factor gets y / factor.
std::pair<Tensor, Tensor> product_gradients(const Meeting& m, const Tensor& grad, const Tensor& y) {
  Tensor to_x = m.include_self ? grad * y / m.x : m.to_self(grad);
  return {to_x, gather(grad * y, m.axis, m.index) / m.src};
}

// Products with zeros, as ordinary products: row d of a table lists the factors that meet at place d among the elements of x, of src
// and a final 1 that fills the rows up. Derivatives of every order are those of prod, which divides by nothing.
Tensor product_by_table(const Meeting& m) {
  int64_t n = m.x.numel(), sources = m.src.numel(), one = n + sources;
  Tensor place = kernels::gather(reshape(arange(n), m.x.shape()), m.axis, m.index);
  std::vector<std::vector<int64_t>> rows(static_cast<size_t>(n));
  size_t width = 1;
  for (int64_t s = 0; s < sources; s++) {
    auto& row = rows[static_cast<size_t>(place.data<int64_t>()[s])];
    if (row.empty() && m.include_self) row.push_back(place.data<int64_t>()[s]);
    row.push_back(n + s);
    width = std::max(width, row.size());
  }
  Tensor table = full({n, int64_t(width)}, one, DType::int64);
  for (int64_t d = 0; d < n; d++) {
    auto& row = rows[static_cast<size_t>(d)];
    if (row.empty()) row.push_back(d);
    std::copy(row.begin(), row.end(), table.mutable_data<int64_t>() + d * int64_t(width));
  }
  Tensor factors = cat({reshape(m.x, {-1}), reshape(m.src, {-1}), ones({1}, m.x.dtype())});
  return reshape(prod(take(factors, table), {1}), m.x.shape());
}

std::pair<Tensor, Tensor> extreme_gradients(const Meeting& m, const Tensor& grad, const Tensor& y) {
  Tensor self = kernels::to(kernels::eq(m.x, y.detach()), m.x.dtype());
  if (!m.include_self) self = kernels::scatter(self, m.axis, m.index, 0.0);
  Tensor src = kernels::to(kernels::eq(m.src, kernels::gather(y.detach(), m.axis, m.index)), m.x.dtype());
  Tensor winners = kernels::scatter_add(self, m.axis, m.index, src);
  Tensor shared = grad / kernels::maximum(winners, 1.0);
  // A place where nothing was written is x itself.
  Tensor untouched = kernels::eq(kernels::scatter_add(zeros(m.x.shape(), m.x.dtype()), m.axis, m.index, ones(m.index.shape(), m.x.dtype())), 0.0);
  return {where(untouched, grad, shared * self), gather(shared, m.axis, m.index) * src};
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, std::string_view reduce, bool include_self) {
  constexpr std::string_view names[] = {"sum", "prod", "mean", "amax", "amin"};
  constexpr kernels::Combine kinds[] = {kernels::Combine::sum, kernels::Combine::prod, kernels::Combine::mean, kernels::Combine::amax,
                                        kernels::Combine::amin};
  int which = 0;
  while (which < 5 && names[which] != reduce) which++;
  check<ConfigError>(which < 5, "scatter_reduce: unknown reduction \"", reduce, "\"; expected sum, prod, mean, amax or amin");
  int a = normalize_axis("scatter_reduce", axis, x.dim());
  kernels::Combine kind = kinds[which];
  if (kind == kernels::Combine::prod && context().grad_enabled && (x.requires_grad() || src.requires_grad()) && src.dim() == index.dim() &&
      (kernels::any(kernels::eq(x, 0)).item<bool>() || kernels::any(kernels::eq(src, 0)).item<bool>())) {
    kernels::scatter_add(x.detach(), a, index, src.detach());  // its checks
    return product_by_table({x, under(src, index.shape()), index, a, include_self});
  }
  Tensor value = kernels::scatter_reduce(x, a, index, src, kind, include_self);
  return custom_vjp("scatter_reduce", value, {x, src, index},
                    [=](const Tensors& grads, const Tensors& inputs, const Tensors& outputs, Needs) -> Tensors {
                      const Tensor &grad = grads[0], &y = outputs[0];
                      Meeting m{inputs[0], under(inputs[1], inputs[2].shape()), inputs[2], a, include_self};
                      std::pair<Tensor, Tensor> g;
                      if (kind == kernels::Combine::sum) {
                        g = {m.to_self(grad), gather(grad, a, m.index)};
                      } else if (kind == kernels::Combine::mean) {
                        Tensor share = grad / kernels::maximum(m.numbers(grad.dtype()), 1.0);
                        g = {m.to_self(share), gather(share, a, m.index)};
                      } else if (kind == kernels::Combine::prod) {
                        g = product_gradients(m, grad, y);
                      } else {
                        g = extreme_gradients(m, grad, y);
                      }
                      return {g.first, like_source(g.second, inputs[1].shape()), Tensor()};
                    });
}

Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index) {
  int a = normalize_axis("index_select", axis, x.dim());
  return record("index_select", kernels::index_select(x, a, index), from(x, [a, index = saved(index), shape = x.shape()](const Tensor& grad) {
                  return index_add(zeros(shape, grad.dtype()), a, index, grad);
                }));
}
Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, double alpha) {
  int a = normalize_axis("index_add", axis, x.dim());
  return record("index_add", kernels::index_add(x, a, index, src, alpha), from(x, [](const Tensor& grad) { return grad; }),
                from(src, [a, index = saved(index), alpha, shape = src.shape()](const Tensor& grad) {
                  Tensor g = reshape(index_select(grad, a, index), shape);
                  return alpha == 1 ? g : g * alpha;
                }));
}
Tensor index_copy(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  int a = normalize_axis("index_copy", axis, x.dim());
  return record("index_copy", kernels::index_copy(x, a, index, src),
                from(x, [a, index = saved(index)](const Tensor& grad) { return index_fill(grad, a, index, 0); }),
                from(src, [a, index = saved(index), shape = src.shape()](const Tensor& grad) { return reshape(index_select(grad, a, index), shape); }));
}
Tensor index_fill(const Tensor& x, int64_t axis, const Tensor& index, double value) {
  int a = normalize_axis("index_fill", axis, x.dim());
  Shape shape = x.shape();
  if (!shape.empty()) shape[a] = index.numel();
  return record("index_fill", kernels::index_copy(x, a, index, full(shape, value, x.dtype())),
                from(x, [a, index = saved(index)](const Tensor& grad) { return index_fill(grad, a, index, 0); }));
}

Tensor index(const Tensor& x, const Tensors& indices) {
  return record("index", kernels::index(x, indices), from(x, [indices, shape = x.shape()](const Tensor& grad) {
                  return index_put(zeros(shape, grad.dtype()), indices, grad, true);
                }));
}
Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate) {
  return record("index_put", kernels::index_put(x, indices, values, accumulate), from(x, [indices, accumulate](const Tensor& grad) {
                  return accumulate ? grad : index_put(grad, indices, zeros({}, grad.dtype()));
                }),
                from(values, [indices](const Tensor& grad) { return index(grad, indices); }));
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  return record("masked_select", kernels::masked_select(x, mask), from(x, [mask = saved(mask), shape = x.shape()](const Tensor& grad) {
                  return masked_scatter(zeros(broadcast_shapes("masked_select", shape, mask->shape()), grad.dtype()), mask, grad);
                }));
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  return record("masked_fill", kernels::masked_fill(x, mask, value), from(x, [mask = saved(mask)](const Tensor& grad) { return where(mask, 0.0, grad); }));
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check<ShapeError>(value.dim() == 0, "masked_fill: expected a 0-d value but its shape is ", value.shape());
  return where(mask, to(value, x.dtype()), x);
}
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& src) {
  return record("masked_scatter", kernels::masked_scatter(x, mask, src), from(x, [mask = saved(mask)](const Tensor& grad) { return where(mask, 0.0, grad); }),
                from(src, [mask = saved(mask), shape = src.shape()](const Tensor& grad) {
                  Tensor used = masked_select(grad, mask);
                  int64_t unused = shape.numel() - used.numel();
                  return reshape(unused ? pad(used, {0, unused}) : used, shape);
                }));
}

Tensor take(const Tensor& x, const Tensor& index) { return tare::index(reshape(x, {-1}), {index}); }
Tensor put(const Tensor& x, const Tensor& index, const Tensor& values, bool accumulate) {
  return reshape(index_put(reshape(x, {-1}), {index}, values, accumulate), x.shape());
}
Tensor nonzero(const Tensor& x) { return kernels::nonzero(x); }
Tensor argwhere(const Tensor& x) { return kernels::nonzero(x); }
Tensor one_hot(const Tensor& labels, int64_t num_classes) { return kernels::one_hot(labels, num_classes); }

}  // namespace tare
