#include "kernels/panels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/panel_packing-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {

void pack_float(bool transposed, const float* b, int64_t stride, int64_t k, int64_t n, float* panels) {
  pack_columns(transposed, b, stride, panel_width<float>, n, k, panels);
}
void pack_double(bool transposed, const double* b, int64_t stride, int64_t k, int64_t n, double* panels) {
  pack_columns(transposed, b, stride, panel_width<double>, n, k, panels);
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(pack_float);
HWY_EXPORT(pack_double);

void pack_panels(const float* b, int64_t stride, int64_t k, int64_t n, float* panels) {
  HWY_DYNAMIC_DISPATCH(pack_float)(false, b, stride, k, n, panels);
}
void pack_panels(const double* b, int64_t stride, int64_t k, int64_t n, double* panels) {
  HWY_DYNAMIC_DISPATCH(pack_double)(false, b, stride, k, n, panels);
}
void pack_transposed_panels(const float* b, int64_t stride, int64_t k, int64_t n, float* panels) {
  HWY_DYNAMIC_DISPATCH(pack_float)(true, b, stride, k, n, panels);
}
void pack_transposed_panels(const double* b, int64_t stride, int64_t k, int64_t n, double* panels) {
  HWY_DYNAMIC_DISPATCH(pack_double)(true, b, stride, k, n, panels);
}

}  // namespace tare::kernels
#endif
