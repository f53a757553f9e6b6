#include "autograd/table.h"

#include "autograd/ops/factory.h"
#include "kernels/random_fill.h"

namespace tare {

std::vector<Function> functions() {
  std::vector<Function> all;
  for (auto part : {tables::elementwise(), tables::binary(), tables::reduce(), tables::shape(), tables::index(), tables::sort(), tables::products(),
                    tables::layers()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

namespace tables {

Tensor sample(const Shape& shape, double lo, double hi, uint64_t seed) {
  Generator g(seed);
  return kernels::uniform(shape, lo, hi, DType::float64, g);
}

Tensor strided_sample(const Shape& shape, double lo, double hi, uint64_t seed) {
  Shape turned = shape;
  int last = shape.size() - 1;
  std::swap(turned[last], turned[last - 1]);
  Tensor base = sample(turned, lo, hi, seed);
  Shape strides = base.strides();
  std::swap(strides[last], strides[last - 1]);
  return view_of(base, shape, strides, base.impl().offset);
}

Json options(std::initializer_list<std::pair<const char*, Json>> members) {
  Json json = Json::object();
  for (auto& [key, value] : members) json.set(key, value);
  return json;
}

Tensor int_sample(std::initializer_list<int64_t> values, const Shape& shape) { return from_vector(std::vector<int64_t>(values), shape); }

std::vector<FunctionSample> unary_samples(double lo, double hi) {
  return {{{sample({2, 3}, lo, hi)}}, {{sample({}, lo, hi)}}, {{strided_sample({3, 2}, lo, hi)}}, {{sample({0, 2}, lo, hi)}}};
}

std::vector<FunctionSample> binary_samples(double lo, double hi) {
  auto a = [&](const Shape& s) { return sample(s, lo, hi, 1); };
  auto b = [&](const Shape& s) { return sample(s, lo, hi, 2); };
  return {{{a({2, 3}), b({2, 3})}},           {{a({2, 3}), b({3})}}, {{a({2, 1}), b({2, 1, 3})}}, {{a({}), b({2, 2})}},
          {{strided_sample({3, 2}, lo, hi), b({3, 2})}}, {{a({0, 2}), b({2})}}};
}

}  // namespace tables
}  // namespace tare
