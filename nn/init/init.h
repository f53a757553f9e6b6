// Initializers: how parameters start. torch.nn.init's names, fans and defaults.
//
// Each comes in two forms: `xavier_uniform(shape)` makes a new tensor of default_dtype(), `xavier_uniform_(tensor)` writes into one that exists (a
// parameter's leaf), off the tape. Random ones draw from the default generator. Inside a NoInit scope new tensors are allocated and left unfilled.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::nn::init {

/// Fan in and fan out of a weight (out, in, *kernel): sizes times the kernel's area.
struct Fans {
  int64_t in, out;
};
Fans fans(const Shape& weight);
enum class FanMode { in, out };

/// The factor that keeps the variance through an activation: 1 for linear, conv* and sigmoid, 5/3 for tanh, sqrt(2) for relu,
/// sqrt(2 / (1 + slope^2)) for leaky_relu, 3/4 for selu. Throws ConfigError for another name.
double calculate_gain(std::string_view nonlinearity, double slope = 0.01);

Tensor uniform(const Shape& shape, double lo = 0, double hi = 1);
Tensor normal(const Shape& shape, double mean = 0, double deviation = 1);
/// The normal distribution cut to [lo, hi].
Tensor trunc_normal(const Shape& shape, double mean = 0, double deviation = 1, double lo = -2, double hi = 2);
Tensor constant(const Shape& shape, double value);
Tensor zeros(const Shape& shape);
Tensor ones(const Shape& shape);
/// The identity matrix; of a shape with two axes.
Tensor eye(const Shape& shape);
/// The identity of convolutions: channel i of each group passes through, at the kernel's middle. Shapes with 3 to 5 axes.
Tensor dirac(const Shape& shape, int64_t groups = 1);
/// Variance gain^2 2 / (fan in + fan out) (Glorot and Bengio 2010).
Tensor xavier_uniform(const Shape& shape, double gain = 1);
Tensor xavier_normal(const Shape& shape, double gain = 1);
/// Variance gain^2 / fan (He et al. 2015); `slope` is leaky_relu's.
Tensor kaiming_uniform(const Shape& shape, double slope = 0, FanMode mode = FanMode::in, std::string_view nonlinearity = "leaky_relu");
Tensor kaiming_normal(const Shape& shape, double slope = 0, FanMode mode = FanMode::in, std::string_view nonlinearity = "leaky_relu");
/// gain times a random matrix with orthonormal rows or columns, whichever are fewer; axes after the first are taken together (Saxe et al. 2013).
Tensor orthogonal(const Shape& shape, double gain = 1);
/// A convolution that only mixes channels, by gain times a matrix with orthonormal columns at the kernel's middle: norms of inputs are kept (Xiao et al. 2018,
/// arXiv:1806.05393). Shapes (out, in, *kernel) with out >= in.
Tensor delta_orthogonal(const Shape& shape, double gain = 1);
/// N(0, deviation^2) with a share `sparsity` of zeros in each column; two axes (Martens 2010).
Tensor sparse(const Shape& shape, double sparsity, double deviation = 0.01);

/// SmallInit of attention's projections (Nguyen and Salazar 2019, arXiv:1910.05895): N(0, 2 / (5 d)), d the fan in: Xavier's as if the fan out were 4 d.
Tensor small_init(const Shape& weight);

const Tensor& uniform_(const Tensor& t, double lo = 0, double hi = 1);
const Tensor& normal_(const Tensor& t, double mean = 0, double deviation = 1);
const Tensor& trunc_normal_(const Tensor& t, double mean = 0, double deviation = 1, double lo = -2, double hi = 2);
const Tensor& constant_(const Tensor& t, double value);
const Tensor& zeros_(const Tensor& t);
const Tensor& ones_(const Tensor& t);
const Tensor& eye_(const Tensor& t);
const Tensor& dirac_(const Tensor& t, int64_t groups = 1);
const Tensor& xavier_uniform_(const Tensor& t, double gain = 1);
const Tensor& xavier_normal_(const Tensor& t, double gain = 1);
const Tensor& kaiming_uniform_(const Tensor& t, double slope = 0, FanMode mode = FanMode::in, std::string_view nonlinearity = "leaky_relu");
const Tensor& kaiming_normal_(const Tensor& t, double slope = 0, FanMode mode = FanMode::in, std::string_view nonlinearity = "leaky_relu");
const Tensor& orthogonal_(const Tensor& t, double gain = 1);
const Tensor& delta_orthogonal_(const Tensor& t, double gain = 1);
const Tensor& small_init_(const Tensor& t);
const Tensor& sparse_(const Tensor& t, double sparsity, double deviation = 0.01);

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): what PyTorch's Linear and Conv start their weights with (kaiming_uniform with a = sqrt(5)).
Tensor layer_default(const Shape& weight);
/// The matching bias: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) of the weight's fan_in.
Tensor bias_default(const Shape& bias, const Shape& weight);

}  // namespace tare::nn::init
