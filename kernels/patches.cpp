#include "kernels/patches.h"

#include "core/parallel.h"
#include "kernels/elementwise.h"

namespace tare::kernels {
namespace {

// How many patches fit along each axis; errors name the call.
Shape patch_grid(const char* what, const Shape& image, const PatchParams& p) {
  Shape grid;
  for (int i = 0; i < 2; i++) {
    check<ValueError>(p.kernel[i] > 0 && p.stride[i] > 0 && p.dilation[i] > 0 && p.padding[i] >= 0, what,
                      ": expected positive kernel, stride and dilation and a padding of at least 0, not ", p.kernel, ", ", p.stride, ", ", p.dilation, ", ", p.padding);
    int64_t room = image[i] + 2 * p.padding[i] - p.dilation[i] * (p.kernel[i] - 1) - 1;
    check<ShapeError>(room >= 0, what, ": patches of ", p.kernel, " with dilation ", p.dilation, " do not fit an image of ", image, " with padding ", p.padding);
    grid.push_back(room / p.stride[i] + 1);
  }
  return grid;
}

// f(plane element, column element) for every element of every patch of plane `plane` (= sample and channel) inside the image.
template <class F>
void for_patches(int64_t plane, const Shape& image, const Shape& grid, const PatchParams& p, F&& f) {
  int64_t taps = p.kernel[0] * p.kernel[1], places = grid[0] * grid[1], pixels = image[0] * image[1];
  for (int64_t t = 0; t < taps; t++) {
    int64_t dy = t / p.kernel[1] * p.dilation[0] - p.padding[0], dx = t % p.kernel[1] * p.dilation[1] - p.padding[1];
    for (int64_t i = 0; i < grid[0]; i++) {
      int64_t y = i * p.stride[0] + dy;
      if (y < 0 || y >= image[0]) continue;
      for (int64_t j = 0; j < grid[1]; j++) {
        int64_t x = j * p.stride[1] + dx;
        if (x >= 0 && x < image[1]) f(plane * pixels + y * image[1] + x, (plane * taps + t) * places + i * grid[1] + j);
      }
    }
  }
}

}  // namespace

Tensor unfold(const Tensor& input, const PatchParams& p) {
  Tensor x = contiguous(input);
  Shape image = x.shape().slice(2), grid = patch_grid("unfold", image, p);
  int64_t planes = x.shape()[0] * x.shape()[1], taps = p.kernel[0] * p.kernel[1];
  Tensor out = zeros_raw({x.shape()[0], x.shape()[1] * taps, grid[0] * grid[1]}, x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(planes, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, taps * grid[0] * grid[1])), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; plane++) for_patches(plane, image, grid, p, [=](int64_t pixel, int64_t column) { to[column] = from[pixel]; });
    });
  });
  return out;
}

Tensor fold(const Tensor& input, const Shape& size, const PatchParams& p) {
  Tensor columns = contiguous(input);
  Shape grid = patch_grid("fold", size, p);
  int64_t taps = p.kernel[0] * p.kernel[1];
  check<ShapeError>(columns.shape()[1] % taps == 0 && columns.shape()[2] == grid[0] * grid[1], "fold: expected columns (N, C * ", taps, ", ", grid[0] * grid[1],
                    ") for an image of ", size, " but their shape is ", columns.shape());
  int64_t channels = columns.shape()[1] / taps;
  Tensor out = zeros_raw({columns.shape()[0], channels, size[0], size[1]}, columns.dtype());
  dispatch(columns.dtype(), [&]<class T>() {
    const T* from = columns.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(columns.shape()[0] * channels, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, taps * grid[0] * grid[1])), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; plane++)
        for_patches(plane, size, grid, p, [=](int64_t pixel, int64_t column) { to[pixel] = static_cast<T>(to[pixel] + from[column]); });
    });
  });
  return out;
}

}  // namespace tare::kernels
