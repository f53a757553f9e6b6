// What tests of file formats share: a folder that goes away, whole-file reads and writes, and damage to order.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base64.h"
#include "core/error.h"
#include "core/random.h"

namespace tare::files {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    // Thousands of small files are written: in memory where that is possible.
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/tare_test_XXXXXX" : "/tmp/tare_test_XXXXXX";
    const char* made = mkdtemp(name.data());
    path_ = made ? made : mkdtemp((name = "/tmp/tare_test_XXXXXX").data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  size_t entries() const {
    return size_t(std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  std::string path_;
};

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
inline void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
inline void put_base64(const std::string& path, std::string_view encoded) {
  std::string bytes(size_t(base64_decoded_size(encoded)), '\0');
  REQUIRE(base64_decode(encoded, reinterpret_cast<uint8_t*>(bytes.data())));
  put(path, bytes);
}

/// One to four random injuries: flipped bits, overwritten, lost, doubled or inserted bytes, a cut.
inline std::string damaged(std::string bytes, Generator& g) {
  for (int64_t n = 1 + g.below(4); n > 0 && !bytes.empty(); n--) {
    size_t at = size_t(g.below(int64_t(bytes.size()))), length = size_t(1 + g.below(8));
    switch (g.below(7)) {
      case 0: bytes[at] ^= char(1 << g.below(8)); break;
      case 1: bytes[at] = char(g.below(256)); break;
      case 2: bytes[at] = g.below(2) ? char(0xff) : char(0); break;
      case 3: bytes.erase(at, length); break;
      case 4: bytes.insert(at, bytes.substr(at, length)); break;
      case 5: bytes.insert(at, 1, "0123456789[]{},:\"-eE"[g.below(20)]); break;
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

/// Calls `read` on `count` damaged versions of `bytes`, written to `path`. It may succeed or throw tare's own errors; anything else is a failure.
/// Returns how often it threw.
template <class Read>
int survive(const std::string& bytes, const std::string& path, int count, uint64_t seed, Read&& read) {
  Generator g(seed);
  int refused = 0;
  for (int i = 0; i < count; i++) {
    put(path, damaged(bytes, g));
    try {
      read(path);
    } catch (const FileError& e) {
      refused++;
      if (std::string_view(e.what()).find(path) == std::string_view::npos) FAIL_CHECK("the message does not name the file: " << e.what());
    } catch (const std::exception& e) {
      FAIL_CHECK("case " << i << " threw something else than a FileError: " << e.what());
    }
  }
  return refused;
}

/// Every prefix of `bytes` must be refused.
template <class Read>
void refuse_prefixes(const std::string& bytes, const std::string& path, Read&& read) {
  size_t step = bytes.size() / 400 + 1;
  for (size_t n = 0; n < bytes.size(); n += step) {
    put(path, bytes.substr(0, n));
    CAPTURE(n);
    CHECK_THROWS_AS(read(path), FileError);
  }
}

template <class Read>
std::string refusal(Read&& read) {
  try {
    read();
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace tare::files
