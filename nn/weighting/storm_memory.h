// What STORM remembers of each class: the latest samples' statistics, with which a new sample's are compared (nn/weighting/storm.h).
#pragma once

#include <string_view>
#include <vector>

#include "core/visitor.h"

namespace tare::nn {

class StormMemory {
 public:
  /// Keeps the last `capacity` samples of each class; 0: as many as the batch at hand has. Without class_separation samples are compared whatever their label.
  StormMemory(int64_t num_classes, int64_t capacity, bool class_separation = true);
  /// The 19 features of storm_features, in groups of these samples and the remembered ones; the samples are then remembered, as they are now.
  Tensor features(const Tensor& logits, const Tensor& labels);
  void visit(Visitor& v, std::string_view name);

 private:
  enum { kLossMean, kLossDeviation, kConfidenceMean, kConfidenceDeviation, kDivergence, kOverlap, kMeasures };
  struct Sample {
    int64_t label;
    bool agrees;
    double measure[kMeasures];
  };
  template <class F>
  void each_in_group(const Sample& s, F f) const;
  int64_t num_classes_, capacity_;
  bool separate_;
  std::vector<Sample> samples_;  // oldest first
};

}  // namespace tare::nn
