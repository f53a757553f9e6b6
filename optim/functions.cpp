#include "optim/functions.h"

#include "optim/table.h"

namespace tare::optim {

std::vector<Function> functions() {
  std::vector<Function> all;
  for (auto part : {tables::gradients(), tables::lenses(), tables::problems()}) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace tare::optim
