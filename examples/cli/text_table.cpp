#include "examples/cli/text_table.h"

#include <algorithm>

namespace tare::cli {
namespace {

/// Characters, not bytes, of UTF-8.
size_t width_of(const std::string& s) {
  return size_t(std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows, size_t left) {
  std::vector<size_t> width;
  for (auto& cell : head) width.push_back(width_of(cell));
  for (auto& row : rows)
    for (size_t i = 0; i < row.size(); i++) width[i] = std::max(width[i], width_of(row[i]));
  std::string out;
  auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); i++) {
      std::string pad(width[i] - width_of(row[i]), ' ');
      line += (i ? "  " : "") + (i < left ? row[i] + pad : pad + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add(head);
  for (auto& row : rows) add(row);
  return out;
}

}  // namespace tare::cli
