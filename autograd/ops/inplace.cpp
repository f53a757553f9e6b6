#include "autograd/ops/inplace.h"

#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"

namespace tare {
namespace {

// The result of an ordinary kernel, written back.
const Tensor& replace(const char* what, const Tensor& dst, const Tensor& value) {
  check<ShapeError>(value.shape() == dst.shape(), what, ": a result of shape ", value.shape(), " does not fit the tensor's shape ", dst.shape());
  write_guard(what, dst);
  kernels::copy_into(dst, value);
  return dst;
}

}  // namespace

const Tensor& copy_(const Tensor& dst, const Tensor& src) {
  write_guard("copy_", dst);
  // A source that shares dst's memory (a shifted or transposed view of it) is read whole before anything is written.
  bool shared = src.storage() == dst.storage() && !src.is(dst);
  kernels::copy_into(dst, shared ? kernels::copy(src) : src);
  return dst;
}
const Tensor& fill_(const Tensor& dst, const Scalar& value) {
  write_guard("fill_", dst);
  kernels::fill(dst, value);
  return dst;
}
const Tensor& zero_(const Tensor& dst) { return fill_(dst, 0); }
const Tensor& add_(const Tensor& dst, const Tensor& src, double alpha) {
  write_guard("add_", dst);
  bool shared = src.storage() == dst.storage() && !src.is(dst);
  kernels::add_into(dst, shared ? kernels::copy(src) : src, alpha);
  return dst;
}
const Tensor& sub_(const Tensor& dst, const Tensor& src, double alpha) { return add_(dst, src, -alpha); }
const Tensor& mul_(const Tensor& dst, const Tensor& src) { return replace("mul_", dst, kernels::mul(dst, src)); }
const Tensor& mul_(const Tensor& dst, const Scalar& number) { return replace("mul_", dst, kernels::mul(dst, number)); }
const Tensor& div_(const Tensor& dst, const Tensor& src) { return replace("div_", dst, kernels::div(dst, src)); }
const Tensor& div_(const Tensor& dst, const Scalar& number) { return replace("div_", dst, kernels::div(dst, number)); }
const Tensor& lerp_(const Tensor& dst, const Tensor& src, double weight) { return replace("lerp_", dst, kernels::lerp(dst, src, weight)); }
const Tensor& clamp_(const Tensor& dst, double lo, double hi) { return replace("clamp_", dst, kernels::clamp(dst, lo, hi)); }
const Tensor& masked_fill_(const Tensor& dst, const Tensor& mask, const Scalar& value) {
  return replace("masked_fill_", dst, kernels::masked_fill(dst, mask, value));
}

}  // namespace tare
