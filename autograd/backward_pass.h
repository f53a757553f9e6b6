// What is being played backwards: for rules that share something among the nodes of one pass, and for messages.
#pragma once

#include <cstdint>

namespace tare {

/// A number of its own for each backward() or grad() call of this thread while it plays; 0 outside of one.
uint64_t current_backward_pass();
/// The name of the operation whose vjp is running on this thread; null outside of a backward pass.
const char* operation_played();

}  // namespace tare
