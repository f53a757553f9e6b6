// Group normalization: y = (x - mean) rstd w + b with a mean and a deviation for each sample and group of channels;
// groups of one channel make instance normalization.
//
// Bound by memory, one pass in each direction: a group is contiguous, so it is read for its statistics and again, from cache, for the
// result. Images are runs of `inner` numbers with one weight; with short inner a group is a row with a weight for every place (the
// channels' weights, each repeated inner times), as in layer normalization. Backward, a sample's share of dw and db is kept by
// sample and added in order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/norm.h"
#include "kernels/norm_rows.h"
#include "kernels/norm_runs.h"

namespace tare::kernels {
namespace {

// x (N, C, ...) as samples x groups x width channels x inner.
struct GroupLayout {
  int64_t samples, groups, width, inner = 1;
  int64_t count() const { return width * inner; }
  int64_t channels() const { return groups * width; }
  bool by_rows() const { return inner < 16; }
};

GroupLayout group_layout(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(x.dim() >= 2, "group_norm: expected an input of shape [N, C, ...] but it is ", x.shape());
  int64_t channels = x.shape()[1];
  check<ValueError>(groups >= 1 && channels % groups == 0, "group_norm: ", channels, " channels cannot be split into ", groups, " equal groups");
  GroupLayout l{x.shape()[0], groups, channels / groups};
  for (int i = 2; i < x.dim(); i++) l.inner *= x.shape()[i];
  for (const Tensor* t : {&weight, &bias})
    if (t->defined()) {
      check<ShapeError>(t->shape() == Shape{channels}, "group_norm: expected weight and bias of shape ", Shape{channels}, " for an input of shape ",
                        x.shape(), " but one is ", t->shape());
      check<DTypeError>(t->dtype() == x.dtype(), "group_norm: the input is ", x.dtype(), " but weight or bias is ", t->dtype());
    }
  return l;
}

constexpr int64_t kGroupGrain = 16384;  // numbers a piece

// f(group) for every sample's every group, in pieces of about kGroupGrain numbers.
template <class F>
void for_groups(const GroupLayout& l, F f) {
  parallel_for(l.samples * l.groups, kGroupGrain / std::max<int64_t>(l.count(), 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) f(k);
  });
}

// Channel numbers repeated for every place of the channel; empty stays null.
template <class T>
std::vector<T> repeated(const GroupLayout& l, const Tensor& channels) {
  std::vector<T> out;
  if (!channels.defined()) return out;
  for (int64_t c = 0; c < l.channels(); c++) out.insert(out.end(), size_t(l.inner), channels.data<T>()[c]);
  return out;
}

template <class T>
void forward_by_rows(const GroupLayout& l, const T* x, T* y, T* mean, T* rstd, const Tensor& weight, const Tensor& bias, double eps) {
  std::vector<T> w = repeated<T>(l, weight), b = repeated<T>(l, bias);
  for_groups(l, [&](int64_t k) {
    int64_t at = k % l.groups * l.count();
    RowNorm<T> norm{1, l.count(), w.empty() ? nullptr : w.data() + at, b.empty() ? nullptr : b.data() + at, eps, true};
    normalise_rows(x + k * l.count(), y + k * l.count(), mean + k, rstd + k, norm);
  });
}

template <class T>
void forward_by_runs(const GroupLayout& l, const T* x, T* y, T* mean, T* rstd, const T* w, const T* b, double eps) {
  for_groups(l, [&](int64_t k) {
    Moments m = run_moments(x + k * l.count(), l.count());
    mean[k] = T(m.mean);
    rstd[k] = T(1 / std::sqrt(m.variance() + eps));
    for (int64_t i = 0; i < l.width; i++) {
      int64_t c = k % l.groups * l.width + i, at = k * l.count() + i * l.inner;
      affine_run(x + at, y + at, l.inner, Affine<T>{mean[k], rstd[k] * (w ? w[c] : T(1)), b ? b[c] : T(0), false});
    }
  });
}

// With x^ = (x - mean) rstd: dx = rstd (g w - average(g w) - x^ average(g w x^)), averages over the group.
template <class T>
void backward_by_runs(const GroupLayout& l, const T* g, const T* x, const T* mean, const T* rstd, const T* w, T* dx, T* dw, T* db) {
  // Of each sample and channel: sum g and sum g (x - mean).
  std::vector<GradientSums> sums(size_t(l.samples * l.channels()));
  for_groups(l, [&](int64_t k) {
    GradientSums total;
    for (int64_t i = 0; i < l.width; i++) {
      int64_t c = k % l.groups * l.width + i, at = k * l.count() + i * l.inner;
      GradientSums s = sums[size_t(k * l.width + i)] = gradient_sums_run(g + at, x + at, l.inner, Affine<T>{mean[k], T(1), T(0), false});
      double wc = w ? double(w[c]) : 1.0;
      total.sum += wc * s.sum;
      total.dot += wc * s.dot;
    }
    if (!dx) return;
    double s = double(rstd[k]), n = double(l.count());
    GradientFactors<T> f{T(0), T(-s * s * s * total.dot / n), T(-s * total.sum / n)};
    for (int64_t i = 0; i < l.width; i++) {
      int64_t c = k % l.groups * l.width + i, at = k * l.count() + i * l.inner;
      f.by_g = rstd[k] * (w ? w[c] : T(1));
      gradient_run(g + at, x + at, dx + at, l.inner, Affine<T>{mean[k], T(1), T(0), false}, f);
    }
  });
  for (int64_t c = 0; c < l.channels(); c++) {
    double weight = 0, bias = 0;
    for (int64_t n = 0; n < l.samples; n++) {
      const GradientSums& s = sums[size_t(n * l.channels() + c)];
      weight += s.dot * double(rstd[n * l.groups + c / l.width]);
      bias += s.sum;
    }
    if (dw) dw[c] = T(weight);
    if (db) db[c] = T(bias);
  }
}

constexpr int64_t kSamplePieces = 16;  // partial sums of dw and db

template <class T>
void backward_by_rows(const GroupLayout& l, const T* g, const T* x, const T* mean, const T* rstd, const Tensor& weight, T* dx, T* dw, T* db) {
  std::vector<T> w = repeated<T>(l, weight);
  int64_t n = l.channels() * l.inner, grain = std::max((l.samples + kSamplePieces - 1) / kSamplePieces, kGroupGrain / std::max<int64_t>(n, 1) + 1);
  int64_t pieces = (l.samples + grain - 1) / grain;
  std::vector<T> partial(size_t(pieces * 2 * n), T(0));
  parallel_for(l.samples, grain, [&](int64_t begin, int64_t end) {
    T* sums = partial.data() + begin / grain * 2 * n;
    for (int64_t k = begin * l.groups; k < end * l.groups; k++) {
      int64_t at = k % l.groups * l.count(), from = k * l.count();
      RowNorm<T> norm{1, l.count(), w.empty() ? nullptr : w.data() + at, nullptr, 0, true};
      RowGradients<T> out{dx ? dx + from : nullptr, dw ? sums + at : nullptr, db ? sums + n + at : nullptr};
      normalise_rows_backward(g + from, x + from, mean + k, rstd + k, norm, out);
    }
  });
  for (int64_t c = 0; c < l.channels(); c++) {
    double sum_w = 0, sum_b = 0;
    for (int64_t p = 0; p < pieces; p++)
      for (int64_t i = 0; i < l.inner; i++) {
        sum_w += double(partial[size_t(p * 2 * n + c * l.inner + i)]);
        sum_b += double(partial[size_t((p * 2 + 1) * n + c * l.inner + i)]);
      }
    if (dw) dw[c] = T(sum_w);
    if (db) db[c] = T(sum_b);
  }
}

}  // namespace

