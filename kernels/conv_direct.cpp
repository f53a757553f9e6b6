// Convolution as a product whose left operand is the image itself, read through tables of offsets (implicit unfolding).
//
// With x framed by zeros, number (p, (c, q)) of the unfolded image lies at place(p) + place(c, q): the position decides where its
// window begins, channel and tap decide where within a window. panel_product reads its left operand so. All three passes have this form:
//
//   forward         Y^T  (positions, O)   = X (positions; c, q) W^T (c, q; O)
//   weights         dW^T (c, q; O)        = X^T (c, q; positions) dY^T (positions; O)            the same tables, exchanged
//   input           dX^T (pixels, C)      = dY (pixels; o, q) W (o, q; C)                        see conv_direct_input.cpp
//
// What moves besides: a box of images is copied for its frame (a number for up to 9 O multiply-adds with a 3x3 kernel; boxes that
// need no frame are read in place), the weights are packed into panels, and Y, dY or dX is transposed. A box has some hundred positions;
// small images come several to a box. It and its results, some 130 KB, stay in the second-level cache. So does a pair of panels of a
// chunk of the weights, 40 KB, which each tile reads once, a number for 8 multiply-adds; the lines under a tile stay in the first level.
#include "kernels/conv_direct.h"

#include "core/parallel.h"
#include "kernels/conv_boxes.h"
#include "kernels/transpose.h"

namespace tare::kernels {
namespace {

using namespace boxes;

// The pixels under a box of positions.
Box window_box(const ConvGeometry& g, const Box& p) {
  Box box{{p.first[0]}, {p.size[0]}};
  for (int i = 0; i < 3; i++) {
    box.first[1 + i] = p.first[1 + i] * g.stride[i] - g.padding[i];
    box.size[1 + i] = (p.size[1 + i] - 1) * g.stride[i] + g.dilation[i] * (g.kernel[i] - 1) + 1;
  }
  return box;
}

// Where the windows of a box's positions begin, and the taps within a window.
struct Windows {
  Table positions, taps;
  template <class T>
  Windows(const ConvGeometry& g, const Box& p, const View<T>& v)
      : positions(grid(0, {p.size[0], v.step[0]}, {p.size[1], g.stride[0] * v.step[1]}, {p.size[2], g.stride[1] * v.step[2]},
                       {p.size[3], g.stride[2] * v.step[3]})),
        taps(grid(0, {g.group_c(), v.channel}, {g.kernel[0], g.dilation[0] * v.step[1]}, {g.kernel[1], g.dilation[1] * v.step[2]},
                  {g.kernel[2], g.dilation[2] * v.step[3]})) {}
};

}  // namespace

template <class T>
void direct_forward(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y) {
  int64_t c = g.group_c(), o = g.group_o(), depth = c * g.taps(), wide = whole_panels<T>(o), plane = g.out_plane(), size = depth * wide;
  Boxes boxes(g.n, g.out, box_size(c * strides(g) + wide, depth * o, g.n * plane));
  int64_t most = boxes.largest().numbers(), frame = room_for<T>(c, window_box(g, boxes.largest()));
  Tensor memory = empty({g.groups * (size + wide)}, dtype_of<T>::value);
  T *panels = memory.mutable_data<T>(), *biases = panels + g.groups * size;
  parallel_for(g.groups * wide / panel_width<T>, 16384 / (depth * panel_width<T> + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * panel_width<T>; at < end * panel_width<T>; at += panel_width<T>) {
      int64_t first = at % wide, some = std::min(panel_width<T>, o - first), row = at / wide * o + first;
      pack_transposed_panels(w + row * depth, depth, depth, some, panels + at * depth);
      if (bias) std::fill(std::copy_n(bias + row, some, biases + at), biases + at + panel_width<T>, T(0));
    }
  });
  Table rows = multiples(most, wide);
  each_piece<T>(g, boxes, frame + most * wide, [&](const Box& box, int64_t group, T* own) {
    View<T> v = view(g.in, c, g.c * g.in_plane(), window_box(g, box), x + group * c * g.in_plane(), own);
    Windows windows(g, box, v);
    T* result = own + frame;
    panel_product(PanelProduct<T>{.m = box.numbers(), .n = wide, .k = depth, .a = v.data, .b = panels + group * size, .b_row = panel_width<T>,
                                  .b_panel = depth * panel_width<T>, .c = result, .a_rows = windows.positions.data(),
                                  .a_columns = windows.taps.data(), .c_rows = rows.data(), .column_bias = bias ? biases + group * wide : nullptr,
                                  .act = act});
    each_stretch(g.out, box, [&](int64_t at, int64_t image, int64_t place, int64_t count) {
      transpose_block(result + at * wide, wide, count, o, y + (image * g.o + group * o) * plane + place, plane);
    });
  });
}

