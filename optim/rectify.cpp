#include "optim/rectify.h"

#include <cmath>

namespace tare::optim {

Rectification rectification(double beta2, double t) {
  double most = 2 / (1 - beta2) - 1, power = std::pow(beta2, t);
  double rho = most - 2 * t * power / (1 - power);
  return {rho, std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))};
}

}  // namespace tare::optim
