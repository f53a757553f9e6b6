#include "examples/cli/step_trace.h"

#include "autograd/tape.h"
#include "core/allocator.h"

namespace tare::cli {

std::string_view pass_name(Pass p) { return p == Pass::forward ? "forward" : p == Pass::backward ? "backward" : "update"; }

StepTracer::StepTracer() { mark(); }

void StepTracer::mark() {
  reset_peak_memory();
  counted_ = kernels::counters();
  since_ = std::chrono::steady_clock::now();
}

void StepTracer::add(OpRow row) {
  row.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since_).count();
  kernels::Counters now = kernels::counters();
  row.flops = now.flops - counted_.flops;
  row.bytes = now.bytes - counted_.bytes;
  MemoryStats memory = memory_stats();
  row.live = memory.live_bytes;
  row.peak = memory.peak_bytes;
  rows_.push_back(std::move(row));
}

void StepTracer::forward(const char* name, const Tensors& outputs, const Tensors& inputs) {
  const TapeNode* node = outputs.empty() || !outputs[0].defined() ? nullptr : outputs[0].impl().node.get();
  if (depth_ > 0) return;  // part of the node that is being played
  OpRow row;
  row.name = name;
  const char* path = context().module_path;
  // Off the tape and outside of every module: an optimizer at work.
  row.pass = !path && !context().grad_enabled ? Pass::update : Pass::forward;
  if (path) row.module = path;
  for (const Tensor& t : inputs)
    if (t.defined()) row.inputs += text(row.inputs.empty() ? "" : " ", t.shape());
  if (!outputs.empty() && outputs[0].defined()) row.output = outputs[0].shape();
  add(std::move(row));
  if (node && !node->is_leaf()) forward_of_[node] = rows_.size() - 1;
  mark();
}

void StepTracer::begin_backward(const TapeNode&) {
  if (depth_++ == 0) mark();
}

void StepTracer::end_backward(const TapeNode& node) {
  if (--depth_ > 0) return;
  OpRow row;
  row.name = node.name;
  row.output = node.output.shape;
  if (auto at = forward_of_.find(&node); at != forward_of_.end()) {
    const OpRow& forward = rows_[at->second];
    row.module = forward.module, row.inputs = forward.inputs, row.output = forward.output;
  }
  row.pass = Pass::backward;
  add(std::move(row));
  mark();
}

void StepTracer::end_update(const char* name) {
  if (rows_.empty()) return mark();
  OpRow row;
  row.name = name;
  row.pass = Pass::update;
  add(std::move(row));
  mark();
}

}  // namespace tare::cli
