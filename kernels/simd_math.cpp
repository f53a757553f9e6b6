// The float forms of the vector functions.
#include "kernels/simd_math.h"

#include <algorithm>

namespace tare::kernels {
namespace {

template <class F>
void through_double(const float* x, float* y, int64_t n, F f) {
  double buffer[256];
  for (int64_t i = 0; i < n; i += 256) {
    int64_t m = std::min<int64_t>(256, n - i);
    for (int64_t j = 0; j < m; j++) buffer[j] = x[i + j];
    f(buffer, m);
    for (int64_t j = 0; j < m; j++) y[i + j] = float(buffer[j]);
  }
}

}  // namespace

void vexp(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vexp(b, b, m); }); }
void vexpm1(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vexpm1(b, b, m); }); }
void vlog(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vlog(b, b, m); }); }
void vlog1p(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vlog1p(b, b, m); }); }
void vtanh(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vtanh(b, b, m); }); }
void vsigmoid(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vsigmoid(b, b, m); }); }
void vlogsigmoid(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vlogsigmoid(b, b, m); }); }
void vsoftplus(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vsoftplus(b, b, m); }); }
void verf(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { verf(b, b, m); }); }
void vgelu(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vgelu(b, b, m); }); }
void vgelu_tanh(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vgelu_tanh(b, b, m); }); }
void vsilu(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vsilu(b, b, m); }); }
void vsin(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vsin(b, b, m); }); }
void vcos(const float* x, float* y, int64_t n) { through_double(x, y, n, [](double* b, int64_t m) { vcos(b, b, m); }); }
void vgelu_backward(const float* x, const float* grad, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double a = x[i], g = grad[i], d;
    vgelu_backward(&a, &g, &d, 1);
    dx[i] = float(d);
  }
}
void vgelu_tanh_backward(const float* x, const float* grad, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double a = x[i], g = grad[i], d;
    vgelu_tanh_backward(&a, &g, &d, 1);
    dx[i] = float(d);
  }
}
void vsilu_backward(const float* x, const float* grad, float* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double a = x[i], g = grad[i], d;
    vsilu_backward(&a, &g, &d, 1);
    dx[i] = float(d);
  }
}

}  // namespace tare::kernels
