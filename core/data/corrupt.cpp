#include "core/data/corrupt.h"

#include <algorithm>
#include <cmath>

#include "core/pack.h"

namespace tare::data {
namespace {

Tensor labels_of_dataset(const Dataset& d, std::string_view what) {
  Tensor labels = d.targets();
  check<DTypeError>(labels.defined() && labels.dtype() == DType::int64 && labels.dim() == 1, what, ": expected one int64 label a sample");
  return packed(labels);
}

class RelabelledSource : public Source {
 public:
  RelabelledSource(Dataset base, Tensor labels) : base_(std::move(base)), labels_(std::move(labels)) {}
  int64_t size() const override { return base_.size(); }
  Batch get(std::span<const int64_t> indices) const override { return {base_.get(indices).x, rows(labels_, indices)}; }
  Tensor targets() const override { return labels_; }
  std::vector<std::string> class_names() const override { return base_.class_names(); }

 private:
  Dataset base_;
  Tensor labels_;
};

Dataset relabelled(const Dataset& base, const LabelNoiseOptions& o) {
  check<ValueError>(o.fraction >= 0 && o.fraction <= 1, "LabelNoise: fraction lies in [0, 1], not ", o.fraction);
  check<ValueError>(o.num_classes >= 2, "LabelNoise: num_classes must be at least 2, not ", o.num_classes);
  Tensor clean = labels_of_dataset(base, "LabelNoise"), noisy = empty(clean.shape(), DType::int64);
  for (int64_t i = 0; i < base.size(); i++) {
    int64_t label = clean.data<int64_t>()[i];
    check<IndexError>(label >= 0 && label < o.num_classes, "LabelNoise: sample ", i, " has the label ", label, ", outside of ", o.num_classes, " classes (option num_classes)");
    Generator g = derive(uint64_t(o.seed), 0, uint64_t(i));
    if (g.uniform() < o.fraction) label = (label + (o.kind == NoiseKind::pair ? 1 : 1 + g.below(o.num_classes - 1))) % o.num_classes;
    noisy.mutable_data<int64_t>()[i] = label;
  }
  return Dataset(std::make_shared<RelabelledSource>(base, noisy));
}

// Keeps keep(c, size of class c, number of classes) samples of each class, chosen at random, in their old order.
template <class Keep>
Dataset thinned(const Dataset& base, int64_t seed, std::string_view what, Keep&& keep) {
  Tensor labels = labels_of_dataset(base, what);
  std::vector<std::vector<int64_t>> of_class;
  for (int64_t i = 0; i < base.size(); i++) {
    int64_t label = labels.data<int64_t>()[i];
    check<IndexError>(label >= 0 && label < 1'000'000, what, ": sample ", i, " has the label ", label);
    if (of_class.size() <= size_t(label)) of_class.resize(size_t(label) + 1);
    of_class[size_t(label)].push_back(i);
  }
  std::vector<int64_t> kept;
  for (size_t c = 0; c < of_class.size(); c++) {
    int64_t size = int64_t(of_class[c].size()), n = std::clamp<int64_t>(keep(int64_t(c), size, int64_t(of_class.size())), 0, size);
    std::vector<int64_t> order = permutation(size, derive(uint64_t(seed), 0, c));
    for (int64_t k = 0; k < n; k++) kept.push_back(of_class[c][size_t(order[size_t(k)])]);
  }
  std::sort(kept.begin(), kept.end());
  return subset(base, std::move(kept));
}

}  // namespace

void LabelNoiseOptions::visit(Visitor& v) {
  constexpr std::string_view kinds[] = {"symmetric", "pair"};
  v.option("fraction", fraction);
  v.option("kind", kind, kinds);
  v.option("num_classes", num_classes);
  v.option("seed", seed);
}
LabelNoise::LabelNoise(const Dataset& base, LabelNoiseOptions o) : Dataset(relabelled(base, o)) {}

void ImbalanceOptions::visit(Visitor& v) {
  constexpr std::string_view kinds[] = {"exponential", "step"};
  v.option("ratio", ratio);
  v.option("kind", kind, kinds);
  v.option("seed", seed);
}
Imbalance::Imbalance(const Dataset& base, ImbalanceOptions o) {
  check<ValueError>(o.ratio > 0 && o.ratio <= 1, "Imbalance: ratio lies in (0, 1], not ", o.ratio);
  static_cast<Dataset&>(*this) = thinned(base, o.seed, "Imbalance", [&](int64_t c, int64_t size, int64_t classes) {
    double share = o.kind == ImbalanceKind::step ? (c < (classes + 1) / 2 ? 1 : o.ratio) : std::pow(o.ratio, double(c) / double(std::max<int64_t>(classes - 1, 1)));
    return std::max<int64_t>(1, std::llround(double(size) * share));
  });
}

void PerClassOptions::visit(Visitor& v) {
  v.option("count", count);
  v.option("seed", seed);
}
PerClass::PerClass(const Dataset& base, PerClassOptions o) {
  check<ValueError>(o.count > 0, "PerClass: count must be positive, not ", o.count);
  static_cast<Dataset&>(*this) = thinned(base, o.seed, "PerClass", [&](int64_t, int64_t, int64_t) { return o.count; });
}

}  // namespace tare::data
