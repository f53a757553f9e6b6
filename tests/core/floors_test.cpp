// The floors of the house: core <- kernels <- autograd <- {nn, optim}. A file includes, root-relative, only its own floor and those below;
// nn and optim stand side by side and do not see each other.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/source_dir.h"

namespace fs = std::filesystem;

namespace {

struct Floor {
  std::string name;
  std::vector<std::string> may_include;
};

const std::vector<Floor> kFloors = {{"core", {"core"}},
                                    {"kernels", {"core", "kernels"}},
                                    {"autograd", {"core", "kernels", "autograd"}},
                                    {"nn", {"core", "kernels", "autograd", "nn"}},
                                    {"optim", {"core", "kernels", "autograd", "optim"}}};

// The path of an include directive in quotes, or "".
std::string quoted_include(const std::string& line) {
  size_t at = line.find_first_not_of(" \t");
  if (at == std::string::npos || line[at] != '#') return "";
  at = line.find_first_not_of(" \t", at + 1);
  if (at == std::string::npos || line.compare(at, 7, "include") != 0) return "";
  size_t open = line.find_first_not_of(" \t", at + 7);
  if (open == std::string::npos || line[open] != '"') return "";
  size_t close = line.find('"', open + 1);
  return close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

// "file:line: includes ..." for every include below `root` that leaves its floor upwards or sideways.
std::vector<std::string> broken_floors(const fs::path& root, int* includes_seen) {
  std::vector<std::string> broken;
  for (const Floor& floor : kFloors) {
    if (!fs::exists(root / floor.name)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / floor.name)) {
      std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream file(entry.path());
      std::string line;
      for (int number = 1; std::getline(file, line); ++number) {
        std::string target = quoted_include(line);
        if (target.empty()) continue;
        ++*includes_seen;
        std::string first = target.substr(0, target.find('/'));
        if (first != target && std::find(floor.may_include.begin(), floor.may_include.end(), first) != floor.may_include.end()) continue;
        broken.push_back(fs::relative(entry.path(), root).string() + ":" + std::to_string(number) + ": includes \"" + target + "\"");
      }
    }
  }
  std::sort(broken.begin(), broken.end());
  return broken;
}

}  // namespace

TEST_CASE("every file includes only its own floor and the floors below") {
  int includes = 0;
  for (const std::string& message : broken_floors(source_dir(), &includes)) FAIL_CHECK(message);
  CHECK(includes > 10);
}

TEST_CASE("a broken floor is found and named by file and line") {
  struct Folder {
    fs::path path = fs::temp_directory_path() / ("tare floors " + std::to_string(std::hash<std::string>{}(source_dir())));
    Folder() { fs::remove_all(path); }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text) {
      fs::create_directories((path / name).parent_path());
      std::ofstream(path / name) << text;
    }
  } tree;
  tree.write("core/tensor.h", "#pragma once\n#include <vector>\n#include \"core/shape.h\"\n");
  tree.write("core/file.cpp", "#include \"core/tensor.h\"\n\n#  include \"autograd/tape.h\"\n");
  tree.write("nn/norm/layer_norm.cpp", "#include \"optim/sgd.h\"\n// #include \"optim/adam.h\"\n#include \"kernels/gemm.h\"\n");
  tree.write("optim/lars.h", "#include \"nn/module.h\"\n");
  tree.write("kernels/gemm.cpp", "#include \"gemm.h\"\n#include \"tare.h\"\n");
  int includes = 0;
  std::vector<std::string> expected = {"core/file.cpp:3: includes \"autograd/tape.h\"", "kernels/gemm.cpp:1: includes \"gemm.h\"",
                                       "kernels/gemm.cpp:2: includes \"tare.h\"", "nn/norm/layer_norm.cpp:1: includes \"optim/sgd.h\"",
                                       "optim/lars.h:1: includes \"nn/module.h\""};
  CHECK(broken_floors(tree.path, &includes) == expected);
  CHECK(includes == 8);
}
