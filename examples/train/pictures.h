// Grids of small grey pictures as PGM files, which every viewer opens.
#pragma once

#include <tare.h>

#include <cmath>
#include <cstdio>
#include <string>

namespace pictures {

using namespace tare;

/// images (N, 784) or (N, 1, 28, 28) with values in [0, 1], `columns` a row.
inline void write_grid(const std::string& file, const Tensor& images, int64_t columns) {
  constexpr int64_t kSide = 28;
  int64_t n = images.size(0), rows = (n + columns - 1) / columns;
  std::vector<double> v = images.detach().to_vector<double>();
  std::string pixels(size_t(rows * kSide * columns * kSide), '\0');
  for (int64_t i = 0; i < n; i++)
    for (int64_t y = 0; y < kSide; y++)
      for (int64_t x = 0; x < kSide; x++) {
        double value = std::min(1.0, std::max(0.0, v[size_t((i * kSide + y) * kSide + x)]));
        pixels[size_t(((i / columns * kSide + y) * columns + i % columns) * kSide + x)] = char(std::lround(255 * value));
      }
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (!out) throw FileError("cannot write " + file);
  std::fprintf(out, "P5\n%lld %lld\n255\n", static_cast<long long>(columns * kSide), static_cast<long long>(rows * kSide));
  std::fwrite(pixels.data(), 1, pixels.size(), out);
  std::fclose(out);
  std::printf("wrote %s\n", file.c_str());
}

}  // namespace pictures
