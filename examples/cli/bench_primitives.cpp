#include <memory>

#include "bench.h"
#include "tare.h"

namespace tare::cli {
namespace {

/// A row that computes something of fixed inputs and throws it away.
template <class F>
BenchRow row(std::string name, std::vector<Shape> shapes, F f) {
  return {std::move(name), [=]() -> Work {
            Tensors x;
            for (const Shape& s : shapes) x.push_back(randn(s));
            return [x, f] { Tensor y = f(x); };
          }};
}

constexpr int64_t k4M = int64_t{4} << 20;

Work tiny_chain() {
  Tensor x = randn({10}), w = randn({10}).set_requires_grad();
  return [x, w] {
    Tensor y = w;
    for (int i = 0; i < 100; i++) y = y * x + x;
    w.set_grad({});
    sum(y).backward();
  };
}

}  // namespace

std::vector<BenchRow> primitive_rows() {
  auto product = [](const Tensors& x) { return matmul(x[0], x[1]); };
  return {
      row("gemm_256", {{256, 256}, {256, 256}}, product),
      row("gemm_1024", {{1024, 1024}, {1024, 1024}}, product),
      row("bmm_64x128x64x128", {{64, 128, 64}, {64, 64, 128}}, product),
      row("add_4M", {{k4M}, {k4M}}, [](const Tensors& x) { return x[0] + x[1]; }),
      row("exp_4M", {{k4M}}, [](const Tensors& x) { return exp(x[0]); }),
      row("gelu_4M", {{k4M}}, [](const Tensors& x) { return gelu(x[0]); }),
      row("tanh_4M", {{k4M}}, [](const Tensors& x) { return tanh(x[0]); }),
      row("sum_4M", {{k4M}}, [](const Tensors& x) { return sum(x[0]); }),
      row("sum_rows_2048", {{2048, 2048}}, [](const Tensors& x) { return sum(x[0], {1}); }),
      row("sum_cols_2048", {{2048, 2048}}, [](const Tensors& x) { return sum(x[0], {0}); }),
      row("transpose_copy_2048", {{2048, 2048}}, [](const Tensors& x) { return contiguous(transpose(x[0])); }),
      row("softmax_2048x2048", {{2048, 2048}}, [](const Tensors& x) { return softmax(x[0], -1); }),
      row("add_broadcast_2048", {{2048, 2048}, {2048}}, [](const Tensors& x) { return x[0] + x[1]; }),
      {"tiny_chain_100_ops_fwd_bwd", tiny_chain},
  };
}

}  // namespace tare::cli
