// Data sets made harder: wrong labels, rare classes, few samples.
#pragma once

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

enum class NoiseKind { symmetric, pair };

struct LabelNoiseOptions {
  double fraction = 0.2;                    ///< probability that a label is wrong
  NoiseKind kind = NoiseKind::symmetric;    ///< "symmetric": any other class, equally likely; "pair": the next class
  int64_t num_classes = 10;
  int64_t seed = 0;
  void visit(Visitor&);
};
/// The same inputs with labels of which a fraction is wrong; which ones depends on the seed and the sample alone.
struct LabelNoise : Dataset {
  using Options = LabelNoiseOptions;
  explicit LabelNoise(const Dataset& base, LabelNoiseOptions o = {});
};

enum class ImbalanceKind { exponential, step };

struct ImbalanceOptions {
  double ratio = 0.01;                               ///< size of the rarest class over that of the most frequent
  ImbalanceKind kind = ImbalanceKind::exponential;   ///< "exponential": sizes n ratio^(c / (classes - 1)); "step": the second half of the classes is rare
  int64_t seed = 0;                                  ///< decides which samples stay
  void visit(Visitor&);
};
/// Long-tailed versions of balanced data sets (Cui et al. 2019, arXiv:1901.05555; Buda et al. 2017, arXiv:1710.05381).
struct Imbalance : Dataset {
  using Options = ImbalanceOptions;
  explicit Imbalance(const Dataset& base, ImbalanceOptions o = {});
};

struct PerClassOptions {
  int64_t count = 10;
  int64_t seed = 0;
  void visit(Visitor&);
};
/// `count` random samples of each class, or all of a class that has fewer.
struct PerClass : Dataset {
  using Options = PerClassOptions;
  explicit PerClass(const Dataset& base, PerClassOptions o = {});
};

}  // namespace tare::data
