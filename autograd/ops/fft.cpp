// One recorded operation, the complex transform F: as a map of real pairs its adjoint is the transform with the other sign and the
// same factor. Transforms of real numbers are it after or before operations that are recorded themselves.
#include "autograd/ops/fft.h"

#include <cmath>

#include "autograd/ops/complex.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/fft.h"
#include "kernels/promote.h"

namespace tare {
namespace {

Tensor transform(const Tensor& x, int axis, bool inverse, double scale) {
  return record("fft", kernels::fft(x, axis, inverse, scale), from(x, [=](const Tensor& grad) { return transform(grad, axis, !inverse, scale); }));
}

double scale_of(const char* what, std::string_view norm, bool inverse, int64_t n) {
  check<ConfigError>(norm == "backward" || norm == "forward" || norm == "ortho", what, ": unknown norm \"", norm, "\"; expected backward, forward or ortho");
  if (norm == "ortho") return 1 / std::sqrt(double(n));
  return (norm == "forward") != inverse ? 1 / double(n) : 1;
}

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, kernels::floating_type(x.dtype())); }

int pair_axis(const char* what, const Tensor& x, int64_t dim) {
  check<ShapeError>(x.dim() >= 2 && x.shape().back() == 2, what, ": expected complex numbers (*, 2) with at least one axis before the pairs but the shape is ", x.shape());
  return normalize_axis(what, dim, x.dim() - 1);
}
int real_axis(const char* what, const Tensor& x, int64_t dim) {
  check<ShapeError>(x.dim() >= 1, what, ": expected at least one axis");
  return normalize_axis(what, dim, x.dim());
}

// Cropped, or padded with zeros at the end.
Tensor resized(const char* what, const Tensor& x, int axis, int64_t n) {
  check<ValueError>(n >= 1, what, ": expected at least 1 number to transform, not ", n, " (axis ", axis, " of ", x.shape(), ")");
  int64_t m = x.shape()[axis];
  if (n == m) return x;
  if (n < m) return narrow(x, axis, 0, n);
  Shape more = x.shape();
  more[axis] = n - m;
  return cat({x, zeros(more, x.dtype())}, axis);
}

Tensor complex_transform(const char* what, const Tensor& given, std::optional<int64_t> n, int64_t dim, std::string_view norm, bool inverse) {
  int axis = pair_axis(what, given, dim);
  Tensor x = resized(what, floating(given), axis, n.value_or(given.shape()[axis]));
  return transform(x, axis, inverse, scale_of(what, norm, inverse, x.shape()[axis]));
}

// Axes and lengths of a transform along several; rank without that of the pairs. A length of -1 is left as it is.
struct Axes {
  Shape dim;
  std::vector<std::optional<int64_t>> n;
};
Axes axes_of(const char* what, int rank, const Shape& s, const Shape& dim) {
  Axes a;
  check<ShapeError>(rank >= 1, what, ": expected at least one axis");
  check<ValueError>(s.empty() || dim.empty() || s.size() == dim.size(), what, ": ", s.size(), " lengths ", s, " do not fit the axes ", dim);
  check<ValueError>(s.size() <= rank, what, ": ", s.size(), " lengths ", s, " for ", rank, " axes");
  if (dim.empty() && !s.empty())
    for (int i = rank - s.size(); i < rank; i++) a.dim.push_back(i);
  else a.dim = normalize_axes(what, dim, rank);
  for (int i = 0; i < a.dim.size(); i++) a.n.push_back(s.empty() || s[i] == -1 ? std::nullopt : std::optional<int64_t>(s[i]));
  return a;
}

}  // namespace

Tensor fft(const Tensor& x, std::optional<int64_t> n, int64_t dim, std::string_view norm) { return complex_transform("fft", x, n, dim, norm, false); }
Tensor ifft(const Tensor& x, std::optional<int64_t> n, int64_t dim, std::string_view norm) { return complex_transform("ifft", x, n, dim, norm, true); }

