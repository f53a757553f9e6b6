// The rows of `tare bench`. Names, shapes and steps are those of tests/bench/peer_torch.cpp, so that the tables can be laid side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tare::nn {
class Reparameterization;
}

namespace tare::cli {

using Work = std::function<void()>;

struct BenchRow {
  std::string name;
  std::function<Work()> prepare;  ///< makes inputs and models; what it returns is timed
  bool memory = false;            ///< report the peak of resident memory too
  std::function<int64_t()> least_bytes{};  ///< what the work must move at least, asked after it ran; by default what the kernels counted
};

/// Primitive operations without gradients, and the chain of tiny ones with them.
std::vector<BenchRow> primitive_rows();
/// Layers, forward in training mode and backward from a fixed gradient.
std::vector<BenchRow> layer_rows();
/// Optimizer steps over 40 tensors of 500 x 500.
std::vector<BenchRow> optimizer_rows();
/// Whole training steps: zero_grad, forward, loss, backward, step.
std::vector<BenchRow> train_rows();


/// A row for every normalization, reparameterization and optimizer of the catalogues that the filter takes: they run only when a filter is given.
std::vector<BenchRow> catalogue_rows(const std::string& filter);
/// Forward and backward of Linear 512 x 512 on 128 rows, plain (null) or with a reparameterization on its weight.
Work reparametrized_linear(const nn::Reparameterization* reparam);

}  // namespace tare::cli
