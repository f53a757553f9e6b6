#include "core/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace tare {

Input::~Input() = default;

void Input::read(void* to, size_t size) {
  char* at = static_cast<char*>(to);
  while (size > 0) {
    size_t n = read_some(at, size);
    check<FileError>(n > 0, name_, ": ends after ", position_, " bytes, ", size, " too early; is it cut off?");
    at += n;
    size -= n;
  }
}

// ---- files as they are

FileInput::FileInput(const std::string& path) : Input(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  check<FileError>(file_ >= 0, "cannot read ", path, ": ", std::strerror(errno));
  struct stat status;
  bool good = fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  if (!good) close(file_);
  check<FileError>(good, "cannot read ", path, ": it is not a regular file");
  size_ = static_cast<uint64_t>(status.st_size);
}

FileInput::~FileInput() { close(file_); }

size_t FileInput::read_some(void* to, size_t size) {
  ssize_t n;
  do n = pread(file_, to, std::min(size, size_t{1} << 30), static_cast<off_t>(position_));
  while (n < 0 && errno == EINTR);
  check<FileError>(n >= 0, "cannot read ", name_, ": ", std::strerror(errno));
  position_ += static_cast<uint64_t>(n);
  return static_cast<size_t>(n);
}

void FileInput::seek(uint64_t position) {
  check<FileError>(position <= size_, name_, ": refers to byte ", position, " but has only ", size_, " bytes; is it cut off?");
  position_ = position;
}

// ---- gzip

GzipInput::GzipInput(const std::string& path) : Input(path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  check<FileError>(file >= 0, "cannot read ", path, ": ", std::strerror(errno));
  gzFile opened = gzdopen(file, "rb");
  if (!opened) close(file);
  check<FileError>(opened, "cannot read ", path, ": out of memory");
  gzbuffer(opened, 1 << 17);
  file_ = opened;
}

GzipInput::~GzipInput() { gzclose(static_cast<gzFile>(file_)); }

size_t GzipInput::read_some(void* to, size_t size) {
  int n = gzread(static_cast<gzFile>(file_), to, static_cast<unsigned>(std::min(size, size_t{1} << 30)));
  int error = Z_OK;
  const char* reason = gzerror(static_cast<gzFile>(file_), &error);
  if (error == Z_ERRNO) reason = std::strerror(errno);
  check<FileError>(n >= 0 && (n > 0 || error == Z_OK || error == Z_STREAM_END), name_, ": its compressed data are damaged or cut off after ", position_,
                   " bytes (", reason, ")");
  position_ += static_cast<uint64_t>(n);
  return static_cast<size_t>(n);
}

// ---- deflate

struct InflateInput::State {
  Input& from;
  uint64_t left;  // compressed bytes not yet read
  z_stream stream{};
  bool ended = false;
  unsigned char buffer[1 << 15];
};

InflateInput::InflateInput(Input& from, uint64_t compressed_size) : Input(from.name()), state_(new State{from, compressed_size, {}, false, {}}) {
  check<FileError>(inflateInit2(&state_->stream, -MAX_WBITS) == Z_OK, name_, ": no memory for decompression");
}

InflateInput::~InflateInput() { inflateEnd(&state_->stream); }

size_t InflateInput::read_some(void* to, size_t size) {
  State& s = *state_;
  size = std::min(size, size_t{1} << 30);
  s.stream.next_out = static_cast<Bytef*>(to);
  s.stream.avail_out = static_cast<uInt>(size);
  while (s.stream.avail_out == size && !s.ended) {
    if (s.stream.avail_in == 0 && s.left > 0) {
      size_t n = static_cast<size_t>(std::min<uint64_t>(s.left, sizeof s.buffer));
      s.from.read(s.buffer, n);
      s.left -= n;
      s.stream.next_in = s.buffer;
      s.stream.avail_in = static_cast<uInt>(n);
    }
    int result = inflate(&s.stream, Z_NO_FLUSH);
    s.ended = result == Z_STREAM_END;
    check<FileError>(s.ended || result == Z_OK, name_, ": its compressed data are damaged after ", position_, " bytes");
  }
  size_t n = size - s.stream.avail_out;
  position_ += n;
  return n;
}

}  // namespace tare
