#include "core/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/crc32.h"
#include "core/error.h"

namespace tare {
namespace {

constexpr size_t kPiece = 1 << 16;

size_t read_some(int file, char* to, size_t size, const std::string& name) {
  for (;;) {
    ssize_t n = read(file, to, size);
    if (n >= 0) return static_cast<size_t>(n);
    check<FileError>(errno == EINTR, "cannot read ", name, ": ", std::strerror(errno));
  }
}

}  // namespace

ByteSource::ByteSource(std::string_view content, std::string name)
    : name_(std::move(name)), begin_(content.data()), at_(begin_), end_(begin_ + content.size()), total_(content.size()) {}

ByteSource::ByteSource(const std::string& path) : name_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  check<FileError>(file_ >= 0, "cannot read ", path, ": ", std::strerror(errno));
  try {
    struct stat status;
    check<FileError>(fstat(file_, &status) == 0, "cannot read ", path, ": ", std::strerror(errno));
    check<FileError>(!S_ISDIR(status.st_mode), "cannot read ", path, ": it is a folder");
    buffer_.resize(kPiece + kKept);
    begin_ = at_ = end_ = buffer_.data();
    if (S_ISREG(status.st_mode)) total_ = static_cast<size_t>(status.st_size);
    else slurp();
  } catch (...) {
    close(file_);
    throw;
  }
}

ByteSource::~ByteSource() {
  if (file_ >= 0) close(file_);
}

// A pipe does not say how long it is, and every length in the document is checked against what remains: so it is read to its end first.
void ByteSource::slurp() {
  size_t size = 0;
  while (size_t n = read_some(file_, buffer_.data() + size, buffer_.size() - size, name_)) {
    size += n;
    if (size == buffer_.size()) buffer_.resize(2 * size);
  }
  total_ = size;
  begin_ = at_ = buffer_.data();
  end_ = begin_ + size;
}

bool ByteSource::refill() {
  if (file_ < 0 || consumed() >= total_) return false;
  size_t keep = std::min(kKept, size_t(at_ - begin_)), drop = size_t(at_ - begin_) - keep;
  crc_ = crc32(crc_, begin_, drop);
  for (const char* c = begin_; c < begin_ + drop; c++) {
    c = static_cast<const char*>(std::memchr(c, '\n', size_t(begin_ + drop - c)));
    if (!c) break;
    lines_++;
    line_start_ = before_ + size_t(c - begin_) + 1;
  }
  before_ += drop;
  std::memmove(buffer_.data(), begin_ + drop, keep);
  begin_ = buffer_.data();
  at_ = begin_ + keep;
  size_t n = read_some(file_, buffer_.data() + keep, std::min(kPiece, total_ - consumed()), name_);
  end_ = at_ + n;
  return n > 0;
}

std::string ByteSource::place() const {
  size_t lines = lines_, start = line_start_;
  const char* last = at_ > begin_ ? at_ - 1 : at_;
  for (const char* c = begin_; c < last; c++) {
    if (*c != '\n') continue;
    lines++;
    start = before_ + size_t(c - begin_) + 1;
  }
  return text(name_, ": line ", lines + 1, ", column ", before_ + size_t(last - begin_) - start + 1);
}

uint32_t ByteSource::crc_before(size_t back) const { return crc32(crc_, begin_, size_t(at_ - begin_) - std::min(back, size_t(at_ - begin_))); }

}  // namespace tare
