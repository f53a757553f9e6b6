// Results are the same bits for any number of threads.
#include <doctest/doctest.h>

#include <cstring>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/random_fill.h"
#include "kernels/reduce.h"

using namespace tare;

TEST_CASE("random numbers, sums and means are the same bits with 1, 2 and 5 threads") {
  int before = num_threads();
  Tensor first[4];
  for (int threads : {1, 2, 5}) {
    set_num_threads(threads);
    Generator g(3);
    Tensor x = kernels::normal({300, 700}, 0, 1, DType::float32, g);
    Tensor now[4] = {x, kernels::sum(x), kernels::sum(x, {0}), kernels::var(x, {1})};
    for (int i = 0; i < 4; i++) {
      if (threads == 1) first[i] = now[i];
      CHECK(std::memcmp(first[i].raw(), now[i].raw(), size_t(now[i].numel()) * sizeof(float)) == 0);
    }
  }
  set_num_threads(before);
}
