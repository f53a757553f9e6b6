// Single random numbers of the distributions that data sets and transforms need.
#pragma once

#include "core/random.h"

namespace tare::data {

/// Standard normal (Box and Muller).
double normal(Generator& g);
/// Gamma of this shape and scale 1 (Marsaglia and Tsang 2000).
double gamma(Generator& g, double shape);
/// Beta(a, b).
double beta(Generator& g, double a, double b);

}  // namespace tare::data
