// Binary input: a file, a compressed file, a compressed part of a file. One read that either fills its buffer or throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tare {

class Input {
 public:
  explicit Input(std::string name) : name_(std::move(name)) {}
  virtual ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Reads exactly `size` bytes; throws FileError naming the file and the offset where it ends too early.
  void read(void* to, size_t size);
  /// Reads up to `size` bytes; 0 at the end.
  virtual size_t read_some(void* to, size_t size) = 0;
  const std::string& name() const { return name_; }
  /// Bytes read so far (after decompression).
  uint64_t position() const { return position_; }

 protected:
  std::string name_;
  uint64_t position_ = 0;
};

/// A file as it is. Throws FileError when it cannot be opened or is a folder.
class FileInput : public Input {
 public:
  explicit FileInput(const std::string& path);
  ~FileInput() override;
  size_t read_some(void* to, size_t size) override;
  uint64_t size() const { return size_; }
  void seek(uint64_t position);

 private:
  int file_;
  uint64_t size_ = 0;
};

/// A file that may be gzip-compressed.
class GzipInput : public Input {
 public:
  explicit GzipInput(const std::string& path);
  ~GzipInput() override;
  size_t read_some(void* to, size_t size) override;

 private:
  void* file_;
};

/// `compressed_size` bytes of `from`, a raw deflate stream, decompressed.
class InflateInput : public Input {
 public:
  InflateInput(Input& from, uint64_t compressed_size);
  ~InflateInput() override;
  size_t read_some(void* to, size_t size) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tare
