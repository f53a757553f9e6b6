// Flows: log determinants against dense Jacobians, inverses, and what each paper claims to be exact.
#include <doctest/doctest.h>

#include "autograd/ops/conv.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/transforms.h"
#include "nn/flow/cinc_conv.h"
#include "nn/flow/quad_coupling.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

/// log |det| of the Jacobian of f at one sample x (1, ...).
double dense_log_det(const TensorFunction& f, const Tensor& x) {
  int64_t n = x.numel();
  return slogdet(reshape(jacobian(f, x), {n, n})).second.item();
}

/// The log determinant that a flow states for one sample, against the dense one.
template <class Flow>
double log_det_error(Flow& flow, const Tensor& x) {
  return std::abs(flow(x)[1].item() - dense_log_det([&](const Tensor& t) { return flow(t)[0]; }, x));
}

Tensor last_tap(const Tensor& w) { return select(select(w, 3, -1), 2, -1); }

}  // namespace

TEST_CASE("CInC: log determinant, inverse, and the condition of invertibility") {
  DefaultDtype scope(DType::float64);
  for (int64_t k : {1, 2, 3})
    for (auto mask : {nn::CInCMask::triangular, nn::CInCMask::full}) {
      CAPTURE(k);
      manual_seed(uint64_t(k));
      nn::CInCConv2d flow({.channels = 3, .kernel_size = k, .mask = mask});
      copy_(flow.weight.leaf().detach(), flow.weight.leaf().detach() + sample({3, 3, k, k}, 4, DType::float64, 0, 0.2));
      copy_(flow.bias.leaf().detach(), sample({3}, 5));
      Tensor x = sample({1, 3, 4, 5}, 6);
      CHECK(log_det_error(flow, x) < 1e-9);
      CHECK(difference(flow.inverse(flow(x)[0]), x) < 1e-9);
      NoGrad off;
      Tensor corner = last_tap(flow.weight.leaf().detach());
      if (mask == nn::CInCMask::triangular) {
        fill_(select(select(corner, 1, 1), 0, 1), 0.0);
        CHECK(std::abs(det(reshape(jacobian([&](const Tensor& t) { return flow(t)[0]; }, x), {60, 60})).item()) < 1e-12);
        CHECK_THROWS_AS(flow.inverse(x), LinAlgError);
      } else {
        Tensor symmetric = flow.weight.leaf().detach();
        if (k == 3) CHECK(std::abs(dense_log_det([&](const Tensor& t) { return conv2d(t, symmetric, {}, {.padding = {1, 1}}); }, x) - flow(x)[1].item()) > 0.1);
      }
    }
}

TEST_CASE("CInC: with one tap it is Glow's invertible 1 x 1 convolution, masked entries have no gradient, large images solve back") {
  DefaultDtype scope(DType::float64);
  manual_seed(1);
  nn::CInCConv2d glow({.channels = 2, .kernel_size = 1, .mask = nn::CInCMask::full});
  Tensor x = sample({2, 2, 3, 3}, 1), w = reshape(glow.weight.leaf().detach(), {2, 2});
  CHECK(difference(reshape(glow(x)[0], {2, 2, 9}), matmul(w, reshape(x, {2, 2, 9}))) < 1e-12);
  CHECK(glow(x)[1].shape() == Shape{2});

  nn::CInCConv2d flow({.channels = 3});
  backward({sum(square(flow(sample({2, 3, 4, 4}, 2))[0]))});
  CHECK(sum(abs(tril(last_tap(flow.weight.leaf().grad()), -1))).item() == 0);
  CHECK(sum(abs(flow.weight.leaf().grad())).item() > 0);
  CHECK_THROWS_WITH_AS(flow(sample({2, 2, 4, 4}, 2)), "CInCConv2d: expected an input (B, 3, H, W) but it is [2, 2, 4, 4]", ShapeError);
  CHECK_THROWS_AS(nn::CInCConv2d({.channels = 0}), ConfigError);

  DefaultDtype single(DType::float32);
  nn::CInCConv2d wide({.channels = 4});
  Tensor image = sample({1, 4, 32, 31}, 3, DType::float32);
  CHECK(difference(wide.inverse(wide(image)[0]), image) < 1e-4);
}

TEST_CASE("quad coupling: log determinant and inverse") {
  DefaultDtype scope(DType::float64);
  manual_seed(2);
  nn::QuadCoupling flow({.channels = 8});
  Tensor x = sample({1, 8, 2, 3}, 1);
  CHECK(log_det_error(flow, x) < 1e-9);
  CHECK(difference(flow.inverse(flow(x)[0]), x) < 1e-12);
  CHECK_THROWS_AS(nn::QuadCoupling({.channels = 6}), ConfigError);
  CHECK_THROWS_AS(flow(sample({1, 4, 2, 2}, 1)), ShapeError);
}
