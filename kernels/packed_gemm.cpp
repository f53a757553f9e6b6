#include "kernels/packed_gemm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/packed_gemm.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/tile_gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

template <class T>
HWY_INLINE void Pack(const T* b, int64_t stride, bool transposed, int64_t k, int64_t n, T* panels) {
  if (transposed) PackTransposedPanels(b, stride, k, n, panels);
  else PackPanels(b, stride, k, n, panels);
}

// A stretch of 256 rows of a panel (16 KiB of floats on AVX2) stays in L1 while the tiles of C pass over it.
constexpr int64_t kStretch = 256;

template <class T>
HWY_INLINE void Multiply(int64_t rows, const T* a, int64_t lda, const PackedMatrix<T>& b, T* c, int64_t ldc) {
  const int64_t width = PanelWidth<T>();
  for (int64_t j = 0; j < b.n; j += width) {
    const T* panel = b.panels + j * b.k;
    for (int64_t k = 0; k < b.k || k == 0; k += kStretch)
      TileGemm<T>(rows, width, std::min(kStretch, b.k - k), {a + k, lda, 1}, panel + k * width, c + j, ldc, k > 0);
  }
}

void PackFloat(const float* b, int64_t stride, bool transposed, int64_t k, int64_t n, float* panels) { Pack(b, stride, transposed, k, n, panels); }
void PackDouble(const double* b, int64_t stride, bool transposed, int64_t k, int64_t n, double* panels) { Pack(b, stride, transposed, k, n, panels); }
void MultiplyFloat(int64_t rows, const float* a, int64_t lda, const PackedMatrix<float>& b, float* c, int64_t ldc) {
  Multiply(rows, a, lda, b, c, ldc);
}
void MultiplyDouble(int64_t rows, const double* a, int64_t lda, const PackedMatrix<double>& b, double* c, int64_t ldc) {
  Multiply(rows, a, lda, b, c, ldc);
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(PackFloat);
HWY_EXPORT(PackDouble);
HWY_EXPORT(MultiplyFloat);
HWY_EXPORT(MultiplyDouble);

int64_t packed_row(int64_t n) { return (n + 31) / 32 * 32; }  // whole panels of any target
int64_t packed_size(int64_t k, int64_t n) { return k * packed_row(n); }

void pack_matrix(const float* b, int64_t stride, bool transposed, int64_t k, int64_t n, float* panels) {
  HWY_DYNAMIC_DISPATCH(PackFloat)(b, stride, transposed, k, n, panels);
}
void pack_matrix(const double* b, int64_t stride, bool transposed, int64_t k, int64_t n, double* panels) {
  HWY_DYNAMIC_DISPATCH(PackDouble)(b, stride, transposed, k, n, panels);
}
void packed_gemm(int64_t rows, const float* a, int64_t lda, const PackedMatrix<float>& b, float* c, int64_t ldc) {
  HWY_DYNAMIC_DISPATCH(MultiplyFloat)(rows, a, lda, b, c, ldc);
}
void packed_gemm(int64_t rows, const double* a, int64_t lda, const PackedMatrix<double>& b, double* c, int64_t ldc) {
  HWY_DYNAMIC_DISPATCH(MultiplyDouble)(rows, a, lda, b, c, ldc);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
