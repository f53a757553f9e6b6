// With z = log sum e^x the loss of a sample is sum_c q_c w_c (z - x_c), q the smoothed one-hot target; its gradient is
// p_c sum_k q_k w_k - q_c w_c with p = e^(x - z). The forward pass keeps two numbers a sample (the largest logit and log sum e^(x - largest):
// their sum alone would lose the small losses of large logits), and the backward pass computes p again from the logits: three passes over
// memory in all, of about 15 flops a number, where a stored log-softmax costs five.
#include "kernels/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/simd_math.h"
#include "kernels/softmax_columns.h"
#include "kernels/softmax_rows.h"

namespace tare::kernels {
namespace {

// Logits seen as (samples, classes, inner): sample s = n * inner + i has its classes `inner` apart.
struct LogitLayout {
  int64_t outer, classes, inner;
  int64_t samples() const { return outer * inner; }
  int64_t at(int64_t s) const { return s / inner * classes * inner + s % inner; }
};

LogitLayout logit_layout(const Tensor& logits, const Tensor& target, const Tensor& weight) {
  const Shape& shape = logits.shape();
  check<ShapeError>(shape.size() >= 1, "cross_entropy: expected logits [C], [N, C] or [N, C, d1, ...] but they are ", shape);
  Shape expected = shape;
  int axis = shape.size() == 1 ? 0 : 1;
  expected.erase(axis);
  check<ShapeError>(target.shape() == expected, "cross_entropy: logits of shape ", shape, " want targets of shape ", expected, " but they are ",
                    target.shape());
  check<DTypeError>(target.dtype() == DType::int64, "cross_entropy: expected int64 class indices as targets but they are ", target.dtype());
  LogitLayout l{axis ? shape[0] : 1, shape[axis], 1};
  for (int i = axis + 1; i < shape.size(); i++) l.inner *= shape[i];
  check<ShapeError>(l.classes >= 1, "cross_entropy: the logits ", shape, " have no classes");
  if (weight.defined()) {
    check<ShapeError>(weight.shape() == Shape{l.classes}, "cross_entropy: expected one weight a class, ", Shape{l.classes}, ", but weight is ",
                      weight.shape());
    check<DTypeError>(weight.dtype() == logits.dtype(), "cross_entropy: the weight is ", weight.dtype(), " but the logits are ", logits.dtype());
  }
  return l;
}

constexpr int64_t kCrossEntropyGrain = 16384;  // logits a piece: about 10 us

// Calls f(begin, end) over samples in pieces; where the classes of a sample are strided a piece is at most a block of neighbouring columns.
template <class F>
void for_samples(const LogitLayout& l, F f) {
  if (l.inner == 1) return parallel_for(l.outer, std::max<int64_t>(1, kCrossEntropyGrain / l.classes), f);
  int64_t blocks = (l.inner + kColumnBlock - 1) / kColumnBlock;
  parallel_for(l.outer * blocks, kCrossEntropyGrain / (l.classes * std::min(l.inner, kColumnBlock)) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      int64_t column = b % blocks * kColumnBlock, first = b / blocks * l.inner + column;
      f(first, first + std::min(kColumnBlock, l.inner - column));
    }
  });
}

// The weights that a target puts on the classes: `hard` on its own, `share` times its weight on every class.
template <class T>
struct TargetWeights {
  const T* w;
  double keep, share, all = 0;  // 1 - smoothing, smoothing / C, sum of the class weights
  TargetWeights(const T* weight, int64_t classes, double smoothing) : w(weight), keep(1 - smoothing), share(smoothing / double(classes)) {
    for (int64_t c = 0; c < classes; c++) all += of(c);
  }
  double of(int64_t c) const { return w ? double(w[c]) : 1.0; }
  double hard(int64_t label) const { return keep * of(label); }
};

// top and log_sum of the samples [begin, end).
template <class T>
void log_sums(const LogitLayout& l, const T* x, int64_t begin, int64_t end, T* top, T* log_sum) {
  if (l.inner == 1) return log_sum_exp_rows(x + l.at(begin), top + begin, log_sum + begin, end - begin, l.classes);
  int64_t width = end - begin;
  column_maxima(x + l.at(begin), l.classes, l.inner, width, top + begin);
  column_sums_of_exp(x + l.at(begin), l.classes, l.inner, width, top + begin, log_sum + begin);
  vlog(log_sum + begin, log_sum + begin, width);
}

template <class T>
double sample_loss(const T* x, const LogitLayout& l, int64_t label, double top, double log_sum, const TargetWeights<T>& weights) {
  double loss = weights.hard(label) * (log_sum - (double(x[label * l.inner]) - top));
  if (weights.share == 0) return loss;
  double spread = 0;
  for (int64_t c = 0; c < l.classes; c++) spread += weights.of(c) * (log_sum - (double(x[c * l.inner]) - top));
  return loss + weights.share * spread;
}

