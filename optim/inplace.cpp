#include "optim/inplace.h"

#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/multi_tensor.h"

namespace tare::optim {

void assign(const Tensor& w, const Tensor& value) {
  write_guard("assign", w);
  kernels::copy_into(w, value);
}

void add_in_place(const Tensor& w, const Tensor& d, double alpha) {
  write_guard("add_in_place", w);
  kernels::add_into(w, d, alpha);
}

void scale_in_place(const Tensor& w, double factor) {
  write_guard("scale_in_place", w);
  kernels::scale_in_place(std::span(&w, 1), factor);
}

Tensor& zeros_on_first_use(Tensor& t, const Tensor& w) {
  if (!t.defined()) t = zeros_raw(w.shape(), w.dtype());
  return t;
}

void average_in(Tensor& average, const Tensor& x, double beta) {
  Tensor flat = kernels::contiguous(x);
  zeros_on_first_use(average, x);
  kernels::axpby(1 - beta, {&flat, 1}, beta, {&average, 1});
}

Tensors copies(const Tensors& tensors) {
  Tensors out;
  for (const Tensor& t : tensors) out.push_back(t.defined() ? kernels::copy(t) : Tensor());
  return out;
}

}  // namespace tare::optim
