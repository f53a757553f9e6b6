// The functions of this floor, as rows of the table of functions (autograd/functions.h).
#pragma once

#include "autograd/functions.h"

namespace tare::nn {

std::vector<Function> functions();

}  // namespace tare::nn
