#include "optim/flat.h"

#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

DType widest(const ParameterList& params) {
  DType type = DType::float32;
  for (auto& e : params) type = promote(type, e.tensor.dtype());
  return type;
}

}  // namespace

Tensor flatten(const ParameterList& params, const Tensors& tensors) {
  DType type = widest(params);
  Tensor flat = zeros_raw({params.numel()}, type);
  int64_t at = 0;
  for (size_t i = 0; i < params.size(); i++) {
    int64_t n = params[i].tensor.numel();
    if (tensors[i].defined()) kernels::copy_into(view_of(flat, {n}, {1}, at), reshape(tensors[i], {n}));
    at += n;
  }
  return flat;
}

Tensor flatten(const ParameterList& params) { return flatten(params, params.tensors()); }

Tensors unflatten(const ParameterList& params, const Tensor& flat) {
  check<ShapeError>(flat.numel() == params.numel(), "unflatten: expected ", params.numel(), " numbers but there are ", flat.numel());
  Tensors out;
  int64_t at = 0;
  for (auto& e : params) {
    int64_t n = e.tensor.numel();
    out.push_back(reshape(kernels::to(narrow(flat, 0, at, n), e.tensor.dtype()), e.tensor.shape()));
    at += n;
  }
  return out;
}

void assign_flat(const ParameterList& params, const Tensor& flat) {
  Tensors parts = unflatten(params, flat);
  for (size_t i = 0; i < params.size(); i++) assign(params[i].tensor, parts[i]);
}

void add_flat(const ParameterList& params, const Tensor& flat, double alpha) {
  Tensors parts = unflatten(params, flat);
  for (size_t i = 0; i < params.size(); i++) add_in_place(params[i].tensor, parts[i], alpha);
}

}  // namespace tare::optim
