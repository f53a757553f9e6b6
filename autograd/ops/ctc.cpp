// The CTC loss: arguments checked and brought to one form, the kernel, and the same recursion in ordinary operations as its definition.
#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/ctc.h"
#include "kernels/elementwise.h"

namespace tare {
namespace {

std::vector<int64_t> whole_numbers(const char* what, const Tensor& t, int64_t count) {
  check<DTypeError>(t.dtype() == DType::int64, "ctc_loss: expected int64 ", what, " but they are ", t.dtype());
  check<ShapeError>(t.dim() <= 1 && t.numel() == count, "ctc_loss: expected ", count, " ", what, ", one for each sequence, but their shape is ", t.shape());
  return t.to_vector<int64_t>();
}

kernels::CtcTargets ctc_targets(const Tensor& targets, std::vector<int64_t> lengths, int64_t classes, int64_t blank) {
  check<DTypeError>(targets.dtype() == DType::int64, "ctc_loss: expected int64 targets but they are ", targets.dtype());
  check<ShapeError>(targets.dim() == 1 || (targets.dim() == 2 && targets.shape()[0] == int64_t(lengths.size())), "ctc_loss: expected targets (", lengths.size(),
                    ", longest) or (sum of the lengths) but they are ", targets.shape());
  kernels::CtcTargets t{targets.to_vector<int64_t>(), {}, std::move(lengths)};
  int64_t at = 0;
  for (size_t n = 0; n < t.length.size(); n++) {
    int64_t room = targets.dim() == 2 ? targets.shape()[1] : targets.numel() - at, length = t.length[n];
    check<ValueError>(length >= 0 && length <= room, "ctc_loss: target ", n, " is said to have ", length, " labels but there are ", room);
    t.start.push_back(targets.dim() == 2 ? int64_t(n) * targets.shape()[1] : at);
    at += length;
    for (int64_t i = t.start[n]; i < t.start[n] + length; i++)
      check<IndexError>(t.labels[size_t(i)] >= 0 && t.labels[size_t(i)] < classes && t.labels[size_t(i)] != blank, "ctc_loss: label ", t.labels[size_t(i)], " of target ", n,
                        " is the blank or out of range for ", classes, " classes");
  }
  return t;
}

// The recursion of kernels/ctc.cpp for the whole batch at once. A large negative number stands for log 0, whose derivative would be NaN.
Tensor ctc_definition(const Tensor& y, const kernels::CtcTargets& targets, const std::vector<int64_t>& steps, int64_t blank) {
  constexpr double kImpossible = -1e30;
  int64_t length = y.shape()[0], batch = y.shape()[1], longest = 0;
  for (int64_t l : targets.length) longest = std::max(longest, l);
  int64_t width = 2 * longest + 1;
  Tensor labels = full({batch, width}, blank, DType::int64), skips = zeros({batch, width}, DType::boolean), starts = zeros({1, width}, DType::boolean);
  Tensor ends = zeros({batch, width}, DType::boolean), steps_left = empty({batch, 1}, DType::int64), void_loss = empty({batch}, y.dtype());
  int64_t* label = labels.mutable_data<int64_t>();
  for (int64_t n = 0; n < batch; n++) {
    for (int64_t s = 0; s < targets.length[size_t(n)]; s++) {
      int64_t at = n * width + 2 * s + 1;
      label[at] = targets.labels[size_t(targets.start[size_t(n)] + s)];
      skips.mutable_data<bool>()[at] = s > 0 && label[at] != label[at - 2];
    }
    int64_t last = 2 * targets.length[size_t(n)];
    for (int64_t s = std::max<int64_t>(last - 1, 0); s <= last; s++) ends.mutable_data<bool>()[n * width + s] = true;
    steps_left.mutable_data<int64_t>()[n] = steps[size_t(n)];
    kernels::fill(view_of(void_loss, {}, {}, n), last == 0 ? 0.0 : std::numeric_limits<double>::infinity());
  }
  for (int64_t s = 0; s < std::min<int64_t>(width, 2); s++) starts.mutable_data<bool>()[s] = true;
  auto shifted = [&](const Tensor& a, int64_t by) { return narrow(pad(a, {by, 0}, "constant", kImpossible), 1, 0, width); };
  Tensor alpha;
  for (int64_t t = 0; t < length; t++) {
    Tensor scores = gather(select(y, 0, t), 1, labels);
    if (t == 0) {
      alpha = where(starts, scores, kImpossible);
      continue;
    }
    Tensor ways = logsumexp(stack({alpha, shifted(alpha, 1), where(skips, shifted(alpha, 2), kImpossible)}), {0});
    alpha = where(kernels::gt(steps_left, t), ways + scores, alpha);
  }
  Tensor no_steps = kernels::reciprocal(kernels::to(steps_left, y.dtype()));
  if (!alpha.defined()) return void_loss;
  Tensor losses = -logsumexp(where(ends, alpha, kImpossible), {1});
  losses = where(kernels::gt(losses, -0.5 * kImpossible), std::numeric_limits<double>::infinity(), losses);
  return where(reshape(kernels::isinf(no_steps), {batch}), void_loss, losses);
}

}  // namespace

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths, const CTCLossOptions& o) {
  check<ShapeError>(log_probs.dim() == 2 || log_probs.dim() == 3, "ctc_loss: expected log-probabilities (T, N, C) or (T, C) but they are ", log_probs.shape());
  Tensor y = log_probs.dim() == 2 ? unsqueeze(log_probs, 1) : log_probs;
  int64_t length = y.shape()[0], batch = y.shape()[1], classes = y.shape()[2];
  check<ValueError>(o.blank >= 0 && o.blank < classes, "ctc_loss: the blank ", o.blank, " is out of range for ", classes, " classes");
  std::vector<int64_t> steps = whole_numbers("input_lengths", input_lengths, batch), lengths = whole_numbers("target_lengths", target_lengths, batch);
  for (int64_t s : steps) check<ValueError>(s >= 0 && s <= length, "ctc_loss: input_lengths must be between 0 and the ", length, " steps of the input, not ", s);
  kernels::CtcTargets t = ctc_targets(targets, lengths, classes, o.blank);
  kernels::CtcResult result = kernels::ctc(y, t, steps, o.blank);
  Tensor losses = fused(
      "ctc_loss", result.losses, {y},
      [t, steps, o, log_alpha = result.log_alpha](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) {
        return Tensors{kernels::ctc_backward(grads[0], in[0], t, steps, o.blank, {out[0], log_alpha}, o.zero_infinity)};
      },
      [t, steps, o](const Tensors& in) { return Tensors{ctc_definition(in[0], t, steps, o.blank)}; });
  if (o.zero_infinity) losses = where(kernels::isinf(losses), 0.0, losses);
  if (o.reduction == Reduction::mean) {
    Tensor divisors = empty({batch}, losses.dtype());
    for (int64_t n = 0; n < batch; n++) kernels::fill(view_of(divisors, {}, {}, n), double(std::max<int64_t>(lengths[size_t(n)], 1)));
    return mean(losses / divisors);
  }
  if (o.reduction == Reduction::sum) return sum(losses);
  return log_probs.dim() == 2 ? reshape(losses, {}) : losses;
}

}  // namespace tare
