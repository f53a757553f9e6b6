#include "optim/sparse_adam.h"

#include <algorithm>

#include "core/parallel.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void SparseAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "maximize", maximize); }

void SparseAdam::update(const Tensor& w, Tensor g, MomentsState& s, const SparseAdamOptions& o) {
  double t = double(++s.step);
  double step_size = o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t);
  Tensor &m = zeros_on_first_use(s.exp_avg, w), &v = zeros_on_first_use(s.exp_avg_sq, w);
  check<StateError>(m.shape() == w.shape() && v.shape() == w.shape(), "SparseAdam: the state is of ", m.shape(), " but the parameter of ", w.shape());
  write_guard("SparseAdam", w);
  dispatch_floating("SparseAdam", w.dtype(), [&]<class T>() {
    int64_t rows = w.dim() ? w.size(0) : 1, length = rows ? w.numel() / rows : 0;
    Ema<T> first(o.betas[0]), second(o.betas[1]);
    T sign = T(o.maximize ? -1 : 1), rate = T(step_size), eps = T(o.eps);
    const T* gradient = g.data<T>();
    parallel_for(rows, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, length)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const T* x = gradient + r * length;
        if (std::all_of(x, x + length, [](T e) { return e == 0; })) continue;
        for (int64_t j = 0, i = r * length; j < length; j++, i++) {
          T &mi = m.mutable_data<T>()[i], &vi = v.mutable_data<T>()[i];
          mi = first(mi, sign * x[j]);
          vi = second(vi, x[j] * x[j]);
          w.mutable_data<T>()[i] -= rate * mi / (std::sqrt(vi) + eps);
        }
      }
    });
  });
}

template class Method<SparseAdam, SparseAdamOptions, MomentsState>;

}  // namespace tare::optim
