// Tables of plain text.
#pragma once

#include <string>
#include <vector>

namespace tare::cli {

/// Lines, each ended: columns as wide as their widest cell, the first `left` aligned to the left, the others to the right.
std::string text_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows, size_t left = 1);

}  // namespace tare::cli
