// The tables of this floor, one for each family of operations: declared here, defined in table_<family>.cpp, joined in table.cpp.
#pragma once

#include "autograd/functions.h"

namespace tare::tables {

std::span<const Function> elementwise();

}  // namespace tare::tables
