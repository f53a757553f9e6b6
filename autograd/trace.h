// What the tape tells while it is watched: anomaly mode and `tare explain`.
#pragma once

#include "core/context.h"
#include "core/tensor.h"

namespace tare {

/// Receives every operation, recorded or not, and every played node of its thread while installed by a Trace scope. An operation is reported
/// when it is done; those a vjp consists of come between the begin and the end of its node.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void forward(const char* name, const Tensors& outputs, const Tensors& inputs) = 0;
  virtual void begin_backward(const TapeNode& node) = 0;
  virtual void end_backward(const TapeNode& node) = 0;
};

/// Installs `tracer` for the scope.
struct Trace : ContextScope {
  explicit Trace(Tracer& tracer) { context().tracer = &tracer; }
};

/// Throws GradError at a NaN or Inf among `values`, with the shapes and statistics of `inputs` and the module path.
void check_finite(const char* name, const char* pass, const Tensors& values, const Tensors& inputs);

}  // namespace tare
