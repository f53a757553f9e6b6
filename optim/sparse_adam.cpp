#include "optim/sparse_adam.h"

#include <algorithm>
#include <bit>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void SparseAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "maximize", maximize); }

namespace {

template <class T>
struct SparseAdamRule {
  Ema<T> first, second;
  T sign, rate, eps;
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, sign * g);
    v = second(v, g * g);
    w -= rate * m / (std::sqrt(v) + eps);
  }
};

/// Whether all bits but signs are 0: a loop over integers vectorises.
template <class T>
bool is_zero(const T* x, int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  Bits any = 0;
  for (int64_t i = 0; i < n; i++) any |= std::bit_cast<Bits>(x[i]);
  return Bits(any << 1) == 0;
}

}  // namespace

void SparseAdam::update(const Tensor& w, Tensor g, MomentsState& s, const SparseAdamOptions& o) {
  double t = double(++s.step), step_size = o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t);
  Tensor &m = zeros_on_first_use(s.exp_avg, w), &v = zeros_on_first_use(s.exp_avg_sq, w);
  check<StateError>(m.shape() == w.shape() && v.shape() == w.shape(), "SparseAdam: the state is of ", m.shape(), " but the parameter of ", w.shape());
  write_guard("SparseAdam", w);
  kernels::count_work(14 * w.numel(), 7 * kernels::bytes_of(w));
  dispatch_floating("SparseAdam", w.dtype(), [&]<class T>() {
    int64_t rows = w.dim() ? w.size(0) : 1, length = rows ? w.numel() / rows : 0;
    SparseAdamRule<T> rule{Ema<T>(o.betas[0]), Ema<T>(o.betas[1]), T(o.maximize ? -1 : 1), T(step_size), T(o.eps)};
    detail::PieceLoop loop = detail::best_loop<SparseAdamRule<T>, T>(std::make_index_sequence<2>{});
    T *weights = w.mutable_data<T>(), *means = m.mutable_data<T>(), *squares = v.mutable_data<T>();
    const T* gradient = g.data<T>();
    parallel_for(rows, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, length)), [&](int64_t begin, int64_t end) {
      for (int64_t at = begin * length; at < end * length; at += length) {
        void* state[] = {means + at, squares + at};
        if (!is_zero(gradient + at, length)) loop(&rule, true, weights + at, gradient + at, state, length, nullptr);
      }
    });
  });
}

template class Method<SparseAdam, SparseAdamOptions, MomentsState>;

}  // namespace tare::optim
