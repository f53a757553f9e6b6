// What Sequential fuses gives what its layers give one by one; forms in wide vectors and moves by tiles give the definition.
#include "nn/sequential.h"

#include <doctest/doctest.h>

#include <cstring>

#include "autograd/gradcheck.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"
#include "nn/activation/relu.h"
#include "nn/conv/conv.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"

using namespace tare;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }

// The layers of `model` called one after the other, as nobody fuses them.
Tensor one_by_one(nn::Sequential& model, Tensor x) {
  for (size_t i = 0; i < model.size(); i++) x = model[i].call({&x, 1})[0];
  return x;
}

void same_results(nn::Sequential& model, const Tensor& x) {
  Tensor weights;
  Tensors outputs, gradients;
  for (bool fused : {false, true}) {
    model.zero_grad();
    Tensor in = clone(x.detach()).set_requires_grad(), y = fused ? model(in) : one_by_one(model, in);
    if (!weights.defined()) weights = randn(y.shape(), DType::float64);
    sum(y * weights).backward();
    outputs.push_back(y);
    gradients.push_back(in.grad());
    for (const Tensor& g : model.parameters().grads()) gradients.push_back(g);
  }
  CHECK(largest_difference(outputs[0], outputs[1]) < 1e-12);
  size_t n = gradients.size() / 2;
  for (size_t i = 0; i < n; i++) CHECK(largest_difference(gradients[i], gradients[n + i]) < 1e-12);
}

}  // namespace

TEST_CASE("Sequential: a layer and its ReLU in one pass give what they give apart, outputs and gradients") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  nn::Sequential images{nn::Conv2d{{.in_channels = 2, .out_channels = 4, .kernel_size = 3, .padding = 1}}, nn::ReLU{},
                        nn::Conv2d{{.in_channels = 4, .out_channels = 4, .kernel_size = 3, .bias = false}}, nn::BatchNorm2d{4}, nn::ReLU{}, nn::ReLU{},
                        nn::Flatten{}, nn::Linear{36, 5}, nn::ReLU{}, nn::Linear{{.in_features = 5, .out_features = 3, .bias = false}}, nn::BatchNorm1d{3}, nn::ReLU{}};
  Tensor x = randn({6, 2, 5, 5});
  same_results(images, x);
  images.eval();
  same_results(images, x);

  int seen = 0;
  auto watching = images.observe([&](const nn::Module::Event&) { seen++; });
  images(x);
  CHECK(seen == 13);  // the whole and its twelve layers: nothing is fused while observed
}

TEST_CASE("linear and conv with relu: derivatives of first and second order") {
  Generator g(5);
  auto random = [&](const Shape& s) { return randn(s, DType::float64, &g); };
  auto product = [](const Tensors& x) { return Tensors{linear(x[0], x[1], x[2], true)}; };
  auto convolution = [](const Tensors& x) { return Tensors{conv(x[0], x[1], x[2], {.padding = {1}}, true)}; };
  for (auto check : {gradcheck, gradgradcheck}) {
    check("linear_relu", product, {random({2, 3, 4}), random({5, 4}), random({5})}, {});
    check("conv_relu", convolution, {random({2, 2, 4, 3}), random({3, 2, 3, 3}), random({3})}, {});
  }
}

TEST_CASE("split and unbind: one gradient, laid out in memory as the whole is") {
  Tensor whole = randn({2, 3, 4, 5}, DType::float64).set_requires_grad(), turned = permute(whole, {1, 3, 0, 2});
  Tensors parts = unbind(turned);
  sum(parts[0] * 2 + parts[2] * parts[2]).backward();  // none arrives at parts[1]
  Tensor expected = stack({full({2, 4, 5}, 2.0, DType::float64), zeros({2, 4, 5}, DType::float64), 2 * select(whole.detach(), 1, 2)}, 1);
  CHECK(largest_difference(whole.grad(), expected) == 0);
  Tensors pieces{ones({2, 1, 3}), full({2, 2, 3}, 7.0)};
  Tensor joined = kernels::concatenate_as(pieces, 1, {3, 100, 1});
  CHECK(joined.strides() == Shape{3, 6, 1});
  CHECK(largest_difference(joined, kernels::concatenate(pieces, 1)) == 0);
  gradgradcheck("split", [](const Tensors& x) { return split(permute(x[0], {1, 0}), {1, 2}); }, {randn({2, 3}, DType::float64)});
}

TEST_CASE("transposing copies move every element, for odd and large sizes and every width of element") {
  for (Shape shape : {Shape{5, 7}, Shape{64, 64}, Shape{130, 67}, Shape{3, 65, 129}, Shape{1536, 1408}, Shape{1537, 1409}})
    for (DType type : {DType::float32, DType::float64, DType::uint8}) {
      Tensor x = kernels::to(remainder(arange(shape.numel()), 251), type), y;
      x = reshape(x, shape);
      y = contiguous(transpose(x));
      CHECK(y.is_contiguous());
      // Element (j, i) of the copy is element (i, j): compared through single numbers of the source's order.
      int64_t rows = shape[shape.size() - 2], columns = shape.back(), planes = shape.numel() / (rows * columns), wrong = 0;
      std::vector<double> from = x.to_vector<double>(), to = y.to_vector<double>();
      for (int64_t p = 0; p < planes; p++)
        for (int64_t i = 0; i < rows; i++)
          for (int64_t j = 0; j < columns; j++)
            wrong += from[size_t((p * rows + i) * columns + j)] != to[size_t((p * columns + j) * rows + i)];
      CHECK(wrong == 0);
    }
}
