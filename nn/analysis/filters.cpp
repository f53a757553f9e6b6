#include "nn/analysis/filters.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/conv/conv.h"
#include "nn/training_flags.h"

namespace tare::nn {
namespace {

Tensor filters_of(std::string_view who, const Tensor& w) {
  check<ShapeError>(w.dim() >= 3 && w.numel() > 0, who, ": expected a convolution's weight (out, in, *kernel) but it is ", w.shape());
  return to(w.detach(), DType::float64);
}
Tensor slices_of(std::string_view who, const Tensor& w) { return reshape(filters_of(who, w), {w.size(0) * w.size(1), -1}); }

}  // namespace

double filter_sparsity(const Tensor& w) {
  NoGrad off;
  Tensor largest = amax(abs(slices_of("filter_sparsity", w)), {1});
  return mean(to(le(largest, amax(largest) / 100), DType::float64)).item();
}

double filter_variance_entropy(const Tensor& w) {
  NoGrad off;
  Tensor slices = slices_of("filter_variance_entropy", w);
  if (slices.size(0) < 2) return 0;
  Tensor variances = square(svdvals(slices - mean(slices, {0}, true)));  // their common factor 1 / (rows - 1) drops out
  double total = sum(variances).item(), entropy = 0;
  if (total == 0) return 0;
  for (double v : variances.to_vector<double>())
    if (v > 0) entropy -= v / total * std::log10(v / total);
  return entropy;
}

double filter_orthogonality(const Tensor& w) {
  NoGrad off;
  Tensor rows = flatten(filters_of("filter_orthogonality", w), 1), length = norm(rows, 2, {1}, true);
  int64_t out = rows.size(0);
  if (out == 1) return 1;
  rows = rows / where(gt(length, 0), length, 1);
  return 1 - sum(abs(matmul(rows, transpose(rows)) - eye(out, out, DType::float64))).item() / double(out * (out - 1));
}

Json filter_report(Module& model) {
  Json::Array rows;
  for (auto& [path, m] : model.modules()) {
    Tensor w;
    if (auto* conv = dynamic_cast<Conv2d*>(m)) w = conv->weight();
    else if (auto* conv1 = dynamic_cast<Conv1d*>(m)) w = conv1->weight();
    else if (auto* conv3 = dynamic_cast<Conv3d*>(m)) w = conv3->weight();
    if (!w.defined()) continue;
    Json row = Json::object();
    Json::Array sizes;
    for (int64_t s : w.shape()) sizes.push_back(Json(s));
    row.set("layer", path);
    row.set("shape", Json(sizes));
    row.set("sparsity", filter_sparsity(w));
    row.set("variance_entropy", filter_variance_entropy(w));
    row.set("orthogonality", filter_orthogonality(w));
    rows.push_back(row);
  }
  return Json(rows);
}

Tensor fgsm(Module& model, const Tensor& x, const Tensor& y, double eps, bool random_start) {
  check<ValueError>(eps >= 0, "fgsm: eps must be at least 0, not ", eps);
  EvaluationScope scope(model);
  Tensor point = x.detach();
  if (random_start) point = (point + eps * (2 * rand_like(point) - 1)).detach();
  Tensor at = point.detach().set_requires_grad();
  Tensor g = grad(Tensors{cross_entropy(model.call({&at, 1})[0], y)}, Tensors{at})[0];
  return (point + eps * sign(g)).detach();
}

}  // namespace tare::nn
