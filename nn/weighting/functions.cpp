// What weighs losses, in the table of functions.
#include "autograd/functions.h"
#include "nn/weighting/importance_sampler.h"
#include "nn/weighting/storm.h"

namespace tare::nn::tables {
namespace {

void check_model(Keywords& o) {
  std::string model = o.word("model", "softmax_regression_no_bias");
  check<ConfigError>(model == "softmax_regression_no_bias", "model: only \"softmax_regression_no_bias\" is known, not \"", model, "\"");
}
Tensors call_meta_lookahead(const Inputs& x, Keywords& o) {
  check_model(o);
  std::string normalize = o.word("normalize", "mean");
  check<ConfigError>(normalize == "mean", "meta_lookahead_loss: normalize must be \"mean\", not \"", normalize, "\"");
  return {meta_lookahead_loss(x[0], x[1], x[2], x[3], x[4], x[5], o.real("lr"))};
}
Tensors call_storm_meta(const Inputs& x, Keywords& o) {
  check_model(o);
  return {storm_meta_loss(x[0], x[1], x[2], x[3], x[4], x[5], x[6], o.real("lr"))};
}

const Function kWeighting[] = {
    {"meta_lookahead_loss", call_meta_lookahead, nullptr, Gradient::exact, "The loss of a validation batch after one weighted step of softmax regression.",
     "meta_loss_rescaling"},
    {"pada_data_score", [](const Inputs& x, Keywords&) -> Tensors { return {pada_data_score(x[0], x[1])}; }, nullptr, Gradient::none,
     "The norm of each sample's gradient of cross entropy at the logits.", "pa_da_nas"},
    {"pada_probability", [](const Inputs& x, Keywords& o) -> Tensors { return {pada_probability(x[0], o.real("tau"))}; }, nullptr, Gradient::none,
     "Probabilities in proportion to norms, mixed with equal ones.", "pa_da_nas"},
    {"pada_running_mean", [](const Inputs& x, Keywords&) -> Tensors { return {pada_running_mean(x[0], x[1], x[2])}; }, nullptr, Gradient::none,
     "Scores of samples halved towards those of their latest visits.", "pa_da_nas"},
    {"rescaler_features", [](const Inputs& x, Keywords&) -> Tensors { return {rescaler_features(x[0], x[1])}; }, nullptr, Gradient::none,
     "Loss, confidence and entropy of each sample.", "meta_loss_rescaling"},
    {"storm_features",
     [](const Inputs& x, Keywords& o) -> Tensors { return {storm_features(x[0], x[1], o.integer("num_classes", x[0].size(-1)), o.flag("class_separation", true))}; },
     nullptr, Gradient::none, "Nineteen statistics of each sample's losses and confidences over passes and within its group.", "meta_loss_rescaling"},
    {"storm_meta_loss", call_storm_meta, nullptr, Gradient::exact, "A weighted loss after one weighted step of softmax regression.", "meta_loss_rescaling"},
};

}  // namespace

std::span<const Function> weighting() { return kWeighting; }

}  // namespace tare::nn::tables
