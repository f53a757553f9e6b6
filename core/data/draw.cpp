#include "core/data/draw.h"

#include <cmath>

namespace tare::data {

double normal(Generator& g) {
  double u = 1 - g.uniform();  // in (0, 1]: the logarithm is finite
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * g.uniform());
}

// "A simple method for generating gamma variables": for shape >= 1, d (1 + c z)^3 with z normal is accepted with a high probability; a smaller
// shape is raised by one and corrected by a power of a uniform number.
double gamma(Generator& g, double shape) {
  if (shape < 1) {
    double u = 1 - g.uniform();
    return gamma(g, shape + 1) * std::pow(u, 1 / shape);
  }
  double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    double z = normal(g), v = 1 + c * z;
    if (v <= 0) continue;
    v = v * v * v;
    if (std::log(1 - g.uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta(Generator& g, double a, double b) {
  double x = gamma(g, a), y = gamma(g, b);
  return x + y > 0 ? x / (x + y) : (g.uniform() < a / (a + b) ? 1 : 0);  // both underflow for tiny a and b: the mass is at the ends
}

}  // namespace tare::data
