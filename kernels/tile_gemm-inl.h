// Products of small matrices that stay in cache, for kernels that interleave them with other work (attention, recurrent steps).
//
// C (m x n) += A B with A read number by number (any strides, so that a transpose costs nothing) and B packed into panels: groups of
// kPanelVectors vectors of columns, row after row, padded with zeros. The inner loop keeps a tile of up to 6 rows by one panel in
// registers: 12 sums, 2 vectors of B and one number of A fill the 16 registers of AVX2, and each step of 8 loads feeds 12 fused
// multiply-adds. C's rows must hold whole panels: callers give padded scratch memory.
#if defined(TARE_KERNELS_TILE_GEMM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_KERNELS_TILE_GEMM_INL_H
#undef TARE_KERNELS_TILE_GEMM_INL_H
#else
#define TARE_KERNELS_TILE_GEMM_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kPanelVectors = 2;
constexpr int kTileRows = 6;

/// Columns of a panel.
template <class T>
HWY_INLINE int64_t PanelWidth() {
  return kPanelVectors * static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}
/// n rounded up to whole panels.
template <class T>
HWY_INLINE int64_t WholePanels(int64_t n) {
  return (n + PanelWidth<T>() - 1) / PanelWidth<T>() * PanelWidth<T>();
}

/// Element (i, k) of A is p[i * row + k * column].
template <class T>
struct Strided {
  const T* p;
  int64_t row, column;
};

/// Rows [0, k) x columns [0, n) of a row-major matrix into panels: row r of panel c at (c * k + r) * PanelWidth.
template <class T>
HWY_INLINE void PackPanels(const T* b, int64_t stride, int64_t k, int64_t n, T* panels) {
  const int64_t width = PanelWidth<T>();
  for (int64_t c = 0; c < n; c += width) {
    const int64_t w = std::min(width, n - c);
    for (int64_t r = 0; r < k; r++, panels += width) {
      std::copy(b + r * stride + c, b + r * stride + c + w, panels);
      std::fill(panels + w, panels + width, T(0));
    }
  }
}

/// The same of the transpose: B's element (r, c) is b[c * stride + r].
template <class T>
HWY_INLINE void PackTransposedPanels(const T* b, int64_t stride, int64_t k, int64_t n, T* panels) {
  const int64_t width = PanelWidth<T>();
  for (int64_t c = 0; c < n; c += width, panels += k * width) {
    const int64_t w = std::min(width, n - c);
    if (w < width) std::fill(panels, panels + k * width, T(0));
    for (int64_t j = 0; j < w; j++)
      for (int64_t r = 0; r < k; r++) panels[r * width + j] = b[(c + j) * stride + r];
  }
}

template <class T, int rows>
HWY_INLINE void PanelTile(int64_t k, const Strided<T>& a, const T* panel, T* c, int64_t ldc, bool accumulate) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> left[rows], right[rows];
  for (int i = 0; i < rows; i++) left[i] = right[i] = hn::Zero(d);
  const T* row = a.p;
  for (int64_t r = 0; r < k; r++, panel += 2 * lanes, row += a.column) {
    const auto b0 = hn::Load(d, panel), b1 = hn::Load(d, panel + lanes);
    for (int i = 0; i < rows; i++) {
      const auto v = hn::Set(d, row[i * a.row]);
      left[i] = hn::MulAdd(v, b0, left[i]);
      right[i] = hn::MulAdd(v, b1, right[i]);
    }
  }
  for (int i = 0; i < rows; i++, c += ldc) {
    if (accumulate) {
      left[i] = hn::Add(left[i], hn::LoadU(d, c));
      right[i] = hn::Add(right[i], hn::LoadU(d, c + lanes));
    }
    hn::StoreU(left[i], d, c);
    hn::StoreU(right[i], d, c + lanes);
  }
}

/// C (m x n, rows ldc apart, room for whole panels) = or += A (m x k) B (k x n in panels, aligned).
template <class T>
HWY_INLINE void TileGemm(int64_t m, int64_t n, int64_t k, Strided<T> a, const T* panels, T* c, int64_t ldc, bool accumulate) {
  const int64_t width = PanelWidth<T>();
  for (int64_t j = 0; j < n; j += width, panels += k * width) {
    int64_t i = 0;
    Strided<T> from = a;
    T* to = c + j;
    for (; i + kTileRows <= m; i += kTileRows, from.p += kTileRows * a.row, to += kTileRows * ldc)
      PanelTile<T, kTileRows>(k, from, panels, to, ldc, accumulate);
    switch (m - i) {
      case 1: PanelTile<T, 1>(k, from, panels, to, ldc, accumulate); break;
      case 2: PanelTile<T, 2>(k, from, panels, to, ldc, accumulate); break;
      case 3: PanelTile<T, 3>(k, from, panels, to, ldc, accumulate); break;
      case 4: PanelTile<T, 4>(k, from, panels, to, ldc, accumulate); break;
      case 5: PanelTile<T, 5>(k, from, panels, to, ldc, accumulate); break;
      default: break;
    }
  }
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggling guard
