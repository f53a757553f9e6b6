// Division where 0 / 0 means "nothing": a number whose gradients were all zero does not move.
#pragma once

namespace tare::optim {

/// a / b, and 0 where b is 0.
template <class T>
T quotient(T a, T b) {
  return b != 0 ? a / b : T(0);
}

}  // namespace tare::optim
