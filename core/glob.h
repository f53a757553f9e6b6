// Patterns over dotted paths: "*.bias", "conv*.weight", "encoder.*.norm1".
#pragma once

#include <string_view>

namespace tare {

/// '*' stands for any run of characters (dots too), '?' for one character.
bool glob_match(std::string_view pattern, std::string_view path);

}  // namespace tare
