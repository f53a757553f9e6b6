#include "optim/states.h"

#include "optim/fields.h"

namespace tare::optim {

void CountState::visit(Visitor& v) { list_states(v, "step", step); }
void MomentumState::visit(Visitor& v) { list_states(v, "momentum_buffer", momentum_buffer, "step", step); }
void MomentState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "step", step); }
void MomentsState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "step", step); }
void MaxMomentsState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "max_exp_avg_sq", max_exp_avg_sq, "step", step);
}

}  // namespace tare::optim
