#include "examples/cli/output.h"

#include <filesystem>

#include "core/atomic_file.h"
#include "core/error.h"

namespace tare::cli {

namespace fs = std::filesystem;

std::string path_in(const std::string& folder, const char* name) { return (fs::path(folder) / name).string(); }

void make_output_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, "cannot make the output folder ", folder, ": ", error.message());
  std::string probe = path_in(folder, ".writable");
  write_file_atomically(probe, "");
  fs::remove(probe, error);
}

std::string output_folder(const std::string& out, const std::string& config, const char* suffix) {
  return out.empty() ? (fs::path("runs") / fs::path(config).stem()).string() + suffix : out;
}

}  // namespace tare::cli
