// unfold and fold: patches of images as columns, and columns added up into images; each is the other's gradient.
#include "autograd/ops/conv.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/patches.h"

namespace tare {
namespace {

kernels::PatchParams parameters(const char* what, const Shape& kernel_size, const UnfoldOptions& o) {
  auto pair = [what](const Shape& s) {
    check<ShapeError>(s.size() == 1 || s.size() == 2, what, ": expected one number or two, not ", s);
    return s.size() == 1 ? Shape{s[0], s[0]} : s;
  };
  return {pair(kernel_size), pair(o.stride), pair(o.padding), pair(o.dilation)};
}

Tensor columns_to_image(const Tensor& columns, const Shape& size, const kernels::PatchParams& p);

Tensor image_to_columns(const Tensor& x, const kernels::PatchParams& p) {
  return record("unfold", kernels::unfold(x, p), from(x, [p, size = x.shape().slice(2)](const Tensor& grad) { return columns_to_image(grad, size, p); }));
}
Tensor columns_to_image(const Tensor& columns, const Shape& size, const kernels::PatchParams& p) {
  return record("fold", kernels::fold(columns, size, p), from(columns, [p](const Tensor& grad) { return image_to_columns(grad, p); }));
}

}  // namespace

Tensor unfold(const Tensor& x, const Shape& kernel_size, const UnfoldOptions& options) {
  check<ShapeError>(x.dim() == 3 || x.dim() == 4, "unfold: expected images (N, C, H, W) or (C, H, W) but the shape is ", x.shape());
  Tensor y = image_to_columns(x.dim() == 3 ? unsqueeze(x, 0) : x, parameters("unfold", kernel_size, options));
  return x.dim() == 3 ? squeeze(y, {0}) : y;
}
Tensor fold(const Tensor& columns, const Shape& output_size, const Shape& kernel_size, const UnfoldOptions& options) {
  check<ShapeError>(columns.dim() == 2 || columns.dim() == 3, "fold: expected columns (N, C k, L) or (C k, L) but the shape is ", columns.shape());
  check<ShapeError>(output_size.size() == 1 || output_size.size() == 2, "fold: expected an output size of one number or two, not ", output_size);
  Shape size = output_size.size() == 1 ? Shape{output_size[0], output_size[0]} : output_size;
  Tensor y = columns_to_image(columns.dim() == 2 ? unsqueeze(columns, 0) : columns, size, parameters("fold", kernel_size, options));
  return columns.dim() == 2 ? squeeze(y, {0}) : y;
}

}  // namespace tare
