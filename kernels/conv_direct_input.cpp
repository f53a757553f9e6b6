// The gradient of the input as a product that reads the output's gradient where it lies; see conv_direct.cpp for the idea.
//
//   dX^T (pixels, C) = dY (pixels; o, q) W (o, q; C)
//
// Along an axis pixel i, with i + padding = stride u + r, receives from the taps q with dilation q = r modulo the stride, and tap q sends it
// output u + (r - dilation q) / stride. So the pixels with equal remainders r (one for each axis) are a product of their own, with their
// share of the taps: nothing is multiplied by the zeros between outputs, and every pixel is written once.
#include <numeric>

#include "core/parallel.h"
#include "kernels/conv_boxes.h"
#include "kernels/conv_direct.h"
#include "kernels/transpose.h"

namespace tare::kernels {
namespace {

using namespace boxes;

// Along one axis: the taps first, first + period, ... that reach the pixels with remainder r, and the outputs they come from:
// number u + shift for the first tap, and `step` on for each further one.
struct TapsOf {
  int64_t first = 0, count = 0, period, shift = 0, step;
  TapsOf(const ConvGeometry& g, int axis, int64_t r) {
    int64_t stride = g.stride[axis], dilation = g.dilation[axis], common = std::gcd(stride, dilation);
    period = stride / common, step = -dilation / common;
    while (first < g.kernel[axis] && dilation * first % stride != r) first++;
    if (first == g.kernel[axis]) return;
    count = (g.kernel[axis] - 1 - first) / period + 1;
    shift = (r - dilation * first) / stride;
  }
};

// The pixels with the same remainders: their taps, and the first of the rows that hold these taps' weights.
struct Phase {
  int64_t remainder[3];
  TapsOf taps[3];
  int64_t row;
};

std::vector<Phase> phases_of(const ConvGeometry& g) {
  std::vector<Phase> phases;
  int64_t row = 0;
  for (int64_t z = 0; z < g.stride[0]; z++)
    for (int64_t y = 0; y < g.stride[1]; y++)
      for (int64_t x = 0; x < g.stride[2]; x++) {
        phases.push_back({{z, y, x}, {{g, 0, z}, {g, 1, y}, {g, 2, x}}, row});
        const TapsOf* t = phases.back().taps;
        row += g.group_o() * t[0].count * t[1].count * t[2].count;
      }
  return phases;
}

// The outputs that a box of pixels receives from, with a frame where there are none.
Box outputs_of(const ConvGeometry& g, const Box& pixels) {
  Box box{{pixels.first[0]}, {pixels.size[0]}};
  for (int i = 0; i < 3; i++) {
    int64_t s = g.stride[i], first = pixels.first[1 + i] + g.padding[i], least = first - g.dilation[i] * (g.kernel[i] - 1);
    box.first[1 + i] = least >= 0 ? least / s : -ceil_div(-least, s);
    box.size[1 + i] = (first + pixels.size[1 + i] - 1) / s + 1 - box.first[1 + i];
  }
  return box;
}

// The weights of a phase's taps for a group: row (o, q) of C columns, in panels.
template <class T>
void pack_phase(const ConvGeometry& g, const Phase& f, const T* w, T* panels) {
  const TapsOf *z = f.taps, *y = z + 1, *x = z + 2;
  int64_t c = g.group_c(), taps = g.taps(), line = g.kernel[2], layer = g.kernel[1] * line;
  Table rows = grid(z->first * layer + y->first * line + x->first, {g.group_o(), c * taps}, {z->count, z->period * layer},
                    {y->count, y->period * line}, {x->count, x->period});
  for (int64_t j = 0; j < c; j += panel_width<T>)
    for (int64_t row : rows) {
      int64_t some = std::min(panel_width<T>, c - j);
      for (int64_t i = 0; i < some; i++) panels[i] = w[row + (j + i) * taps];
      std::fill(panels + some, panels + panel_width<T>, T(0));
      panels += panel_width<T>;
    }
}

// The product of a phase: which pixels of the box, from which numbers of the outputs' view, go to which rows of the result.
struct PhaseTables {
  Table pixels, taps, rows;
  template <class T>
  PhaseTables(const ConvGeometry& g, const Phase& f, const Box& box, const Box& outputs, const View<T>& v, int64_t wide) {
    int64_t from = 0, tap = 0, row = 0, across[] = {box.size[2] * box.size[3], box.size[3], 1};
    Axis pixel[3], to[3], step[3];
    for (int i = 0; i < 3; i++) {
      int64_t s = g.stride[i], padded = box.first[1 + i] + g.padding[i], skip = (f.remainder[i] + s - padded % s) % s;
      int64_t count = skip < box.size[1 + i] ? (box.size[1 + i] - 1 - skip) / s + 1 : 0;
      from += ((padded + skip) / s - outputs.first[1 + i]) * v.step[1 + i];
      tap += f.taps[i].shift * v.step[1 + i];
      row += skip * across[i] * wide;
      pixel[i] = {count, v.step[1 + i]};
      to[i] = {count, s * across[i] * wide};
      step[i] = {f.taps[i].count, f.taps[i].step * v.step[1 + i]};
    }
    pixels = grid(from, {box.size[0], v.step[0]}, pixel[0], pixel[1], pixel[2]);
    rows = grid(row, {box.size[0], box.numbers() / box.size[0] * wide}, to[0], to[1], to[2]);
    taps = grid(tap, {g.group_o(), v.channel}, step[0], step[1], step[2]);
  }
};

}  // namespace

template <class T>
void direct_backward_input(const ConvGeometry& g, const T* grad, const T* w, T* dx) {
  int64_t c = g.group_c(), o = g.group_o(), wide = whole_panels<T>(c), plane = g.in_plane(), size = o * g.taps() * wide;
  Boxes boxes(g.n, g.in, box_size(wide + ceil_div(o, strides(g)), g.work() / (g.n * plane * g.groups), g.n * plane));
  Box frame_box = outputs_of(g, boxes.largest());
  for (int i = 1; i < 4; i++) frame_box.size[i]++;  // a box that begins on another remainder may take one more
  int64_t frame = room_for<T>(o, frame_box);
  std::vector<Phase> phases = phases_of(g);
  Tensor memory = empty({g.groups * size}, dtype_of<T>::value);
  T* panels = memory.mutable_data<T>();
  parallel_for(g.groups * int64_t(phases.size()), 16384 / size + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      int64_t group = i / int64_t(phases.size());
      const Phase& f = phases[size_t(i) % phases.size()];
      pack_phase(g, f, w + group * o * c * g.taps(), panels + group * size + f.row * wide);
    }
  });
  each_piece<T>(g, boxes, frame + boxes.largest().numbers() * wide, [&](const Box& box, int64_t group, T* own) {
    Box outputs = outputs_of(g, box);
    View<T> v = view(g.out, o, g.o * g.out_plane(), outputs, grad + group * o * g.out_plane(), own);
    T* result = own + frame;
    for (const Phase& f : phases) {
      PhaseTables tables(g, f, box, outputs, v, wide);
      int64_t depth = int64_t(tables.taps.size());
      panel_product(PanelProduct<T>{.m = int64_t(tables.pixels.size()), .n = wide, .k = depth, .a = v.data, .b = panels + group * size + f.row * wide,
                                    .b_row = panel_width<T>, .b_panel = depth * panel_width<T>, .c = result, .a_rows = tables.pixels.data(),
                                    .a_columns = tables.taps.data(), .c_rows = tables.rows.data()});
    }
    each_stretch(g.in, box, [&](int64_t at, int64_t image, int64_t place, int64_t count) {
      transpose_block(result + at * wide, wide, count, c, dx + (image * g.c + group * c) * plane + place, plane);
    });
  });
}

template void direct_backward_input(const ConvGeometry&, const float*, const float*, float*);
template void direct_backward_input(const ConvGeometry&, const double*, const double*, double*);

}  // namespace tare::kernels
