// The bytes of a document, read in pieces of bounded size; it knows where it is (line, column), how much remains, and the checksum so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tare {

class ByteSource {
 public:
  /// A document in memory; `content` must outlive this.
  ByteSource(std::string_view content, std::string name);
  /// A file. Throws FileError when it cannot be opened, or is a folder.
  explicit ByteSource(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  bool ended() { return at_ == end_ && !refill(); }
  /// The next byte; only when not ended().
  char peek() const { return *at_; }
  void skip() { at_++; }

  size_t remaining() const { return total_ - consumed(); }
  /// "model.json: line 3, column 14": the last byte consumed.
  std::string place() const;
  /// CRC-32 of all bytes consumed but the last `back` (at most kKept).
  uint32_t crc_before(size_t back) const;
  static constexpr size_t kKept = 16;

 private:
  bool refill();
  void slurp();
  size_t consumed() const { return before_ + size_t(at_ - begin_); }

  std::string name_;
  int file_ = -1;
  std::vector<char> buffer_;
  const char *begin_, *at_, *end_;  // of what is in memory
  size_t before_ = 0, total_ = 0;   // bytes before begin_; bytes of the whole document
  uint32_t crc_ = 0;                // of the bytes before begin_
  size_t lines_ = 0;                // line ends before begin_
  size_t line_start_ = 0;           // where the last of those lines starts
};

}  // namespace tare
