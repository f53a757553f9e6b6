#include "autograd/table.h"

namespace tare {

std::vector<Function> functions() {
  using namespace tables;
  std::vector<Function> all;
  for (auto part : {
           elementwise(),
           binary(),
           activation(),
           reduce(),
           shape(),
           rearrange(),
           index(),
           sort(),
           matmul(),
           linalg(),
           fft(),
           conv(),
           loss(),
           pool(),
           network(),
       })
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace tare
