// A visit to other weights: what methods do that look at the gradient near the present point.
#pragma once

#include "optim/optimizer.h"

namespace tare::optim {

/// Remembers the weights and the loss of a step; its end puts them back bit for bit, also when the closure throws.
class Excursion {
 public:
  explicit Excursion(Step& s);
  ~Excursion();
  Excursion(const Excursion&) = delete;
  Excursion& operator=(const Excursion&) = delete;
  /// w <- the remembered weights + scale * offsets; parameters whose offset is undefined stay.
  void to(const Tensors& offsets, double scale = 1);
  /// s.grads become those of the weights as they are now. `frozen`: running statistics are left alone.
  void evaluate(std::string_view who, bool frozen = true);
  const Tensors& home() const { return home_; }

 private:
  Step& step_;
  Tensors home_;
  Tensor loss_;
};

}  // namespace tare::optim
