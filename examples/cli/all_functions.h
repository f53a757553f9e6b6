// Every table of functions, of all floors.
#pragma once

#include "autograd/functions.h"

namespace tare::cli {

const std::vector<Function>& all_functions();
/// Throws ConfigError with the nearest name.
const Function& find_function(std::string_view name);

}  // namespace tare::cli
