#include "kernels/cross_entropy.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/simd_math.h"

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

template <class T>
double log_sum_exp(const T* x, int64_t n, int64_t step) {
  T top = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < n; i++) top = x[i * step] > top || std::isnan(x[i * step]) ? x[i * step] : top;
  if (std::isinf(top)) return top;
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += std::exp(double(x[i * step]) - double(top));
  return double(top) + std::log(total);
}

}  // namespace

CrossEntropyResult cross_entropy(const Tensor& input, const Tensor& targets, const Tensor& weights, const CrossEntropyOptions& options) {
  LogitLayout l = logit_layout(input, targets, weights);
  check<ValueError>(options.label_smoothing >= 0 && options.label_smoothing <= 1, "cross_entropy: label_smoothing must be in [0, 1], not ",
                    options.label_smoothing);
  Tensor logits = dense(input), target = dense(targets), weight = weights.defined() ? dense(weights) : weights;
  const int64_t* label = target.data<int64_t>();
  int64_t samples = l.samples();
  for (int64_t s = 0; s < samples; s++)
    check<IndexError>(label[s] == options.ignore_index || (label[s] >= 0 && label[s] < l.classes), "cross_entropy: the label ", label[s],
                      " at position ", s, " is out of range for ", l.classes, " classes; labels go from 0 to ", l.classes - 1,
                      ", or are ignore_index (", options.ignore_index, ")");

  CrossEntropyResult r{{}, empty(target.shape(), logits.dtype()), empty({}, logits.dtype())};
  dispatch_floating("cross_entropy", logits.dtype(), [&]<class T>() {
    const T* x = logits.data<T>();
    const T* w = weight.defined() ? weight.data<T>() : nullptr;
    T* lse = r.logsumexp.mutable_data<T>();
    Tensor losses = empty(target.shape(), logits.dtype());
    T* loss = losses.mutable_data<T>();
    double smoothing = options.label_smoothing;
    double class_weights = 0;
    for (int64_t c = 0; c < l.classes; c++) class_weights += w ? double(w[c]) : 1.0;
    parallel_for(samples, std::max<int64_t>(1, 8192 / l.classes), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; s++) {
        const T* row = x + l.at(s);
        double total = log_sum_exp(row, l.classes, l.inner);
        lse[s] = T(total);
        int64_t t = label[s];
        if (t == options.ignore_index) {
          loss[s] = 0;
          continue;
        }
        double value = (1 - smoothing) * (total - double(row[t * l.inner])) * (w ? double(w[t]) : 1.0);
        if (smoothing > 0) {
          double weighted = 0;
          for (int64_t c = 0; c < l.classes; c++) weighted += (total - double(row[c * l.inner])) * (w ? double(w[c]) : 1.0);
          value += smoothing / double(l.classes) * weighted;
        }
        loss[s] = T(value);
      }
    });
    double sum = 0, counted = 0;
    for (int64_t s = 0; s < samples; s++) {
      sum += double(loss[s]);
      if (label[s] != options.ignore_index) counted += w ? double(w[label[s]]) : 1.0;
    }
    *r.total_weight.mutable_data<T>() = T(counted);
    if (options.reduction == Reduction::none) {
      r.loss = losses;
    } else {
      r.loss = empty({}, logits.dtype());
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
  dispatch_floating("cross_entropy", logits.dtype(), [&]<class T>() {
    const T *x = logits.data<T>(), *g = grad.data<T>(), *lse = saved.logsumexp.data<T>();
    const T* w = weight.defined() ? weight.data<T>() : nullptr;
    const int64_t* label = target.data<int64_t>();
    T* dx = out.mutable_data<T>();
    double smoothing = options.label_smoothing, share = smoothing / double(l.classes);
    double class_weights = 0;
    for (int64_t c = 0; c < l.classes; c++) class_weights += w ? double(w[c]) : 1.0;
    double common = each ? 1.0 : double(g[0]);
    if (options.reduction == Reduction::mean) common /= double(*saved.total_weight.data<T>());
    parallel_for(l.samples(), std::max<int64_t>(1, 8192 / l.classes), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; s++) {
        int64_t at = l.at(s), t = label[s];
        const T* row = x + at;
        T* d = dx + at;
        if (t == options.ignore_index) {
          for (int64_t c = 0; c < l.classes; c++) d[c * l.inner] = 0;
          continue;
        }
        double scale = each ? double(g[s]) : common;
        double hard = (1 - smoothing) * (w ? double(w[t]) : 1.0), mass = hard + share * class_weights;
        for (int64_t c = 0; c < l.classes; c++) {
          double p = std::exp(double(row[c * l.inner]) - double(lse[s]));
          d[c * l.inner] = T(scale * (p * mass - share * (w ? double(w[c]) : 1.0) - (c == t ? hard : 0.0)));
        }
      }
    });
  });
  return out;
}

}  // namespace tare::kernels
