// The tables of this floor, one for each family of operations: declared here, defined in table_<family>.cpp, joined in table.cpp.
#pragma once

#include "autograd/functions.h"

namespace tare::tables {

std::span<const Function> elementwise();
std::span<const Function> binary();
std::span<const Function> activation();
std::span<const Function> reduce();
std::span<const Function> shape();
std::span<const Function> rearrange();
std::span<const Function> index();
std::span<const Function> sort();
std::span<const Function> matmul();
std::span<const Function> conv();
std::span<const Function> linalg();
std::span<const Function> loss();
std::span<const Function> pool();
std::span<const Function> network();
std::span<const Function> fft();

}  // namespace tare::tables
