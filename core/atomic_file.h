// Files that are replaced whole or not at all.
//
// The bytes go to a temporary file in the same folder; commit() forces them to the disk (fsync), renames the file over the old
// one, and forces the folder's entry to the disk. Whoever opens the path, even after kill -9 or a power cut at any moment, finds the
// old content or the new one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tare {

class AtomicFile {
 public:
  /// Opens a temporary file "<path>.<pid>-<n>.tmp" and removes those that processes killed while saving left behind. A path
  /// that is a device or a pipe is written directly. Throws FileError naming the path and the system's reason, as do the others.
  explicit AtomicFile(std::string path);
  /// Without a commit() the temporary file is removed and the old file stays.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t size);
  void write(std::string_view s) { write(s.data(), s.size()); }
  void commit();

 private:
  [[noreturn]] void fail(std::string_view doing, int error);
  void discard();
  std::string path_, temporary_;  // temporary_ is empty for a device and after commit()
  int file_ = -1;
};

/// The whole of AtomicFile in one call.
void write_file_atomically(const std::string& path, std::string_view content);

}  // namespace tare