Tensor rfft(const Tensor& given, std::optional<int64_t> n, int64_t dim, std::string_view norm) {
  int axis = real_axis("rfft", given, dim);
  Tensor x = resized("rfft", floating(given), axis, n.value_or(given.shape()[axis]));
  int64_t length = x.shape()[axis];
  Tensor y = transform(complex(x, zeros_like(x)), axis, false, scale_of("rfft", norm, false, length));
  return narrow(y, axis, 0, length / 2 + 1);
}

Tensor irfft(const Tensor& given, std::optional<int64_t> n, int64_t dim, std::string_view norm) {
  int axis = pair_axis("irfft", given, dim);
  int64_t length = n.value_or(2 * (given.shape()[axis] - 1));
  check<ValueError>(length >= 1, "irfft: expected at least 1 number to return, not ", length, "; give n for an input of shape ", given.shape());
  Tensor x = resized("irfft", floating(given), axis, length / 2 + 1);
  // x_(n - k) = conj x_k. The real part of the transform drops what the imaginary parts of x_0 and x_(n / 2) would add.
  int64_t mirrored = length - length / 2 - 1;
  if (mirrored > 0) x = cat({x, complex_conj(flip(narrow(x, axis, 1, mirrored), {axis}))}, axis);
  return select(transform(x, axis, true, scale_of("irfft", norm, true, length)), -1, 0);
}

Tensor fftn(const Tensor& x, const Shape& s, const Shape& dim, std::string_view norm) {
  Axes a = axes_of("fftn", x.dim() - 1, s, dim);
  Tensor y = x;
  for (int i = a.dim.size(); i-- > 0;) y = complex_transform("fftn", y, a.n[size_t(i)], a.dim[i], norm, false);
  return y;
}
Tensor ifftn(const Tensor& x, const Shape& s, const Shape& dim, std::string_view norm) {
  Axes a = axes_of("ifftn", x.dim() - 1, s, dim);
  Tensor y = x;
  for (int i = a.dim.size(); i-- > 0;) y = complex_transform("ifftn", y, a.n[size_t(i)], a.dim[i], norm, true);
  return y;
}
Tensor rfftn(const Tensor& x, const Shape& s, const Shape& dim, std::string_view norm) {
  Axes a = axes_of("rfftn", x.dim(), s, dim);
  Tensor y = rfft(x, a.n.back(), a.dim.back(), norm);
  for (int i = a.dim.size() - 1; i-- > 0;) y = complex_transform("rfftn", y, a.n[size_t(i)], a.dim[i], norm, false);
  return y;
}
Tensor irfftn(const Tensor& x, const Shape& s, const Shape& dim, std::string_view norm) {
  Axes a = axes_of("irfftn", x.dim() - 1, s, dim);
  Tensor y = x;
  for (int i = 0; i + 1 < a.dim.size(); i++) y = complex_transform("irfftn", y, a.n[size_t(i)], a.dim[i], norm, true);
  return irfft(y, a.n.back(), a.dim.back(), norm);
}

namespace {
Tensor shifted(const char* what, const Tensor& x, const Shape& dim, bool back) {
  if (x.dim() == 0) return x;
  Shape axes = normalize_axes(what, dim, x.dim()), shifts;
  for (int64_t a : axes) shifts.push_back(back ? -(x.shape()[int(a)] / 2) : x.shape()[int(a)] / 2);
  return roll(x, shifts, axes);
}
}  // namespace

Tensor fftshift(const Tensor& x, const Shape& dim) { return shifted("fftshift", x, dim, false); }
Tensor ifftshift(const Tensor& x, const Shape& dim) { return shifted("ifftshift", x, dim, true); }

Tensor fftfreq(int64_t n, double d) {
  check<ValueError>(n >= 1, "fftfreq: expected at least 1 frequency, not ", n);
  std::vector<double> v;
  for (int64_t i = 0; i < n; i++) v.push_back(double(i < (n + 1) / 2 ? i : i - n) / (double(n) * d));
  return from_vector(v, {n});
}
Tensor rfftfreq(int64_t n, double d) {
  check<ValueError>(n >= 1, "rfftfreq: expected at least 1 number, not ", n);
  std::vector<double> v;
  for (int64_t i = 0; i <= n / 2; i++) v.push_back(double(i) / (double(n) * d));
  return from_vector(v, {n / 2 + 1});
}

}  // namespace tare
