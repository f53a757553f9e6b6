// Output folders of runs.
#pragma once

#include <string>

namespace tare::cli {

std::string path_in(const std::string& folder, const char* name);
/// Makes the folder, with those above it, and tries whether it can be written into. Throws FileError.
void make_output_folder(const std::string& folder);
/// runs/<name of the config>, unless `out` names a folder.
std::string output_folder(const std::string& out, const std::string& config, const char* suffix = "");

}  // namespace tare::cli
