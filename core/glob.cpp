#include "core/glob.h"

#include <cstddef>

namespace tare {

bool glob_match(std::string_view pattern, std::string_view path) {
  // Greedy with one point of return: the last '*' seen takes one character more each time the rest fails.
  size_t p = 0, s = 0, star = std::string_view::npos, resume = 0;
  while (s < path.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == path[s]) && pattern[p] != '*') p++, s++;
    else if (p < pattern.size() && pattern[p] == '*') star = p++, resume = s;
    else if (star != std::string_view::npos) p = star + 1, s = ++resume;
    else return false;
  }
  while (p < pattern.size() && pattern[p] == '*') p++;
  return p == pattern.size();
}

}  // namespace tare
