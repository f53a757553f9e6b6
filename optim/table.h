// The tables of functions of this floor: declared here, defined in table_<family>.cpp, joined in functions.cpp.
#pragma once

#include "autograd/functions.h"

namespace tare::optim::tables {

std::span<const Function> gradients();  ///< what methods do to gradients and weights
std::span<const Function> lenses();
std::span<const Function> problems();   ///< whole runs of a method on a problem of its own

}  // namespace tare::optim::tables
