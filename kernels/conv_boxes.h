// What the passes of conv_direct.h share: images cut into boxes, and tables of the places where numbers lie in them.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "core/parallel.h"
#include "kernels/columns.h"
#include "kernels/panels.h"
#include "kernels/shares.h"

namespace tare::kernels::boxes {

constexpr int64_t kBoxNumbers = 32'768;    // of the images under a box, and of its results
constexpr int64_t kPieceWork = 1'000'000;  // multiply-adds of a piece, about
constexpr int64_t kPieces = 8;             // boxes at least, if they keep that much work

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Some images, and a box of each along the three axes.
struct Box {
  int64_t first[4], size[4];
  int64_t numbers() const { return size[0] * size[1] * size[2] * size[3]; }
};

/// Images (layers, lines, numbers) cut evenly into boxes of about `most` numbers (up to half as many again): parts of a line, or
/// whole lines, or whole layers, or whole images.
struct Boxes {
  int64_t length[4], side[4], parts[4], count = 1;
  Boxes(int64_t images, const int64_t* lengths, int64_t most) : length{images, lengths[0], lengths[1], lengths[2]} {
    for (int i = 3; i >= 0; i--) {
      int64_t wanted = std::clamp<int64_t>(most, 1, length[i]);
      side[i] = ceil_div(length[i], (length[i] + wanted / 2) / wanted);
      parts[i] = ceil_div(length[i], side[i]);
      most = parts[i] > 1 ? 1 : most / side[i];
      count *= parts[i];
    }
  }
  Box largest() const { return {{}, {side[0], side[1], side[2], side[3]}}; }
  Box at(int64_t index) const {
    Box b;
    for (int i = 3; i >= 0; index /= parts[i], i--) {
      b.first[i] = index % parts[i] * side[i];
      b.size[i] = std::min(side[i], length[i] - b.first[i]);
    }
    return b;
  }
};

/// The size of boxes for a pass that puts `numbers` of images and results into the cache and does `work` multiply-adds for each of `all`
/// positions. Every box reads all weights, so that it should not be small.
inline int64_t box_size(int64_t numbers, int64_t work, int64_t all) {
  int64_t fits = std::clamp<int64_t>(kBoxNumbers / numbers, 64, 1024);
  return std::min(fits, std::max({int64_t(64), ceil_div(all, kPieces), kPieceWork / std::max<int64_t>(work, 1)}));
}

/// Calls f(index in the box, image, index in the image's plane, count) for the stretches of a box that are consecutive in planes of these lengths.
template <class F>
void each_stretch(const int64_t* length, const Box& box, F f) {
  int64_t lines = box.size[3] == length[2] ? box.size[2] : 1, layers = lines == length[1] ? box.size[1] : 1;
  int64_t count = layers * lines * box.size[3], at = 0;
  for (int64_t image = 0; image < box.size[0]; image++)
    for (int64_t z = 0; z < box.size[1]; z += layers)
      for (int64_t y = 0; y < box.size[2]; y += lines, at += count)
        f(at, box.first[0] + image, ((box.first[1] + z) * length[1] + box.first[2] + y) * length[2] + box.first[3], count);
}

/// Where the numbers of a box of images with several channels lie: steps between channels, and between images, layers, lines, numbers.
template <class T>
struct View {
  const T* data;
  int64_t channel, step[4];
};

/// The numbers of a copy of such a box.
template <class T>
int64_t room_for(int64_t channels, const Box& box) {
  return box.size[0] * channels * spread<T>(box.numbers() / box.size[0]);
}

/// A box of x, whose images (channels, *length) lie `image` numbers apart: in place if it is inside them, else a copy in `own` with
/// zeros around.
template <class T>
View<T> view(const int64_t* length, int64_t channels, int64_t image, const Box& box, const T* x, T* own) {
  ConvGeometry g;  // of the convolution that copies
  bool inside = true;
  for (int i = 0; i < 3; i++) {
    inside = inside && box.first[1 + i] >= 0 && box.first[1 + i] + box.size[1 + i] <= length[i];
    g.in[i] = length[i];
    g.padding[i] = std::max<int64_t>(0, -box.first[1 + i]);
    g.out[i] = g.padding[i] + box.first[1 + i] + box.size[1 + i];
  }
  x += box.first[0] * image;
  if (inside) {
    const T* place = x + (box.first[1] * length[1] + box.first[2]) * length[2] + box.first[3];
    return {place, g.in_plane(), {image, length[1] * length[2], length[2], 1}};
  }
  int64_t layer = box.size[2] * box.size[3], plane = room_for<T>(1, box) / box.size[0];
  for (int64_t i = 0; i < box.size[0]; i++)
    for (int64_t z = 0; z < box.size[1]; z++) {
      int64_t line = (box.first[1] + g.padding[0] + z) * g.out[1] + box.first[2] + g.padding[1];
      Positions some{line, box.size[2], box.first[3] + g.padding[2], box.size[3]};
      im2col(g, channels, some, x + i * image, own + i * channels * plane + z * layer, plane);
    }
  return {own, plane, {channels * plane, layer, box.size[3], 1}};
}

using Table = std::vector<int64_t>;  ///< offsets

struct Axis {
  int64_t count, step;
};

/// The offsets of a grid's points, the last axis fastest.
inline Table grid(int64_t origin, const Axis& a, const Axis& b, const Axis& c, const Axis& d) {
  Table table(size_t(a.count * b.count * c.count * d.count));
  int64_t* to = table.data();
  for (int64_t i = 0; i < a.count; i++)
    for (int64_t j = 0; j < b.count; j++)
      for (int64_t k = 0; k < c.count; k++)
        for (int64_t l = 0; l < d.count; l++) *to++ = origin + i * a.step + j * b.step + k * c.step + l * d.step;
  return table;
}
inline Table multiples(int64_t count, int64_t step) { return grid(0, {1, 0}, {1, 0}, {1, 0}, {count, step}); }

/// Numbers of the image for each position, about.
inline int64_t strides(const ConvGeometry& g) { return g.stride[0] * g.stride[1] * g.stride[2]; }

/// Memory for a pass. A power of two, so that the passes of all layers find the same blocks again.
template <class T>
Tensor workspace(int64_t numbers) {
  return empty({int64_t(std::bit_ceil(uint64_t(numbers)))}, dtype_of<T>::value);
}

/// Calls run(box, group, workspace of `space` numbers) for all boxes and groups.
template <class T, class F>
void each_piece(const ConvGeometry& g, const Boxes& boxes, int64_t space, F run) {
  int64_t total = boxes.count * g.groups, grain = kPieceWork / (g.work() / total + 1) + 1, units = ceil_div(total, grain), shares = shares_of(units);
  Tensor memory = workspace<T>(shares * space);
  parallel_shares(shares, units, [&](int64_t share, int64_t begin, int64_t end) {
    T* own = memory.mutable_data<T>() + share * space;
    for (int64_t at = begin * grain; at < std::min(total, end * grain); at++) run(boxes.at(at / g.groups), at % g.groups, own);
  });
}

}  // namespace tare::kernels::boxes
