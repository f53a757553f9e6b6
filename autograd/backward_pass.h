// Which backward pass is being played: for rules that share something among the nodes of one pass.
#pragma once

#include <cstdint>

namespace tare {

/// A number of its own for each backward() or grad() call of this thread while it plays; 0 outside of one.
uint64_t current_backward_pass();

}  // namespace tare
