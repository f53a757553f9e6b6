#include "nn/saliency/cam.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

constexpr int64_t kImportant = -2, kNoise = -1;

/// Clusters from a matrix of distances (n, n).
std::vector<int64_t> dbscan_of(const Tensor& distances, double eps, int64_t min_samples) {
  int64_t n = distances.size(0);
  std::vector<double> d = distances.to_vector<double>();
  auto near = [&](int64_t i, int64_t j) { return d[size_t(i * n + j)] <= eps; };
  std::vector<bool> core(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) {
    int64_t count = 0;
    for (int64_t j = 0; j < n; j++) count += near(i, j);
    core[size_t(i)] = count >= min_samples;
  }
  std::vector<int64_t> labels(size_t(n), kNoise), open;
  int64_t clusters = 0;
  for (int64_t seed = 0; seed < n; seed++) {
    if (!core[size_t(seed)] || labels[size_t(seed)] != kNoise) continue;
    labels[size_t(seed)] = clusters;
    for (open = {seed}; !open.empty();) {
      int64_t i = open.back();
      open.pop_back();
      if (!core[size_t(i)]) continue;
      for (int64_t j = 0; j < n; j++)
        if (near(i, j) && labels[size_t(j)] == kNoise) labels[size_t(j)] = clusters, open.push_back(j);
    }
    clusters++;
  }
  return labels;
}

Tensor gaussian_blur(const Tensor& m) {
  constexpr int64_t radius = 3;
  Tensor offset = arange(-radius, radius + 1, 1, m.dtype()), k = exp(-0.5 * square(offset));
  k = k / sum(k);
  int64_t h = m.size(0), w = m.size(1);
  check<ShapeError>(h > radius && w > radius, "cf_cam: filter = \"gaussian\" needs maps larger than ", radius, " x ", radius, " but they are ", m.shape());
  Tensor wide = pad(reshape(m, {1, 1, h, w}), {radius, radius, radius, radius}, "reflect");
  return reshape(conv2d(conv2d(wide, reshape(k, {1, 1, -1, 1})), reshape(k, {1, 1, 1, -1})), {h, w});
}

Tensor finished(const Tensor& cam, const Shape& size) {
  Tensor map = resize_to(relu(cam), size), top = amax(map, {1, 2, 3}, true);
  return map / where(gt(top, 0), top, 1);
}

void check_maps(std::string_view who, const Tensor& x) { check<ShapeError>(x.dim() == 4, who, ": expected images (N, C, H, W) but the input is ", x.shape()); }

LayerGradient layer_gradient(std::string_view who, const AnyModule& model, const std::string& layer, const Tensor& x, const Tensor& target) {
  check_maps(who, x);
  EvaluationScope scope(*model);
  LayerGradient at = layer_gradients(*model, {layer}, x, explained_class(who, *model, x, target))[0];
  check<ShapeError>(at.activation.dim() == 4, who, ": expected the output of \"", layer, "\" to be (N, C, h, w) but it is ", at.activation.shape());
  return at;
}

}  // namespace

Tensor dbscan(const Tensor& x, double eps, int64_t min_samples) {
  check<ShapeError>(x.dim() == 2, "dbscan: expected rows (n, d) but x is ", x.shape());
  check<ValueError>(eps > 0 && min_samples >= 1, "dbscan: eps must be positive and min_samples at least 1, not ", eps, " and ", min_samples);
  NoGrad off;
  Tensor wide = to(x.detach(), DType::float64);
  return from_vector(dbscan_of(cdist(wide, wide), eps, min_samples), {x.size(0)});
}

Tensor cf_cam_reference_filter(const Tensor& m, double sigma_spatial, double sigma_range) {
  check<ShapeError>(m.dim() == 2, "cf_cam_reference_filter: expected a map (h, w) but it is ", m.shape());
  check<ValueError>(sigma_spatial > 0 && sigma_range > 0, "cf_cam_reference_filter: sigma_spatial and sigma_range must be positive, not ", sigma_spatial, " and ", sigma_range);
  int64_t h = m.size(0), w = m.size(1);
  Tensor r = square(arange(0, h, 1, m.dtype()) - double(h) / 2), c = square(arange(0, w, 1, m.dtype()) - double(w) / 2);
  Tensor kernel = exp(-(unsqueeze(r, 1) + unsqueeze(c, 0)) / (2 * sigma_spatial * sigma_spatial)) * exp(-square(m - mean(m)) / (2 * sigma_range * sigma_range));
  kernel = kernel / (sum(kernel) + 1e-6);
  int64_t left = (w - 1) / 2, top = (h - 1) / 2;
  Tensor wide = pad(reshape(m, {1, 1, h, w}), {left, w - 1 - left, top, h - 1 - top});
  return reshape(conv2d(wide, reshape(kernel, {1, 1, h, w})), {h, w});
}

void CFCAMParams::visit(Visitor& v) {
  v.option("filter", filter);
  v.option("important_percentile", important_percentile);
  v.option("eps_percentile", eps_percentile);
  v.option("sigma_spatial", sigma_spatial);
  v.option("sigma_range", sigma_range);
}

