// Measures of classifiers in the table of functions.
#include "autograd/functions.h"
#include "autograd/ops/factory.h"
#include "nn/metric/classification.h"

namespace tare::nn::tables {
namespace {

Tensor number(double v) { return full({}, v, DType::float64); }

const Function kRows[] = {
    {"accuracy", [](const Inputs& x, Keywords& o) -> Tensors { return {number(metric::accuracy(x[0], x[1], o.integer("k", 1)))}; }, nullptr, Gradient::none,
     "Share of samples whose label is among the k largest scores."},
    {"confusion_matrix", [](const Inputs& x, Keywords& o) -> Tensors { return {metric::confusion_matrix(x[0], x[1], o.integer("num_classes"))}; }, nullptr, Gradient::none,
     "How often each class was taken for each other."},
    {"expected_calibration_error",
     [](const Inputs& x, Keywords& o) -> Tensors { return {number(metric::expected_calibration_error(x[0], x[1], o.integer("bins", 15)))}; }, nullptr, Gradient::none,
     "How far confidence is from accuracy, over bins of confidence.", "acls"},
    {"f1_score",
     [](const Inputs& x, Keywords& o) -> Tensors {
       std::string average = o.word("average", "macro");
       check<ConfigError>(average == "macro" || average == "micro" || average == "weighted", "f1_score: average must be macro, micro or weighted, not \"", average, "\"");
       Tensor m = metric::confusion_matrix(x[0], x[1], o.integer("num_classes"));
       return {number(metric::f1_score(m, average == "macro" ? metric::Average::macro : average == "micro" ? metric::Average::micro : metric::Average::weighted))};
     },
     nullptr, Gradient::none, "Harmonic mean of precision and recall."},
    {"perplexity", [](const Inputs& x, Keywords& o) -> Tensors { return {number(metric::perplexity(x[0], x[1], o.integer("ignore_index", -100)))}; }, nullptr, Gradient::none,
     "exp of the mean cross entropy."},
    {"roc_auc", [](const Inputs& x, Keywords&) -> Tensors { return {number(metric::roc_auc(x[0], x[1]))}; }, nullptr, Gradient::none,
     "Probability that a positive sample scores above a negative one."},
};

}  // namespace

std::span<const Function> metric() { return kRows; }

}  // namespace tare::nn::tables
