// What `#include "tare.h"` costs a program: no header it reaches may pull in JSON, TBB, formatting, SIMD, BLAS or stream headers, each of
// which costs more compile time than all of tare's.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/source_dir.h"

namespace {

// The headers below `root` that `start` reaches, with the lines of their <...> includes appended to `angled` as "file:line: <name>".
std::set<std::string> reachable_headers(const std::filesystem::path& root, const std::string& start, std::vector<std::string>* angled) {
  std::set<std::string> seen = {start};
  std::vector<std::string> todo = {start};
  while (!todo.empty()) {
    std::string name = todo.back();
    todo.pop_back();
    std::ifstream file(root / name);
    if (!file) {
      angled->push_back(name + ":0: is included but does not exist");
      continue;
    }
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      if (line.compare(0, 9, "#include ") != 0) continue;
      std::string target = line.substr(10, line.find_first_of("\">", 10) - 10);
      if (line[9] == '<') angled->push_back(name + ":" + std::to_string(number) + ": <" + target + ">");
      else if (seen.insert(target).second) todo.push_back(target);
    }
  }
  return seen;
}

}  // namespace

TEST_CASE("tare.h reaches no heavy header") {
  std::vector<std::string> angled;
  std::set<std::string> headers = reachable_headers(source_dir(), "tare.h", &angled);
  CHECK(headers.count("core/tensor.h") == 1);
  CHECK(angled.size() > 5);
  for (const std::string& include : angled) {
    CAPTURE(include);
    CHECK(include.find("does not exist") == std::string::npos);
    for (const char* heavy : {"<nlohmann/", "<oneapi/", "<tbb/", "<fmt/", "<hwy/", "<kissfft", "<CLI/", "<doctest/", "<cblas", "<lapacke", "<png", "<zlib",
                              "<iostream>", "<sstream>", "<fstream>", "<regex>", "<filesystem>", "<format>", "<random>", "<future>", "<thread>"})
      CHECK(include.find(heavy) == std::string::npos);
  }
}