CFCAMResult cf_cam(const Tensor& activation, const Tensor& gradient, const Shape& size, const CFCAMParams& o) {
  check<ShapeError>(activation.dim() == 4 && activation.size(0) == 1 && activation.shape() == gradient.shape(),
                    "cf_cam: expected an activation and a gradient of one shape (1, C, h, w) but they are ", activation.shape(), " and ", gradient.shape());
  check<ConfigError>(o.filter == "reference" || o.filter == "gaussian", "cf_cam: filter must be \"reference\" or \"gaussian\", not \"", o.filter, "\"");
  check<ConfigError>(size.size() == 2, "cf_cam: size must be (H, W)");
  NoGrad off;
  // Thresholds are compared with the numbers they were made of: in float64 throughout.
  Tensor a = to(select(activation.detach(), 0, 0), DType::float64), g = to(select(gradient.detach(), 0, 0), DType::float64);
  int64_t channels = a.size(0);
  Tensor rows = flatten(a, 1), means = mean(flatten(g, 1), {1}), norms = norm(rows, 2, {1});
  std::vector<double> length = norms.to_vector<double>(), weight = means.to_vector<double>();
  double threshold = quantile(norms, o.important_percentile / 100).item();
  std::vector<int64_t> labels(size_t(channels), kImportant), others;
  for (int64_t i = 0; i < channels; i++)
    if (length[size_t(i)] < threshold) others.push_back(i);
  if (int64_t r = int64_t(others.size()); r > 0) {
    Tensor some = index_select(rows, 0, from_vector(others, {r})), distances = cdist(some, some);
    double eps = 1e-5;
    if (r > 1) eps = std::max(eps, quantile(masked_select(distances, eq(eye(r, r, DType::float64), 0)), o.eps_percentile / 100).item());
    std::vector<int64_t> found = dbscan_of(distances, eps, std::max<int64_t>(2, r / 20));
    int64_t clusters = *std::max_element(found.begin(), found.end()) + 1;
    for (int64_t k = 0; k < r; k++) labels[size_t(others[size_t(k)])] = found[size_t(k)];
    for (int64_t c = 0; c < clusters; c++) {
      std::vector<int64_t> members;
      for (int64_t i = 0; i < channels; i++)
        if (labels[size_t(i)] == c) members.push_back(i);
      Tensor m = mean(index_select(g, 0, from_vector(members, {int64_t(members.size())})), {0});
      double w = mean(o.filter == "gaussian" ? gaussian_blur(m) : cf_cam_reference_filter(m, o.sigma_spatial, o.sigma_range)).item();
      for (int64_t i : members) weight[size_t(i)] = w;
    }
  }
  std::vector<int64_t> kept;
  std::vector<double> kept_weights;
  for (int64_t i = 0; i < channels; i++)
    if (labels[size_t(i)] != kNoise) kept.push_back(i), kept_weights.push_back(weight[size_t(i)]);
  int64_t count = int64_t(kept.size());
  Tensor s = softmax(from_vector(kept_weights, {count, 1, 1}, DType::float64), 0);
  Tensor cam = sum(s * index_select(a, 0, from_vector(kept, {count})), {0});
  return {to(reshape(finished(reshape(cam, {1, 1, a.size(1), a.size(2)}), size), size), activation.dtype()), from_vector(labels, {channels})};
}

void GradCAMOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("target_layer", target_layer);
}
GradCAM::GradCAM(Options o) : options(std::move(o)) { model_of(type, options.model).at(options.target_layer); }
Tensor GradCAM::forward(const Tensor& x, const Tensor& target) {
  LayerGradient at = layer_gradient(type, options.model, options.target_layer, x, target);
  NoGrad off;
  return finished(sum(mean(at.gradient, {2, 3}, true) * at.activation, {1}, true), x.shape().slice(2));
}

void CFCAMOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("target_layer", target_layer);
  cam.visit(v);
}
CFCAM::CFCAM(Options o) : options(std::move(o)) {
  model_of(type, options.model).at(options.target_layer);
  check<ConfigError>(options.cam.filter == "reference" || options.cam.filter == "gaussian", "CFCAM: filter must be \"reference\" or \"gaussian\", not \"", options.cam.filter, "\"");
}
Tensor CFCAM::forward(const Tensor& x, const Tensor& target) {
  LayerGradient at = layer_gradient(type, options.model, options.target_layer, x, target);
  Shape size = x.shape().slice(2);
  Tensors maps;
  for (int64_t n = 0; n < x.size(0); n++) maps.push_back(unsqueeze(cf_cam(narrow(at.activation, 0, n, 1), narrow(at.gradient, 0, n, 1), size, options.cam).cam, 0));
  return maps.empty() ? zeros({0, 1, size[0], size[1]}, x.dtype()) : stack(maps);
}

template class Layer<GradCAM>;
template class Layer<CFCAM>;

}  // namespace tare::nn
