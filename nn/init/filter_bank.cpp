#include "nn/init/filter_bank.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/init/init.h"

namespace tare::nn::init {
namespace {

void check_patches(std::string_view who, const Tensor& patches) {
  check<ShapeError>(patches.dim() == 2 && patches.numel() > 0, who, ": expected patches (P, d) but they are ", patches.shape());
}

Tensor rows_of_length_one(const Tensor& rows) { return normalize(rows, 2, 1); }

/// Shape of the filters, and patches of the images for it.
Tensor patches_for(std::string_view who, const Shape& shape, const Tensor& images, int64_t count, double contrast_eps) {
  check<ShapeError>(shape.size() == 4 && shape[2] == shape[3], who, ": expected a shape (out, in, k, k), not ", shape);
  check<ConfigError>(images.defined(), who, ": images must be given");
  check<ShapeError>(images.dim() == 4 && images.size(1) == shape[1], who, ": expected images (N, ", shape[1], ", H, W) but they are ", images.shape());
  return contrast_normalize(random_patches(images, count, shape[2]), contrast_eps);
}

std::pair<Tensor, Tensor> covariance(const Tensor& patches) {
  Tensor m = mean(patches, {0}, true), centred = patches - m;
  return {m, matmul(transpose(centred), centred) / double(patches.size(0))};
}

}  // namespace

void GaborOptions::visit(Visitor& v) {
  v.option("kernel_size", kernel_size);
  v.option("orientations", orientations);
  v.option("sigma", sigma);
  v.option("wavelength", wavelength);
  v.option("gamma", gamma);
  v.option("psi", psi);
  v.option("zero_mean", zero_mean);
  v.option("unit_norm", unit_norm);
}

Tensor gabor_filter_bank(const GaborOptions& o) {
  check<ConfigError>(o.kernel_size >= 1 && o.orientations >= 1, "gabor_filter_bank: kernel_size and orientations must be at least 1, not ", o.kernel_size, " and ", o.orientations);
  check<ConfigError>(o.sigma > 0 && o.wavelength > 0, "gabor_filter_bank: sigma and wavelength must be positive, not ", o.sigma, " and ", o.wavelength);
  Tensor line = arange(0, o.kernel_size, 1, DType::float64) - 0.5 * double(o.kernel_size - 1), x = unsqueeze(line, 0), y = unsqueeze(line, 1);
  Tensors bank;
  for (int64_t i = 0; i < o.orientations; i++) {
    double t = std::numbers::pi * double(i) / double(o.orientations);
    Tensor along = x * std::cos(t) + y * std::sin(t), across = -x * std::sin(t) + y * std::cos(t);
    Tensor g = exp((square(along) + o.gamma * o.gamma * square(across)) / (-2 * o.sigma * o.sigma)) * cos(along * (2 * std::numbers::pi / o.wavelength) + o.psi);
    if (o.zero_mean) g = g - mean(g);
    if (o.unit_norm) g = g / clamp(norm(g), 1e-12);
    bank.push_back(unsqueeze(g, 0));
  }
  return to(stack(bank), default_dtype());
}

Tensor contrast_normalize(const Tensor& patches, double eps) {
  check_patches("contrast_normalize", patches);
  auto [variance, m] = var_mean(patches, {1}, 0, true);
  return (patches - m) / sqrt(variance + eps);
}

Whitened zca_whiten(const Tensor& patches, double eps) {
  check_patches("zca_whiten", patches);
  check<ValueError>(eps > 0, "zca_whiten: eps must be positive, not ", eps);
  NoGrad off;
  Tensor x = patches.detach();
  auto [m, c] = covariance(x);
  auto [w, v] = eigh(c);
  Tensor matrix = matmul(v / sqrt(clamp(w, 0) + eps), transpose(v));
  return {matmul(x - m, matrix), matrix};
}

Tensor spherical_kmeans_step(const Tensor& patches, const Tensor& centroids) {
  check_patches("spherical_kmeans_step", patches);
  check<ShapeError>(centroids.dim() == 2 && centroids.size(1) == patches.size(1), "spherical_kmeans_step: expected centroids (K, ", patches.size(1), ") but they are ", centroids.shape());
  NoGrad off;
  Tensor x = patches.detach(), d = centroids.detach(), s = matmul(x, transpose(d)), best = argmax(abs(s), 1, true);
  Tensor a = scatter(zeros_like(s), 1, best, gather(s, 1, best));
  return rows_of_length_one(matmul(transpose(a), x) + d);
}

Tensor som_step(const Tensor& units, const Tensor& x, int64_t rows, int64_t cols, double sigma, double lr) {
  check<ShapeError>(rows >= 1 && cols >= 1 && units.dim() == 2 && units.size(0) == rows * cols && x.shape() == Shape{units.size(1)}, "som_step: expected units (", rows, " * ", cols,
                    ", d) and x (d) but they are ", units.shape(), " and ", x.shape());
  check<ValueError>(sigma > 0, "som_step: sigma must be positive, not ", sigma);
  NoGrad off;
  Tensor w = units.detach(), away = x.detach() - w;
  int64_t best = argmin(sum(square(away), {1})).item<int64_t>();
  Tensor grid = arange(0, rows * cols, 1, w.dtype()), row = floor(grid / double(cols)), col = grid - row * double(cols);
  Tensor distance = square(row - double(best / cols)) + square(col - double(best % cols));
  return w + unsqueeze(lr * exp(distance / (-2 * sigma * sigma)), 1) * away;
}

Tensor random_patches(const Tensor& images, int64_t count, int64_t size) {
  check<ShapeError>(images.dim() == 4 && images.size(0) >= 1 && size >= 1 && images.size(2) >= size && images.size(3) >= size, "random_patches: expected images (N, C, H, W) of at least ", size, " x ", size,
                    " pixels but they are ", images.shape());
  check<ValueError>(count >= 1, "random_patches: count must be at least 1, not ", count);
  NoGrad off;
  std::vector<int64_t> n = randint(0, images.size(0), {count}).to_vector<int64_t>(), top = randint(0, images.size(2) - size + 1, {count}).to_vector<int64_t>(),
                       left = randint(0, images.size(3) - size + 1, {count}).to_vector<int64_t>();
  Tensors rows;
  for (size_t k = 0; k < n.size(); k++) rows.push_back(flatten(narrow(narrow(select(images.detach(), 0, n[k]), 1, top[k], size), 2, left[k], size)));
  return stack(rows);
}

Tensor kmeans_filters(const Shape& shape, const Tensor& images, const KMeansFiltersOptions& o) {
  auto [white, matrix] = zca_whiten(patches_for("kmeans_filters", shape, images, o.patches, o.contrast_eps), o.zca_eps);
  Tensor d = rows_of_length_one(randn({shape[0], white.size(1)}, white.dtype()));
  for (int64_t step = 0; step < o.steps; step++) d = spherical_kmeans_step(white, d);
  return reshape(rows_of_length_one(matmul(d, matrix)), shape);
}

Tensor pca_filters(const Shape& shape, const Tensor& images, int64_t patches, double contrast_eps) {
  NoGrad off;
  Tensor x = patches_for("pca_filters", shape, images, patches, contrast_eps);
  check<ShapeError>(shape[0] <= x.size(1), "pca_filters: a patch of ", x.size(1), " numbers has no ", shape[0], " principal components");
  return reshape(flip(narrow(transpose(eigh(covariance(x).second).second), 0, x.size(1) - shape[0], shape[0]), {0}), shape);
}

Tensor gabor_filters(const Shape& shape) {
  check<ShapeError>(shape.size() == 4 && shape[2] == shape[3], "gabor_filters: expected a shape (out, in, k, k), not ", shape);
  GaborOptions o{.kernel_size = shape[2], .orientations = (shape[0] + 1) / 2};
  Tensor even = gabor_filter_bank(o);
  o.psi = std::numbers::pi / 2;
  Tensor bank = narrow(flatten(stack({even, gabor_filter_bank(o)}, 1), 0, 1), 0, 0, shape[0]);
  return contiguous(expand(bank, shape)) / std::sqrt(double(shape[1]));
}

Tensor by_name(std::string_view name, const Shape& shape, const Tensor& images) {
  if (name == "lecun_normal") return normal(shape, 0, 1 / std::sqrt(double(fans(shape).in)));
  if (name == "xavier_uniform") return xavier_uniform(shape);
  if (name == "kaiming_normal") return kaiming_normal(shape, 0, FanMode::in, "relu");
  if (name == "orthogonal") return orthogonal(shape);
  if (name == "gabor") return gabor_filters(shape);
  if (name == "kmeans") return kmeans_filters(shape, images);
  if (name == "pca") return pca_filters(shape, images);
  throw ConfigError(text("init::by_name: expected lecun_normal, xavier_uniform, kaiming_normal, orthogonal, gabor, kmeans or pca, not \"", name, "\""));
}

int64_t receptive_field(const std::vector<int64_t>& kernels, const std::vector<int64_t>& strides) {
  check<ValueError>(kernels.size() == strides.size(), "receptive_field: ", kernels.size(), " kernels but ", strides.size(), " strides");
  int64_t field = 1, step = 1;
  for (size_t l = 0; l < kernels.size(); l++) field += (kernels[l] - 1) * step, step *= strides[l];
  return field;
}

}  // namespace tare::nn::init
