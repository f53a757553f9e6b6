// The rows of the flows' functions.
#include "autograd/functions.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/samples.h"
#include "nn/flow/cinc_conv.h"
#include "nn/flow/cnf.h"
#include "nn/flow/dgfs.h"
#include "nn/flow/reflected_flow_matching.h"
#include "nn/flow/reverse_alignment.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

/// Weights whose last tap is far from singular: 2 on the diagonal, small numbers beside it.
Tensor well_posed(int64_t c, int64_t k) {
  Tensor w = spread({c, c, k, k}, -0.4, 0.4, 3);
  double* p = w.mutable_data<double>();
  for (int64_t i = 0; i < c; i++) p[((i * c + i) * k + k) * k - 1] = 2 - 0.1 * double(i);
  return w;
}

/// v(x, t) = x W^T + b cos t.
Tensors call_reflected_ode_linear(const Inputs& x, Keywords& o) {
  std::string velocity = o.word("velocity", "x W^T + b cos(t)");
  check<ConfigError>(velocity == "x W^T + b cos(t)", "reflected_ode_linear: velocity is x W^T + b cos(t), not \"", velocity, "\"");
  auto v = [&](const Tensor& at, double t) { return matmul(at, transpose(x[1])) + x[2] * std::cos(t); };
  return {reflected_ode(v, x[0], o.integer("steps"), o.real("low", -1), o.real("high", 1), o.word("method", "euler"))};
}

const Function kFlowFunctions[] = {
    {"causal_conv2d_inverse", [](const Inputs& x, Keywords&) { return Tensors{causal_conv2d_inverse(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 2, 3, 2}), well_posed(2, 2)}}, {{spread({1, 1, 2, 3}), well_posed(1, 3)}}, {{spread({0, 2, 2, 2}), well_posed(2, 2)}}}; },
     Gradient::exact, "The image whose causal convolution is given.", "cinc_flow"},
    {"dgfs_intermediate_log_reward",
     [](const Inputs& x, Keywords& o) { return Tensors{dgfs_intermediate_log_reward(x[0], x[1], x[2], o.real("sigma", 1), o.real("t_end"))}; },
     [] { return Samples{{{spread({3, 2}), spread({3}), spread({3}, 0.1, 0.9)}, with({{"sigma", 1.5}, {"t_end", 1.2}})}}; }, Gradient::exact,
     "The log reward that a diffusion's intermediate states are scored by.", "dgfs"},
    {"dgfs_log_pb", [](const Inputs& x, Keywords& o) { return Tensors{dgfs_log_pb(x[0], x[1], x[2], o.real("sigma", 1), o.real("dt", 0.01))}; },
     [] { return Samples{{{spread({3}, 0.2, 1), spread({3, 2}), spread({3, 2}, -1, 1, 1)}, with({{"sigma", 0.7}, {"dt", 0.1}})}}; }, Gradient::exact,
     "Log density of a bridge's step back to its start.", "dgfs"},
    {"dgfs_log_pf", [](const Inputs& x, Keywords& o) { return Tensors{dgfs_log_pf(x[0], x[1], x[2], o.real("sigma", 1), o.real("dt", 0.01))}; },
     [] { return Samples{{{spread({3, 2}), spread({3, 2}, -1, 1, 1), spread({3, 2}, -1, 1, 2)}, with({{"sigma", 0.7}, {"dt", 0.25}})}}; }, Gradient::exact,
     "Log density of a controlled diffusion's step.", "dgfs"},
    {"dgfs_subtb_loss", [](const Inputs& x, Keywords& o) { return Tensors{dgfs_subtb_loss(x[0], x[1], x[2], o.real("subtb_lambda", 2), o.integer("data_ndim"))}; },
     [] { return Samples{{{spread({2, 4}), spread({2, 3}), spread({2, 3}, -1, 1, 1)}, with({{"subtb_lambda", 1.5}, {"data_ndim", 3}})}}; }, Gradient::exact,
     "Balance of flows over every part of a trajectory.", "dgfs"},
    {"flow_matching_pair",
     [](const Inputs& x, Keywords&) {
       FlowPair p = flow_matching_pair(x[0], x[1], x[2]);
       return Tensors{p.xt, p.u};
     },
     [] { return Samples{{{spread({3, 2}), spread({3, 2}, -1, 1, 1), spread({3}, 0, 1)}}}; }, Gradient::exact, "A point of a straight path and its velocity.",
     "reflected_flow_matching"},
    {"reflect_box", [](const Inputs& x, Keywords& o) { return Tensors{reflect_box(x[0], o.real("low", -1), o.real("high", 1))}; },
     [] { return Samples{{{spread({4, 5}, -7, 7)}}, {{spread({3}, -2, 2)}, with({{"low", 0.3}, {"high", 0.8}})}, {{spread({0, 2})}}}; }, Gradient::exact,
     "Coordinates folded into a box by reflection at its walls.", "reflected_flow_matching"},
    {"reflect_velocity_sign", [](const Inputs& x, Keywords& o) { return Tensors{reflect_velocity_sign(x[0], o.real("low", -1), o.real("high", 1))}; }, nullptr, Gradient::none,
     "The sign a velocity has after the reflections.", "reflected_flow_matching"},
    {"reflected_ode_linear", call_reflected_ode_linear,
     [] {
       Tensors in{spread({3, 2}, -0.8, 0.9), spread({2, 2}, -1, 1, 1), spread({2}, -2, 2, 2)};
       return Samples{{in, with({{"steps", 3}})}, {in, with({{"steps", 3}, {"method", "heun3"}})}};
     },
     Gradient::exact, "Points moved by a linear field, reflected at the walls of a box.", "reflected_flow_matching"},
    {"repa_alignment_loss", [](const Inputs& x, Keywords&) { return Tensors{repa_alignment_loss(x[0], x[1])}; },
     [] { return Samples{{{spread({4, 3}), spread({4, 3}, -1, 1, 1)}}, {{spread({2, 2, 3}), spread({2, 2, 3}, -1, 1, 1)}}}; }, Gradient::exact,
     "How little features point the way of their targets.", "flow_reverse_alignment"},
    {"temporal_update", [](const Inputs& x, Keywords& o) { return Tensors{temporal_update(x[0], x[1], options_of<TemporalUpdateOptions>(o))}; }, nullptr, Gradient::none,
     "A step of a continuous flow's end time.", "to_flow"},
};

}  // namespace

std::span<const Function> flow() { return kFlowFunctions; }

}  // namespace tare::nn::tables
