// Filters made by hand or learned without labels: what Hirani and Abdulla (2024, arXiv:2410.21644, "On filter design in deep convolutional neural network") survey, in textbook
// forms. Patches are rows of X (P, d).
//
//   gabor        exp(-(x'^2 + gamma^2 y'^2) / (2 sigma^2)) cos(2 pi x' / wavelength + psi),  x' = x cos t + y sin t, y' = -x sin t + y cos t, t = pi i / n;
//                x is the column and y the row, from the centre (half-integers for even sizes); then zero mean, then length 1
//   contrast     (p - mean) / sqrt(biased variance + eps), of each patch
//   ZCA          (X - m) M,  M = V diag((w + eps)^(-1/2)) V^T,  C = V diag(w) V^T the biased covariance (Bell and Sejnowski, 1997)
//   k-means      spherical (Coates and Ng, 2012): each patch keeps the largest |S| of its row of S = X D^T, the first of equal ones, giving A;  D <- A^T X + D, rows to length 1.
//                "+ D" keeps empty clusters alive
//   PCA          leading eigenvectors of C; their signs are open
//   map          self-organizing (Kohonen, 1982): b the unit nearest to x;  W_i += lr exp(-|pos_i - pos_b|^2 / (2 sigma^2)) (x - W_i), positions on a grid
#pragma once

#include <utility>
#include <vector>

#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::nn::init {

struct GaborOptions {
  int64_t kernel_size = 5;
  int64_t orientations = 8;
  double sigma = 1.5;
  double wavelength = 3;
  double gamma = 0.5;
  double psi = 0;
  bool zero_mean = true;
  bool unit_norm = true;
  void visit(Visitor& v);
};
/// (orientations, 1, kernel_size, kernel_size) of default_dtype().
Tensor gabor_filter_bank(const GaborOptions& options = {});

Tensor contrast_normalize(const Tensor& patches, double eps = 0.1);
struct Whitened {
  Tensor patches;  ///< (P, d)
  Tensor matrix;   ///< M (d, d)
};
/// Throws ValueError unless eps is positive: directions without variance would be blown up.
Whitened zca_whiten(const Tensor& patches, double eps = 0.1);
/// Centroids (K, d), rows of length 1, after one step.
Tensor spherical_kmeans_step(const Tensor& patches, const Tensor& centroids);
/// Units (rows * cols, d) after one sample x (d).
Tensor som_step(const Tensor& units, const Tensor& x, int64_t rows, int64_t cols, double sigma, double lr);

/// `count` patches at random places of images (N, C, H, W): (count, C * size * size).
Tensor random_patches(const Tensor& images, int64_t count, int64_t size);

// Weights (out, in, k, k) with filters of length 1, learned from images (N, in, H, W) by the default generator.

struct KMeansFiltersOptions {
  int64_t patches = 5000;
  double contrast_eps = 0.1;
  double zca_eps = 0.1;
  int64_t steps = 15;
};
/// Centroids of whitened patches, taken back to patches: rows of D M.
Tensor kmeans_filters(const Shape& shape, const Tensor& images, const KMeansFiltersOptions& options = {});
/// The first principal components of contrast-normalised patches; as many as a patch has numbers at most (ShapeError).
Tensor pca_filters(const Shape& shape, const Tensor& images, int64_t patches = 5000, double contrast_eps = 0.1);
/// The Gabor bank over orientations for psi 0 and pi/2 in turn, the same for each input channel, of length 1.
Tensor gabor_filters(const Shape& shape);

/// A weight by its start's name: lecun_normal, xavier_uniform, kaiming_normal (for relu), orthogonal, gabor; of images (N, in, H, W) kmeans and pca. Throws ConfigError for another name, or
/// when images are missing. (LSUV is of a whole model: data_dependent.h.)
Tensor by_name(std::string_view name, const Shape& shape, const Tensor& images = {});

/// How many inputs, along one axis, an output of these convolutions sees: 1 + sum_l (k_l - 1) prod of the strides before.
int64_t receptive_field(const std::vector<int64_t>& kernels, const std::vector<int64_t>& strides);

}  // namespace tare::nn::init
