#include "core/error.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tare {
namespace detail {
namespace {
template <class T>
void append_number(std::string& out, T v) {
  char buffer[40];
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, v);
  (void)ec;
  out.append(buffer, end);
}
}  // namespace

void append(std::string& out, std::string_view s) { out += s; }
void append(std::string& out, const char* s) { out += s; }
void append(std::string& out, const std::string& s) { out += s; }
void append(std::string& out, char c) { out += c; }
void append(std::string& out, bool b) { out += b ? "true" : "false"; }
void append(std::string& out, int v) { append_number(out, v); }
void append(std::string& out, unsigned v) { append_number(out, v); }
void append(std::string& out, long v) { append_number(out, v); }
void append(std::string& out, unsigned long v) { append_number(out, v); }
void append(std::string& out, long long v) { append_number(out, v); }
void append(std::string& out, unsigned long long v) { append_number(out, v); }
void append(std::string& out, float v) { append_number(out, v); }
void append(std::string& out, double v) { append_number(out, v); }
}  // namespace detail

std::string nearest(std::string_view name, const std::string_view* candidates, size_t count) {
  // Levenshtein distance; a candidate counts as near within a third of its length (at least 2 edits).
  std::string best;
  size_t best_distance = ~size_t{0};
  std::vector<size_t> row;
  for (size_t c = 0; c < count; c++) {
    std::string_view other = candidates[c];
    row.resize(other.size() + 1);
    for (size_t j = 0; j <= other.size(); j++) row[j] = j;
    for (size_t i = 1; i <= name.size(); i++) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= other.size(); j++) {
        size_t up = row[j];
        row[j] = std::min({up + 1, row[j - 1] + 1, diagonal + (name[i - 1] != other[j - 1])});
        diagonal = up;
      }
    }
    size_t distance = row[other.size()];
    if (distance < best_distance && distance <= std::max<size_t>(2, other.size() / 3)) best = other, best_distance = distance;
  }
  return best;
}

}  // namespace tare