NormResult group_norm(const Tensor& input, int64_t groups, const Tensor& scale, const Tensor& shift, double eps) {
  GroupLayout l = group_layout(input, groups, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  Shape s{l.samples, groups};
  NormResult r{empty(x.shape(), x.dtype()), empty(s, x.dtype()), empty(s, x.dtype()), {}};
  count_work(8 * x.numel(), bytes_of(x, r.y));
  dispatch_floating("group_norm", x.dtype(), [&]<class T>() {
    const T* in = x.data<T>();
    T *y = r.y.mutable_data<T>(), *mean = r.mean.mutable_data<T>(), *rstd = r.rstd.mutable_data<T>();
    if (l.by_rows()) forward_by_rows(l, in, y, mean, rstd, weight, bias, eps);
    else forward_by_runs(l, in, y, mean, rstd, weight.defined() ? weight.data<T>() : nullptr, bias.defined() ? bias.data<T>() : nullptr, eps);
  });
  return r;
}

NormGrads group_norm_backward(const Tensor& gradient, const Tensor& input, const NormResult& saved, int64_t groups, const Tensor& scale,
                              Wanted wanted) {
  GroupLayout l = group_layout(input, groups, scale, {});
  check<ShapeError>(gradient.shape() == input.shape(), "group_norm: the gradient ", gradient.shape(), " must have the shape of the input ",
                    input.shape());
  check<DTypeError>(gradient.dtype() == input.dtype(), "group_norm: the gradient is ", gradient.dtype(), " but the input is ", input.dtype());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale;
  NormGrads r;
  Shape channels{l.channels()};
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = empty(channels, x.dtype());
  if (wanted.db) r.db = empty(channels, x.dtype());
  count_work(12 * x.numel(), bytes_of(grad, x, r.dx));
  dispatch_floating("group_norm", x.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *in = x.data<T>(), *mean = saved.mean.data<T>(), *rstd = saved.rstd.data<T>();
    T *dx = wanted.dx ? r.dx.mutable_data<T>() : nullptr, *dw = wanted.dw ? r.dw.mutable_data<T>() : nullptr,
      *db = wanted.db ? r.db.mutable_data<T>() : nullptr;
    if (l.by_rows()) backward_by_rows(l, g, in, mean, rstd, weight, dx, dw, db);
    else backward_by_runs(l, g, in, mean, rstd, weight.defined() ? weight.data<T>() : nullptr, dx, dw, db);
  });
  return r;
}

}  // namespace tare::kernels
