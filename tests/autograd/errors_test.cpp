// What operations say to bad input: the type of the error, the call, the shapes or values.
#include <doctest/doctest.h>

#include "tare.h"

using namespace tare;

namespace {

struct Bad {
  std::string label;
  std::function<void()> call;
  std::vector<const char*> says;  ///< parts of the message
};

template <class E>
void refuse(const std::vector<Bad>& all) {
  for (const Bad& b : all) {
    CAPTURE(b.label);
    std::string said;
    try {
      b.call();
      FAIL_CHECK("nothing was thrown");
    } catch (const E& e) {
      said = e.what();
    } catch (const std::exception& e) {
      MESSAGE(std::string(e.what()));
      FAIL_CHECK("another kind of error");
      continue;
    }
    for (std::string part : b.says) {
      CAPTURE(said);
      CAPTURE(part);
      CHECK(said.find(part) != std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("operations refuse shapes that do not fit") {
  Tensor a = zeros({2, 3}), b = zeros({4, 5}), v = zeros({3}), image = zeros({1, 2, 4, 4});
  refuse<ShapeError>({
      {"add", [&] { a + b; }, {"[2, 3]", "[4, 5]"}},
      {"matmul", [&] { matmul(a, b); }, {"matmul", "[2, 3]", "[4, 5]"}},
      {"bmm of matrices", [&] { bmm(a, b); }, {"bmm"}},
      {"linear", [&] { linear(a, b); }, {"linear"}},
      {"reshape", [&] { reshape(a, {4, 2}); }, {"reshape", "[2, 3]", "[4, 2]"}},
      {"reshape with two unknowns", [&] { reshape(a, {-1, -1}); }, {"-1"}},
      {"expand", [&] { expand(a, {2, 4}); }, {"[2, 3]", "[2, 4]"}},
      {"cat", [&] { cat({a, b}); }, {"cat"}},
      {"stack", [&] { stack({a, v}); }, {"stack"}},
      {"permute", [&] { permute(a, {0}); }, {"permute"}},
      {"conv2d", [&] { conv2d(image, zeros({3, 5, 3, 3}), {}, {}); }, {"conv2d", "[1, 2, 4, 4]"}},
      {"layer_norm", [&] { layer_norm(a, {4}); }, {"layer_norm", "[4]", "[2, 3]"}},
      {"batch_norm of a vector", [&] { batch_norm(v, v, v, {}, {}); }, {"[3]"}},
      {"dot", [&] { dot(v, zeros({4})); }, {"[3]", "[4]"}},
      {"cross_entropy", [&] { cross_entropy(a, indices({0, 1, 2})); }, {"cross_entropy", "[2, 3]"}},
      {"attention", [&] { scaled_dot_product_attention(zeros({1, 2, 4}), zeros({1, 3, 5}), zeros({1, 3, 4})); }, {"attention"}},
      {"where", [&] { where(eq(a, a), a, b); }, {"[4, 5]"}},
      {"einsum", [&] { einsum("ij,jk->ik", {a, b}); }, {"einsum"}},
      {"mse_loss", [&] { mse_loss(a, b); }, {"[2, 3]", "[4, 5]"}},
      {"trace of a vector", [&] { trace(v); }, {"trace"}},
  });
}

TEST_CASE("operations refuse axes and indices that do not exist") {
  Tensor a = arange(6.0), m = reshape(a, {2, 3});
  refuse<IndexError>({
      {"sum", [&] { sum(m, {2}); }, {"sum", "2"}},
      {"softmax", [&] { softmax(m, -3); }, {"softmax"}},
      {"select", [&] { select(m, 1, 3); }, {"3"}},
      {"index_select", [&] { index_select(m, 1, indices({0, 3})); }, {"3"}},
      {"gather", [&] { gather(m, 1, reshape(indices({0, 7}), {2, 1})); }, {"7"}},
      {"scatter", [&] { scatter(m, 1, reshape(indices({-4, 0}), {2, 1}), 1.0); }, {"-4"}},
      {"take", [&] { take(m, indices({6})); }, {"6"}},
      {"index", [&] { index(m, {indices({2})}); }, {"2"}},
      {"embedding", [&] { embedding(m, indices({2})); }, {"2"}},
      {"cross_entropy", [&] { cross_entropy(m, indices({0, 3})); }, {"3"}},
      {"transpose", [&] { transpose(m, 0, 2); }, {"transpose"}},
      {"squeeze", [&] { squeeze(m, {5}); }, {"5"}},
      {"cat", [&] { cat({m, m}, 2); }, {"2"}},
      {"cumsum", [&] { cumsum(m, 2); }, {"2"}},
      {"flip", [&] { flip(m, {-3}); }, {"-3"}},
      {"one_hot", [&] { one_hot(indices({-1})); }, {"-1"}},
      {"argmax of nothing", [&] { argmax(zeros({0})); }, {"argmax"}},
  });
}

TEST_CASE("operations refuse values that make no sense") {
  Tensor m = reshape(arange(6.0), {2, 3});
  refuse<ValueError>({
      {"zeros of a negative size", [&] { zeros({2, -3}); }, {"-3"}},
      {"a size that overflows", [&] { zeros({int64_t(1) << 40, int64_t(1) << 40}); }, {"1099511627776"}},
      {"slice with step 0", [&] { slice(m, 0, 0, 2, 0); }, {"step"}},
      {"split", [&] { split(m, 0, 1); }, {"split"}},
      {"chunk", [&] { chunk(m, 0); }, {"chunk"}},
      {"topk", [&] { topk(m, 4); }, {"topk", "4"}},
      {"quantile", [&] { quantile(m, 1.5); }, {"1.5"}},
      {"dropout", [&] { dropout(m, 1.5); }, {"1.5"}},
      {"arange", [&] { arange(0, 5, 0); }, {"arange"}},
      {"randint", [&] { randint(3, 3, {2}); }, {"3"}},
      {"multinomial", [&] { multinomial(tensor({0.0, 0.0}), 1); }, {"multinomial"}},
      {"group_norm", [&] { group_norm(zeros({1, 3, 2}), 2); }, {"2", "3"}},
      {"repeat_interleave", [&] { repeat_interleave(m, -1); }, {"-1"}},
      {"bincount", [&] { bincount(indices({-2})); }, {"-2"}},
  });
}

TEST_CASE("operations refuse types and states") {
  refuse<DTypeError>({
      {"index by numbers that are no integers", [&] { index_select(zeros({2}), 0, zeros({1})); }, {"float32"}},
      {"a mask of numbers", [&] { masked_select(zeros({2}), zeros({2})); }, {"float32"}},
      {"embedding", [&] { embedding(zeros({2, 2}), zeros({1})); }, {"float32"}},
  });
  refuse<StateError>({
      {"an undefined tensor", [&] { Tensor() + zeros({1}); }, {"undefined"}},
      {"an undefined shape", [&] { Tensor().shape(); }, {"undefined"}},
  });
  CHECK_THROWS_AS(zeros({2}).item<double>(), Error);
}

TEST_CASE("recurrent layers refuse ragged and empty sequences") {
  nn::LSTM lstm{{.input_size = 3, .hidden_size = 2}};
  CHECK_THROWS_AS(lstm(zeros({4, 2, 5})), ShapeError);
  CHECK_THROWS_AS(lstm(zeros({3})), ShapeError);
  CHECK_THROWS_AS(nn::LSTM({.input_size = 3, .hidden_size = 0}), Error);
}
