#include "core/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/error.h"

namespace tare {
namespace {

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The process that made the temporary file `entry` of `name`, or 0 when `entry` is something else.
pid_t owner_of(std::string_view entry, std::string_view name) {
  constexpr std::string_view suffix = ".tmp";
  if (entry.size() <= name.size() + 1 + suffix.size() || entry.substr(0, name.size()) != name || entry[name.size()] != '.') return 0;
  if (entry.substr(entry.size() - suffix.size()) != suffix) return 0;
  std::string_view middle = entry.substr(name.size() + 1, entry.size() - name.size() - 1 - suffix.size());
  int pid = 0;
  auto [end, error] = std::from_chars(middle.data(), middle.data() + middle.size(), pid);
  return error == std::errc() && end != middle.data() + middle.size() && *end == '-' && pid > 0 ? pid : 0;
}

void remove_leftovers(const std::string& path) {
  std::string folder = folder_of(path), name = path.substr(path.rfind('/') + 1);
  DIR* listing = opendir(folder.c_str());
  if (!listing) return;
  while (const dirent* entry = readdir(listing)) {
    pid_t pid = owner_of(entry->d_name, name);
    if (pid != 0 && kill(pid, 0) != 0 && errno == ESRCH) unlinkat(dirfd(listing), entry->d_name, 0);
  }
  closedir(listing);
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  struct stat status;
  if (stat(path_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) fail("open for writing", EISDIR);
    if (!S_ISREG(status.st_mode)) {
      file_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
      if (file_ < 0) fail("open for writing", errno);
      return;
    }
    if (access(path_.c_str(), W_OK) != 0) fail("open for writing", errno);  // rename would replace a write-protected file
    // A symbolic link stays one: what it points to is replaced.
    if (char* real = realpath(path_.c_str(), nullptr)) {
      path_ = real;
      free(real);
    }
  }
  remove_leftovers(path_);
  static std::atomic<unsigned> count{0};
  temporary_ = text(path_, ".", getpid(), "-", count++, ".tmp");
  file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file_ < 0) {
    temporary_.clear();  // not ours
    fail("open for writing", errno);
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (file_ >= 0) close(file_);
  file_ = -1;
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail(std::string_view doing, int error) {
  discard();
  throw FileError(text("cannot ", doing, " ", path_, ": ", std::strerror(error)));
}

void AtomicFile::write(const void* data, size_t size) {
  check<StateError>(file_ >= 0, "AtomicFile: ", path_, " was written to after commit() or after an error");
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    ssize_t n = ::write(file_, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", errno);
    at += n;
    size -= static_cast<size_t>(n);
  }
}

void AtomicFile::commit() {
  check<StateError>(file_ >= 0, "AtomicFile: ", path_, " was committed twice or after an error");
  if (temporary_.empty()) {
    int result = close(file_);
    file_ = -1;
    if (result != 0) fail("write", errno);
    return;
  }
  if (fsync(file_) != 0) fail("write", errno);
  int result = close(file_);
  file_ = -1;
  if (result != 0) fail("write", errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace", errno);
  temporary_.clear();
  int folder = open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);  // some file systems refuse to sync a folder: the new file is in place all the same
    close(folder);
  }
}

void write_file_atomically(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace tare
