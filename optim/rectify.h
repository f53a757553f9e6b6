// RAdam's rectification (Liu et al., 2020, arXiv:1908.03265): how many gradients the average of squares rests on, and by how much its root
// is to be trusted then.
//
//   rho_inf = 2 / (1 - beta2) - 1,  rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t)
//   r_t = sqrt((rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t))        for rho_t > 4
#pragma once

namespace tare::optim {

struct Rectification {
  double rho;
  double factor;  ///< r_t; NaN for rho of 4 and less
};

Rectification rectification(double beta2, double t);

}  // namespace tare::optim
