// StepTracer: the operations of a training step in the order they ran, with what each cost.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "autograd/trace.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "kernels/counters.h"

namespace tare::cli {

enum class Pass { forward, backward, update };
std::string_view pass_name(Pass p);

struct OpRow {
  Pass pass = Pass::forward;
  std::string name, module;  ///< path of the module whose forward it belongs to; "" for the model itself and what is around it
  std::string inputs;        ///< shapes
  Shape output;
  uint64_t flops = 0, bytes = 0;
  double ms = 0;
  int64_t live = 0, peak = 0;  ///< bytes held by tensors afterwards, and at most while it ran
};

/// Install it with a Trace scope while the model is observed (which is what makes module paths known). What happens between two reports
/// belongs to the later one.
class StepTracer final : public Tracer {
 public:
  StepTracer();
  void forward(const char* name, const Tensors& outputs, const Tensors& inputs) override;
  void begin_backward(const TapeNode& node) override;
  void end_backward(const TapeNode& node) override;
  /// What happened since the last report was the optimizer's doing; nothing is written down when that is nothing.
  void end_update(const char* name);

  const std::vector<OpRow>& rows() const { return rows_; }

 private:
  void add(OpRow row);
  void mark();

  std::vector<OpRow> rows_;
  std::unordered_map<const TapeNode*, size_t> forward_of_;  // the row that recorded a node
  int depth_ = 0;                                           // of nodes being played: checkpoints play one inside another
  std::chrono::steady_clock::time_point since_;
  kernels::Counters counted_;
};

}  // namespace tare::cli