// A part is a share of all boxes; the parts' sums are added up in order.
template <class T>
void direct_backward_weight(const ConvGeometry& g, const T* grad, const T* x, T* dw) {
  int64_t c = g.group_c(), o = g.group_o(), depth = c * g.taps(), wide = whole_panels<T>(o), row = spread<T>(o), plane = g.out_plane();
  Boxes boxes(g.n, g.out, box_size(c * strides(g) + row, depth * o, g.n * plane));
  int64_t most = boxes.largest().numbers(), frame = room_for<T>(c, window_box(g, boxes.largest())), size = g.groups * depth * wide;
  constexpr int64_t kMostSums = 8, kMostNumbers = 4'000'000;  // parts, and the numbers in all their sums
  int64_t parts = std::clamp<int64_t>(g.work() / kPieceWork, 1, std::clamp<int64_t>(kMostNumbers / size, 2, kMostSums));
  parts = std::min(parts, boxes.count);
  int64_t space = frame + most * row, shares = shares_of(parts);
  Tensor memory = workspace<T>(shares * space + parts * size);
  T* sums = memory.mutable_data<T>() + shares * space;
  Table rows = multiples(depth, wide);
  parallel_shares(shares, parts, [&](int64_t share, int64_t first, int64_t last) {
    T *own = memory.mutable_data<T>() + share * space, *turned = own + frame;
    for (int64_t part = first; part < last; part++)
      for (int64_t at = part * boxes.count / parts, begin = at; at < (part + 1) * boxes.count / parts; at++)
        for (int64_t group = 0; group < g.groups; group++) {
          Box box = boxes.at(at);
          View<T> v = view(g.in, c, g.c * g.in_plane(), window_box(g, box), x + group * c * g.in_plane(), own);
          Windows windows(g, box, v);
          each_stretch(g.out, box, [&](int64_t to, int64_t image, int64_t place, int64_t count) {
            transpose_block(grad + (image * g.o + group * o) * plane + place, plane, o, count, turned + to * row, row);
          });
          for (int64_t i = 0; wide > o && i < box.numbers(); i++) std::fill(turned + i * row + o, turned + i * row + wide, T(0));
          panel_product(PanelProduct<T>{.m = depth, .n = wide, .k = box.numbers(), .a = v.data, .b = turned, .b_row = row, .b_panel = panel_width<T>,
                                        .c = sums + part * size + group * depth * wide, .a_rows = windows.taps.data(),
                                        .a_columns = windows.positions.data(), .c_rows = rows.data(), .accumulate = at > begin});
        }
  });
  parallel_for(g.groups * depth, 16384 / wide + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * wide; i < end * wide; i += wide)
      for (int64_t part = 1; part < parts; part++)
        for (int64_t j = 0; j < wide; j++) sums[i + j] += sums[part * size + i + j];
  });
  for (int64_t group = 0; group < g.groups; group++) transpose_block(sums + group * depth * wide, wide, depth, o, dw + group * o * depth, depth);
}

template void direct_forward(const ConvGeometry&, const float*, const float*, const float*, Activation, float*);
template void direct_forward(const ConvGeometry&, const double*, const double*, const double*, Activation, double*);
template void direct_backward_weight(const ConvGeometry&, const float*, const float*, float*);
template void direct_backward_weight(const ConvGeometry&, const double*, const double*, double*);

}  // namespace tare::kernels
