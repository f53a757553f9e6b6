// Graves, Fernandez, Gomez, Schmidhuber (2006), "Connectionist temporal classification".
//
// The labels l_1 .. l_S are seen as e = (blank, l_1, blank, l_2, ..., l_S, blank) of length 2 S + 1. An alignment walks through e: at each step it stays,
// goes on by one, or skips a blank between two different labels. With y[t, c] = log_probs, logarithms throughout:
//   alpha[0, 0] = y[0, blank],  alpha[0, 1] = y[0, l_1],
//   alpha[t, s] = y[t, e_s] + log(sum of e^alpha[t-1, r] over the r from which s is reached),
//   beta[t, s] = log(sum of e^(y[t+1, e_r] + beta[t+1, r]) over the r reached from s), 0 at the two ends of e at the last step,
//   loss = -log(e^alpha[T-1, 2S] + e^alpha[T-1, 2S-1]),   -d loss / d y[t, c] = sum of e^(alpha + beta + loss)[t, s] over s with e_s = c.
#include "kernels/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_add(double a, double b) {
  double top = std::max(a, b);
  return top == kNever ? kNever : top + std::log1p(std::exp(std::min(a, b) - top));
}

// One sequence: its extended labels and its log-probabilities.
template <class T>
struct CtcSequence {
  const T* y;  // (T, N, C) from this sequence on
  int64_t step, blank, size, steps;
  const int64_t* labels;

  int64_t label(int64_t s) const { return s % 2 ? labels[s / 2] : blank; }
  double score(int64_t t, int64_t s) const { return double(y[t * step + label(s)]); }
  bool skips(int64_t s) const { return s >= 2 && s % 2 == 1 && label(s) != label(s - 2); }  // s is reached from s - 2
};

template <class T>
CtcSequence<T> ctc_sequence(const Tensor& y, const CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank, int64_t n) {
  int64_t batch = y.shape()[1], classes = y.shape()[2];
  return {y.data<T>() + n * classes, batch * classes, blank, 2 * targets.length[size_t(n)] + 1, steps[size_t(n)], targets.labels.data() + targets.start[size_t(n)]};
}

template <class T>
double ctc_forward(const CtcSequence<T>& q, int64_t width, double* alpha) {
  if (q.steps == 0) return q.size == 1 ? 0 : -kNever;
  for (int64_t s = 0; s < q.size; s++) alpha[s] = s < 2 ? q.score(0, s) : kNever;
  for (int64_t t = 1; t < q.steps; t++) {
    const double* before = alpha + (t - 1) * width;
    double* now = alpha + t * width;
    for (int64_t s = 0; s < q.size; s++) {
      double ways = before[s];
      if (s >= 1) ways = log_add(ways, before[s - 1]);
      if (q.skips(s)) ways = log_add(ways, before[s - 2]);
      now[s] = ways + q.score(t, s);
    }
  }
  const double* last = alpha + (q.steps - 1) * width;
  return -(q.size > 1 ? log_add(last[q.size - 1], last[q.size - 2]) : last[0]);
}

template <class T>
void ctc_gradient(const CtcSequence<T>& q, int64_t width, const double* alpha, double loss, double grad, double* beta, T* dy) {
  for (int64_t s = 0; s < q.size; s++) beta[s] = s >= q.size - 2 ? 0 : kNever;
  for (int64_t t = q.steps - 1; t >= 0; t--) {
    for (int64_t s = 0; s < q.size; s++) dy[t * q.step + q.label(s)] -= T(grad * std::exp(alpha[t * width + s] + beta[s] + loss));
    if (t == 0) break;
    for (int64_t s = 0; s < q.size; s++) {  // upwards: beta[s] takes from itself and from larger ones
      double ways = beta[s] + q.score(t, s);
      if (s + 1 < q.size) ways = log_add(ways, beta[s + 1] + q.score(t, s + 1));
      if (s + 2 < q.size && q.skips(s + 2)) ways = log_add(ways, beta[s + 2] + q.score(t, s + 2));
      beta[s] = ways;
    }
  }
}

}  // namespace

CtcResult ctc(const Tensor& log_probs, const CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank) {
  Tensor y = contiguous(log_probs);
  int64_t length = y.shape()[0], batch = y.shape()[1], longest = 0;
  for (int64_t l : targets.length) longest = std::max(longest, l);
  int64_t width = 2 * longest + 1;
  CtcResult r{empty({batch}, y.dtype()), empty({batch, length, width}, DType::float64)};
  double* alpha = r.log_alpha.mutable_data<double>();
  dispatch_floating("ctc_loss", y.dtype(), [&]<class T>() {
    T* losses = r.losses.mutable_data<T>();
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) losses[n] = T(ctc_forward(ctc_sequence<T>(y, targets, steps, blank, n), width, alpha + n * length * width));
    });
  });
  return r;
}

Tensor ctc_backward(const Tensor& grad, const Tensor& log_probs, const CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank,
                    const CtcResult& saved, bool zero_infinity) {
  Tensor y = contiguous(log_probs), g = contiguous(grad), dy = zeros_raw(y.shape(), y.dtype());
  int64_t length = y.shape()[0], batch = y.shape()[1], width = saved.log_alpha.shape()[2];
  Tensor work = empty({batch, width}, DType::float64);
  const double* alpha = saved.log_alpha.data<double>();
  double* beta = work.mutable_data<double>();
  dispatch_floating("ctc_loss", y.dtype(), [&]<class T>() {
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; n++) {
        double loss = double(saved.losses.data<T>()[n]);
        if (zero_infinity && std::isinf(loss)) continue;
        ctc_gradient(ctc_sequence<T>(y, targets, steps, blank, n), width, alpha + n * length * width, loss, double(g.data<T>()[n]), beta + n * width,
                     dy.mutable_data<T>() + n * y.shape()[2]);
      }
    });
  });
  return dy;
}

}  // namespace tare::kernels
