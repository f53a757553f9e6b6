#include "optim/sharpness/excursion.h"

#include "kernels/elementwise.h"
#include "optim/inplace.h"

namespace tare::optim {

Excursion::Excursion(Step& s) : step_(s), home_(copies(s.params.tensors())), loss_(s.loss) {}

Excursion::~Excursion() {
  NoGrad off;
  for (size_t i = 0; i < home_.size(); i++) assign(step_.param(i), home_[i]);
  step_.loss = loss_;
}

void Excursion::to(const Tensors& offsets, double scale) {
  for (size_t i = 0; i < home_.size(); i++) {
    assign(step_.param(i), home_[i]);
    if (offsets[i].defined()) add_in_place(step_.param(i), offsets[i], scale);
  }
}

void Excursion::evaluate(std::string_view who, bool frozen) {
  ContextScope scope;
  if (frozen) context().frozen_statistics = true;
  step_.evaluate(false, who);
}

}  // namespace tare::optim
