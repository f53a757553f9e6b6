// The one thread-local Context, changed only by scopes.
//
// Operations and modules read it; kernels and worker threads never do.
#pragma once

#include "core/dtype.h"
#include "core/random.h"

namespace tare {

struct Observation;  // nn/observe.h
class Tracer;        // autograd/trace.h

struct Context {
  bool grad_enabled = true;
  bool frozen_statistics = false;   ///< running statistics stay as they are
  bool no_init = false;             ///< constructors allocate parameters without filling them
  bool replay = false;              ///< a forward pass is being repeated for rematerialisation
  bool anomaly = false;             ///< check every result for NaN and Inf
  DType default_dtype = DType::float32;
  Generator* generator = nullptr;   ///< null: the process-wide one
  Observation* observation = nullptr;
  Tracer* tracer = nullptr;
  const char* module_path = nullptr;  ///< path of the module whose forward runs, while anomalies or observers are on
};

inline Context& context() {
  thread_local constinit Context c{};
  return c;
}

/// Saves the whole context and puts it back at the end of the scope; the base of every scope below.
class ContextScope {
 public:
  ContextScope() : before_(context()) {}
  ~ContextScope() { context() = before_; }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  Context before_;
};

/// Nothing is recorded on the tape while it lives.
struct NoGrad : ContextScope {
  NoGrad() { context().grad_enabled = false; }
};
/// Recording is switched on again inside a NoGrad.
struct EnableGrad : ContextScope {
  explicit EnableGrad(bool on = true) { context().grad_enabled = on; }
};
/// New tensors and parameters are of this type: float32 or float64.
struct DefaultDtype : ContextScope {
  explicit DefaultDtype(DType t) { context().default_dtype = t; }
};
/// Random operations draw from `g`.
struct UseGenerator : ContextScope {
  explicit UseGenerator(Generator& g) { context().generator = &g; }
};
/// Constructors of layers leave parameters unfilled: what follows overwrites them.
struct NoInit : ContextScope {
  NoInit() { context().no_init = true; }
};
/// Running statistics (BatchNorm's, spectral norm's vectors) are read but not updated.
struct FrozenStatistics : ContextScope {
  FrozenStatistics() { context().frozen_statistics = true; }
};
/// Checks every result, forward and backward, and throws GradError at the first NaN or Inf, naming the op and its inputs.
struct Anomaly : ContextScope {
  explicit Anomaly(bool on = true) { context().anomaly = on; }
};

inline DType default_dtype() { return context().default_dtype; }

}  // namespace tare
