// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
//
// Number i of a stream is a function of (seed, position + i), so that filling a tensor in parallel gives the same bits
// for any number of threads, and a saved (seed, position) continues a run exactly.
#pragma once

#include <array>
#include <cstdint>

namespace tare {

/// Ten rounds of Philox4x32: four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter, uint64_t stream = 0);

/// The state of a random stream. Copy it to fork, compare it to test equality, save both numbers to resume.
struct Generator {
  uint64_t seed = 0;
  uint64_t position = 0;  ///< blocks of four words consumed so far

  explicit Generator(uint64_t s = 0) : seed(s) {}
  /// Reserves the blocks for n 32-bit words and returns the position of the first.
  uint64_t advance(int64_t words) {
    uint64_t at = position;
    position += static_cast<uint64_t>((words + 3) / 4);
    return at;
  }
  /// Uniform in [0, 1), 53 bits; consumes one block.
  double uniform();
  /// Uniform in [0, n); consumes one block. Throws ValueError unless n > 0.
  int64_t below(int64_t n);
  bool operator==(const Generator&) const = default;
};

/// A generator for sample-level work that depends only on its arguments (data loading: seed, epoch, sample).
Generator derive(uint64_t seed, uint64_t a, uint64_t b);

/// The generator that random operations use where none is given: the current scope's, or the process-wide one.
Generator& default_generator();
/// Seeds the process-wide generator.
void manual_seed(uint64_t seed);

}  // namespace tare
