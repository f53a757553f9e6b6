#include "core/random.h"

#include "core/context.h"
#include "core/error.h"

namespace tare {

std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter, uint64_t stream) {
  uint32_t c0 = uint32_t(counter), c1 = uint32_t(counter >> 32), c2 = uint32_t(stream), c3 = uint32_t(stream >> 32);
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
    uint32_t n0 = uint32_t(p1 >> 32) ^ c1 ^ k0, n2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
    c1 = uint32_t(p1), c3 = uint32_t(p0), c0 = n0, c2 = n2;
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  return {c0, c1, c2, c3};
}

double Generator::uniform() {
  auto w = philox(seed, position++);
  return double((uint64_t(w[0]) << 21) ^ (uint64_t(w[1]) >> 11)) * 0x1p-53;
}

int64_t Generator::below(int64_t n) {
  check<ValueError>(n > 0, "Generator::below: expected a positive bound, not ", n);
  auto w = philox(seed, position++);
  __extension__ typedef unsigned __int128 Wide;
  // 128-bit multiply maps 64 random bits to [0, n) with a bias below n / 2^64.
  return int64_t((static_cast<Wide>(uint64_t(w[0]) << 32 | w[1]) * uint64_t(n)) >> 64);
}

Generator derive(uint64_t seed, uint64_t a, uint64_t b) {
  auto w = philox(seed, a, b ^ 0x7461726564617461);
  return Generator(uint64_t(w[0]) << 32 | w[1]);
}

namespace {
Generator& process_generator() {
  static Generator g(0);
  return g;
}
}  // namespace

Generator& default_generator() {
  Generator* scoped = context().generator;
  return scoped ? *scoped : process_generator();
}

void manual_seed(uint64_t seed) { default_generator() = Generator(seed); }

}  // namespace tare
