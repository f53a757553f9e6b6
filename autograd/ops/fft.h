// Fourier transforms of complex numbers held as a last axis of 2 (ops/complex.h). Names and options are torch.fft's.
//
// `dim`, `n` and `s` count the axes without that of the pairs. n (s: one for each axis, -1 for as it is) crops the axis or pads it with zeros
// first. norm says where the factor 1 / n stands: "backward" (at the inverse transform), "forward" or "ortho" (its root at both).
// ValueError for fewer than one number, ShapeError for no pairs, ConfigError for another norm.
#pragma once

#include <optional>
#include <string_view>

#include "core/tensor.h"

namespace tare {

/// Pairs to pairs.
Tensor fft(const Tensor& x, std::optional<int64_t> n = {}, int64_t dim = -1, std::string_view norm = "backward");
Tensor ifft(const Tensor& x, std::optional<int64_t> n = {}, int64_t dim = -1, std::string_view norm = "backward");
/// Real numbers to the first n / 2 + 1 pairs: the others are their conjugates.
Tensor rfft(const Tensor& x, std::optional<int64_t> n = {}, int64_t dim = -1, std::string_view norm = "backward");
/// The inverse of rfft: pairs to n real numbers, 2 (m - 1) of m pairs unless given. Imaginary parts that cannot be are ignored.
Tensor irfft(const Tensor& x, std::optional<int64_t> n = {}, int64_t dim = -1, std::string_view norm = "backward");

/// Along several axes; rfftn and irfftn halve the last of them. Without dim: along as many last axes as s has, or all.
Tensor fftn(const Tensor& x, const Shape& s = {}, const Shape& dim = {}, std::string_view norm = "backward");
Tensor ifftn(const Tensor& x, const Shape& s = {}, const Shape& dim = {}, std::string_view norm = "backward");
Tensor rfftn(const Tensor& x, const Shape& s = {}, const Shape& dim = {}, std::string_view norm = "backward");
Tensor irfftn(const Tensor& x, const Shape& s = {}, const Shape& dim = {}, std::string_view norm = "backward");
inline Tensor fft2(const Tensor& x, const Shape& s = {}, const Shape& dim = {-2, -1}, std::string_view norm = "backward") { return fftn(x, s, dim, norm); }
inline Tensor ifft2(const Tensor& x, const Shape& s = {}, const Shape& dim = {-2, -1}, std::string_view norm = "backward") { return ifftn(x, s, dim, norm); }
inline Tensor rfft2(const Tensor& x, const Shape& s = {}, const Shape& dim = {-2, -1}, std::string_view norm = "backward") { return rfftn(x, s, dim, norm); }
inline Tensor irfft2(const Tensor& x, const Shape& s = {}, const Shape& dim = {-2, -1}, std::string_view norm = "backward") { return irfftn(x, s, dim, norm); }

/// Moves the zero frequency to the middle, and back: of real tensors, along the given axes or all.
Tensor fftshift(const Tensor& x, const Shape& dim = {});
Tensor ifftshift(const Tensor& x, const Shape& dim = {});
/// The frequencies of fft's (rfft's) numbers for samples d apart: (n), (n / 2 + 1).
Tensor fftfreq(int64_t n, double d = 1);
Tensor rfftfreq(int64_t n, double d = 1);

}  // namespace tare
