// Convolution as a product with the unfolded image (Chellapilla, Puri, Simard 2006), unfolded a few hundred positions at a time:
//
//   Y (O, positions) = W (O, C taps) X (C taps, positions),    dX += fold(W^T dY).
//
// A block of X is about 200 KB: it is written and read back within the second-level cache, where each number serves O
// multiply-adds. The products pack nothing (panel_product.h). A 1x1 convolution of stride 1 is such a product already, with
// the image itself for X. Positions fill the panels here, so that this is also the way for few channels (conv_direct.h).
#include "kernels/conv_columns.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/columns.h"
#include "kernels/panels.h"
#include "kernels/shares.h"

namespace tare::kernels {
namespace {

constexpr int64_t kBlockNumbers = 57'344;   // of a block of columns
constexpr int64_t kPieceWork = 1'000'000;  // multiply-adds of a piece, about

// How an image's positions are cut into blocks; every block has the same sizes but the last ones.
struct Blocks {
  ConvGeometry g;    // with the axes of a 1x1 convolution merged into one
  bool unfold;       // false: the image is its own unfolding
  int64_t depth, lines, columns, down, across;

  explicit Blocks(const ConvGeometry& geometry) : g(geometry), unfold(!geometry.pointwise()), depth(geometry.group_c() * geometry.taps()) {
    if (!unfold) {
      g.in[2] = g.out[2] = g.out_plane();
      g.in[0] = g.in[1] = g.out[0] = g.out[1] = 1;
    }
    int64_t most = std::clamp<int64_t>(kBlockNumbers / std::max<int64_t>(depth, 1), 64, 1024), all = g.out[0] * g.out[1];
    auto even = [](int64_t total, int64_t parts) { return (total + parts - 1) / parts; };
    lines = 1;
    columns = g.out[2] <= most ? g.out[2] : (even(g.out[2], even(g.out[2], most)) + 15) / 16 * 16;
    // As many lines as there is room for, and among those the number that leaves the fewest columns of panels empty.
    auto panels = [&](int64_t count) { return all / count * even(count * columns, 16) + even(all % count * columns, 16); };
    for (int64_t count = 2; count <= all && count * columns <= most; count++)
      if (panels(count) <= panels(lines)) lines = count;
    down = even(all, lines);
    across = even(g.out[2], columns);
  }
  int64_t count() const { return down * across; }
  Positions at(int64_t block) const {
    int64_t line = block / across * lines, first = block % across * columns;
    return {line, std::min(lines, g.out[0] * g.out[1] - line), first, std::min(columns, g.out[2] - first)};
  }
  int64_t offset(const Positions& p) const { return p.line * g.out[2] + p.first; }
};

}  // namespace

template <class T>
void columns_forward(const ConvGeometry& geometry, const T* x, const T* w, const T* bias, Activation act, T* y) {
  Blocks blocks(geometry);
  const ConvGeometry& g = blocks.g;
  int64_t depth = blocks.depth, plane = g.out_plane(), o = g.group_o(), row = spread<T>(blocks.lines * blocks.columns), total = g.n * blocks.count();
  // Small blocks go several together.
  int64_t grain = kPieceWork / std::max<int64_t>(g.o * depth * blocks.lines * blocks.columns, 1) + 1, units = (total + grain - 1) / grain, shares = shares_of(units);
  Tensor memory = empty({blocks.unfold ? shares * depth * row : 0}, dtype_of<T>::value);
  parallel_shares(shares, units, [&](int64_t share, int64_t begin, int64_t end) {
    T* own = memory.mutable_data<T>() + (blocks.unfold ? share * depth * row : 0);
    for (int64_t at = begin * grain; at < std::min(total, end * grain); at++)
      for (int64_t group = 0; group < g.groups; group++) {
        Positions p = blocks.at(at % blocks.count());
        int64_t image = at / blocks.count(), offset = blocks.offset(p);
        const T* from = x + (image * g.c + group * g.group_c()) * g.in_plane();
        if (blocks.unfold) im2col(g, g.group_c(), p, from, own, row);
        panel_product(PanelProduct<T>{.m = o, .n = p.count(), .k = depth, .a = w + group * o * depth, .a_row = depth, .a_column = 1,
                                      .b = blocks.unfold ? own : from + offset, .b_row = blocks.unfold ? row : plane, .b_panel = panel_width<T>,
                                      .c = y + (image * g.o + group * o) * plane + offset, .c_row = plane,
                                      .row_bias = bias ? bias + group * o : nullptr, .act = act});
      }
  });
}

// A piece is an image and some of its channels, whose pixels no other piece adds to.
template <class T>
void columns_backward_input(const ConvGeometry& geometry, const T* grad, const T* w, T* dx) {
  Blocks blocks(geometry);
  const ConvGeometry& g = blocks.g;
  int64_t taps = g.taps(), plane = g.out_plane(), o = g.group_o(), c = g.group_c(), row = spread<T>(blocks.lines * blocks.columns);
  int64_t channels = std::clamp<int64_t>(kPieceWork / (o * taps * plane) + 1, std::min<int64_t>(c, 8), c), parts = (c + channels - 1) / channels;
  channels = (c + parts - 1) / parts;
  int64_t pieces = g.n * g.groups * parts, shares = shares_of(pieces);
  Tensor memory = empty({blocks.unfold ? shares * channels * taps * row : 0}, dtype_of<T>::value);
  parallel_shares(shares, pieces, [&](int64_t share, int64_t begin, int64_t end) {
    T* own = memory.mutable_data<T>() + (blocks.unfold ? share * channels * taps * row : 0);
    for (int64_t piece = begin; piece < end; piece++) {
      int64_t image = piece / (g.groups * parts), group = piece / parts % g.groups, first = piece % parts * channels, here = std::min(channels, c - first);
      if (here <= 0) continue;
      T* pixels = dx + (image * g.c + group * c + first) * g.in_plane();
      if (blocks.unfold) std::fill(pixels, pixels + here * g.in_plane(), T(0));
      for (int64_t block = 0; block < blocks.count(); block++) {
        Positions p = blocks.at(block);
        int64_t offset = blocks.offset(p);
        panel_product(PanelProduct<T>{.m = here * taps, .n = p.count(), .k = o, .a = w + group * o * blocks.depth + first * taps, .a_row = 1,
                                      .a_column = blocks.depth, .b = grad + (image * g.o + group * o) * plane + offset, .b_row = plane,
                                      .b_panel = panel_width<T>, .c = blocks.unfold ? own : pixels + offset, .c_row = blocks.unfold ? row : plane});
        if (blocks.unfold) col2im(g, here, p, own, row, pixels);
      }
    }
  });
}

template void columns_forward(const ConvGeometry&, const float*, const float*, const float*, Activation, float*);
template void columns_forward(const ConvGeometry&, const double*, const double*, const double*, Activation, double*);
template void columns_backward_input(const ConvGeometry&, const float*, const float*, float*);
template void columns_backward_input(const ConvGeometry&, const double*, const double*, double*);

}  // namespace tare::kernels