// dx[c] = a e^(x - top) - b w_c for one sample; a, b as factors of it.
template <class T>
void scaled_softmax_column(const T* x, const LogitLayout& l, T top, T a, T b, const T* w, T* dx) {
  T row[kColumnBlock];
  for (int64_t c = 0; c < l.classes; c += kColumnBlock) {
    int64_t n = std::min(kColumnBlock, l.classes - c);
    for (int64_t k = 0; k < n; k++) row[k] = x[(c + k) * l.inner];
    scaled_softmax_row(row, top, a, b, w ? w + c : nullptr, row, n);
    for (int64_t k = 0; k < n; k++) dx[(c + k) * l.inner] = row[k];
  }
}

}  // namespace

CrossEntropyResult cross_entropy(const Tensor& input, const Tensor& targets, const Tensor& weights, const CrossEntropyOptions& options) {
  LogitLayout l = logit_layout(input, targets, weights);
  check<ValueError>(options.label_smoothing >= -1 && options.label_smoothing <= 1, "cross_entropy: label_smoothing must be in [-1, 1], not ",
                    options.label_smoothing);
  Tensor logits = dense(input), target = dense(targets), weight = weights.defined() ? dense(weights) : weights;
  const int64_t* label = target.data<int64_t>();
  int64_t samples = l.samples();
  for (int64_t s = 0; s < samples; s++)
    check<IndexError>(label[s] == options.ignore_index || (label[s] >= 0 && label[s] < l.classes), "cross_entropy: the label ", label[s],
                      " at position ", s, " is out of range for ", l.classes, " classes; labels go from 0 to ", l.classes - 1,
                      ", or are ignore_index (", options.ignore_index, ")");

  DType dtype = logits.dtype();
  count_work(3 * logits.numel(), bytes_of(logits, target, weight));
  CrossEntropyResult r{{}, empty(target.shape(), dtype), empty(target.shape(), dtype), empty({}, dtype)};
  dispatch_floating("cross_entropy", dtype, [&]<class T>() {
    const T* x = logits.data<T>();
    T *top = r.top.mutable_data<T>(), *log_sum = r.log_sum.mutable_data<T>();
    TargetWeights<T> target_weights(weight.defined() ? weight.data<T>() : nullptr, l.classes, options.label_smoothing);
    Tensor losses = empty(target.shape(), dtype);
    T* loss = losses.mutable_data<T>();
    for_samples(l, [&](int64_t begin, int64_t end) {
      log_sums(l, x, begin, end, top, log_sum);
      for (int64_t s = begin; s < end; s++)
        loss[s] = label[s] == options.ignore_index
                      ? T(0)
                      : T(sample_loss(x + l.at(s), l, label[s], double(top[s]), double(log_sum[s]), target_weights));
    });
    double sum = 0, counted = 0;
    for (int64_t s = 0; s < samples; s++) {
      if (label[s] == options.ignore_index) continue;
      sum += double(loss[s]);
      counted += target_weights.of(label[s]);
    }
    *r.total_weight.mutable_data<T>() = T(counted);
    if (options.reduction == Reduction::none) {
      r.loss = losses;
    } else {
      r.loss = empty({}, dtype);
      *r.loss.mutable_data<T>() = T(options.reduction == Reduction::mean ? sum / counted : sum);
    }
  });
  return r;
}

Tensor cross_entropy_backward(const Tensor& gradient, const Tensor& input, const Tensor& targets, const Tensor& weights,
                              const CrossEntropyResult& saved, const CrossEntropyOptions& options) {
  LogitLayout l = logit_layout(input, targets, weights);
  Tensor logits = dense(input), target = dense(targets), weight = weights.defined() ? dense(weights) : weights, grad = dense(gradient);
  bool each = options.reduction == Reduction::none;
  check<ShapeError>(grad.shape() == (each ? target.shape() : Shape{}), "cross_entropy_backward: the gradient ", grad.shape(),
                    " must have the shape of the loss");
  Tensor out = empty(logits.shape(), logits.dtype());
  count_work(3 * logits.numel(), bytes_of(logits, target, weight, out));
  dispatch_floating("cross_entropy", logits.dtype(), [&]<class T>() {
    const T *x = logits.data<T>(), *g = grad.data<T>(), *top = saved.top.data<T>(), *log_sum = saved.log_sum.data<T>();
    TargetWeights<T> target_weights(weight.defined() ? weight.data<T>() : nullptr, l.classes, options.label_smoothing);
    const int64_t* label = target.data<int64_t>();
    T* dx = out.mutable_data<T>();
    double common = each ? 1.0 : double(g[0]);
    if (options.reduction == Reduction::mean) common /= double(*saved.total_weight.data<T>());
    for_samples(l, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; s++) {
        int64_t at = l.at(s), t = label[s];
        if (t == options.ignore_index) {
          for (int64_t c = 0; c < l.classes; c++) dx[at + c * l.inner] = 0;
          continue;
        }
        double scale = each ? double(g[s]) : common, hard = target_weights.hard(t), mass = hard + target_weights.share * target_weights.all;
        T a = T(scale * mass * std::exp(-double(log_sum[s]))), b = T(scale * target_weights.share);
        if (l.inner == 1) scaled_softmax_row(x + at, top[s], a, b, target_weights.w, dx + at, l.classes);
        else scaled_softmax_column(x + at, l, top[s], a, b, target_weights.w, dx + at);
        dx[at + t * l.inner] -= T(scale * hard);
      }
    });
  });
  return out;
}

}  // namespace tare::kernels
