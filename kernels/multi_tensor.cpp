// Each of these loops does one or two flops a number, so memory is the limit: one pass, all tensors cut into pieces of
// equal size so that many small tensors cost one parallel loop, and reductions combined piece by piece in order.
#include "kernels/multi_tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"

namespace tare::kernels {
namespace {

constexpr int64_t kPieceNumbers = 32768;  // 128 KiB of floats: some microseconds of memory traffic

// A stretch [begin, end) of tensor number `tensor`.
struct Stretch {
  size_t tensor;
  int64_t begin, end;
};

std::vector<Stretch> cut_tensors(std::string_view call, std::span<const Tensor> tensors) {
  std::vector<Stretch> pieces;
  for (size_t i = 0; i < tensors.size(); i++) {
    if (!tensors[i].defined()) continue;
    check<DTypeError>(is_floating(tensors[i].dtype()), call, ": expected float32 or float64 but tensor ", i, " is ", tensors[i].dtype());
    check<ShapeError>(tensors[i].is_contiguous(), call, ": tensor ", i, " of shape ", tensors[i].shape(), " is not contiguous; copy it first");
    for (int64_t at = 0, n = tensors[i].numel(); at < n; at += kPieceNumbers) pieces.push_back({i, at, std::min(n, at + kPieceNumbers)});
  }
  return pieces;
}

template <class F>
void for_each_stretch(std::string_view call, std::span<const Tensor> tensors, F f) {
  std::vector<Stretch> pieces = cut_tensors(call, tensors);
  for (const Tensor& t : tensors) count_work(t.defined() ? t.numel() : 0, 2 * bytes_of(t));
  parallel_pieces(int64_t(pieces.size()), [&](int64_t p) { f(pieces[size_t(p)]); });
}

void check_pairs(std::string_view call, std::span<const Tensor> x, std::span<const Tensor> y) {
  check<ShapeError>(x.size() == y.size(), call, ": expected as many tensors on both sides but there are ", x.size(), " and ", y.size());
  for (size_t i = 0; i < x.size(); i++) {
    if (!x[i].defined()) continue;
    check<ShapeError>(x[i].shape() == y[i].shape(), call, ": pair ", i, " has the shapes ", x[i].shape(), " and ", y[i].shape());
    check<DTypeError>(x[i].dtype() == y[i].dtype(), call, ": pair ", i, " has the types ", x[i].dtype(), " and ", y[i].dtype());
    check<ShapeError>(y[i].is_contiguous(), call, ": tensor ", i, " of shape ", y[i].shape(), " is not contiguous; copy it first");
  }
}

// Eight running sums: independent chains that the compiler keeps in vector registers, combined in a fixed order.
template <class T>
double sum_of_squares(const T* x, int64_t n) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int64_t j = 0; j < 8; j++) sums[j] += double(x[i + j]) * double(x[i + j]);
  for (; i < n; i++) sums[0] += double(x[i]) * double(x[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

template <class T>
double largest_magnitude(const T* x, int64_t n) {
  // Without signs, floats are ordered as their bits are as integers, NaN above all; a loop over integers vectorises.
  using Bits = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  Bits top = 0;
  for (int64_t i = 0; i < n; i++) {
    Bits v = std::bit_cast<Bits>(x[i]) & std::numeric_limits<Bits>::max();
    top = v > top ? v : top;
  }
  return double(std::bit_cast<T>(top));
}

}  // namespace

double global_norm(std::span<const Tensor> tensors) {
  std::vector<Stretch> pieces = cut_tensors("global_norm", tensors);
  std::vector<double> partial(pieces.size());
  parallel_pieces(int64_t(pieces.size()), [&](int64_t p) {
    const Stretch& s = pieces[size_t(p)];
    const Tensor& t = tensors[s.tensor];
    partial[size_t(p)] =
        dispatch_floating("global_norm", t.dtype(), [&]<class T>() { return sum_of_squares(t.data<T>() + s.begin, s.end - s.begin); });
  });
  double total = 0;
  for (double v : partial) total += v;
  return std::sqrt(total);
}

double global_max_abs(std::span<const Tensor> tensors) {
  std::vector<Stretch> pieces = cut_tensors("global_max_abs", tensors);
  std::vector<double> partial(pieces.size());
  parallel_pieces(int64_t(pieces.size()), [&](int64_t p) {
    const Stretch& s = pieces[size_t(p)];
    const Tensor& t = tensors[s.tensor];
    partial[size_t(p)] =
        dispatch_floating("global_max_abs", t.dtype(), [&]<class T>() { return largest_magnitude(t.data<T>() + s.begin, s.end - s.begin); });
  });
  double top = 0;
  for (double v : partial) top = v > top || std::isnan(v) ? v : top;
  return top;
}

void scale_in_place(std::span<const Tensor> tensors, double factor) {
  for_each_stretch("scale_in_place", tensors, [&](const Stretch& s) {
    const Tensor& t = tensors[s.tensor];
    dispatch_floating("scale_in_place", t.dtype(), [&]<class T>() {
      T* x = t.mutable_data<T>();
      for (int64_t i = s.begin; i < s.end; i++) x[i] *= T(factor);
    });
  });
}

void fill_zero(std::span<const Tensor> tensors) {
  for_each_stretch("fill_zero", tensors, [&](const Stretch& s) {
    int64_t item = item_size(tensors[s.tensor].dtype());
    std::memset(static_cast<char*>(tensors[s.tensor].mutable_raw()) + s.begin * item, 0, size_t((s.end - s.begin) * item));
  });
}

void axpy(double a, std::span<const Tensor> x, std::span<const Tensor> y) { axpby(a, x, 1, y); }

void axpby(double b, std::span<const Tensor> x, double a, std::span<const Tensor> y) {
  check_pairs("axpby", x, y);
  for_each_stretch("axpby", x, [&](const Stretch& s) {
    dispatch_floating("axpby", x[s.tensor].dtype(), [&]<class T>() {
      const T* from = x[s.tensor].data<T>();
      T* to = y[s.tensor].mutable_data<T>();
      for (int64_t i = s.begin; i < s.end; i++) to[i] = T(a) * to[i] + T(b) * from[i];
    });
  });
}

}  // namespace tare::kernels
