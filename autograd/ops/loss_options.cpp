// The options of the losses by their JSON keys.
#include "autograd/ops/loss.h"
#include "core/visitor.h"

namespace tare {
namespace {

constexpr std::string_view kReductionNames[] = {"none", "mean", "sum"};
constexpr std::string_view kKLReductionNames[] = {"none", "mean", "sum", "batchmean"};

}  // namespace

void LossOptions::visit(Visitor& v) { v.option("reduction", reduction, kReductionNames); }
void CrossEntropyOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("ignore_index", ignore_index);
  v.option("reduction", reduction, kReductionNames);
  v.option("label_smoothing", label_smoothing);
}
void NLLLossOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("ignore_index", ignore_index);
  v.option("reduction", reduction, kReductionNames);
}
void MultiMarginLossOptions::visit(Visitor& v) {
  v.option("p", p);
  v.option("margin", margin);
  v.option("weight", weight);
  v.option("reduction", reduction, kReductionNames);
}
void MultiLabelSoftMarginLossOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("reduction", reduction, kReductionNames);
}
void FocalLossOptions::visit(Visitor& v) {
  v.option("alpha", alpha);
  v.option("gamma", gamma);
  v.option("reduction", reduction, kReductionNames);
}
void DiceLossOptions::visit(Visitor& v) {
  v.option("smooth", smooth);
  v.option("square", square);
  v.option("reduction", reduction, kReductionNames);
}
void BCELossOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("reduction", reduction, kReductionNames);
}
void BCEWithLogitsLossOptions::visit(Visitor& v) {
  v.option("weight", weight);
  v.option("reduction", reduction, kReductionNames);
  v.option("pos_weight", pos_weight);
}
void KLDivLossOptions::visit(Visitor& v) {
  v.option("reduction", reduction, kKLReductionNames);
  v.option("log_target", log_target);
}
void PoissonNLLLossOptions::visit(Visitor& v) {
  v.option("log_input", log_input);
  v.option("full", full);
  v.option("eps", eps);
  v.option("reduction", reduction, kReductionNames);
}
void GaussianNLLLossOptions::visit(Visitor& v) {
  v.option("full", full);
  v.option("eps", eps);
  v.option("reduction", reduction, kReductionNames);
}
void CTCLossOptions::visit(Visitor& v) {
  v.option("blank", blank);
  v.option("reduction", reduction, kReductionNames);
  v.option("zero_infinity", zero_infinity);
}
void SmoothL1LossOptions::visit(Visitor& v) {
  v.option("reduction", reduction, kReductionNames);
  v.option("beta", beta);
}
void HuberLossOptions::visit(Visitor& v) {
  v.option("reduction", reduction, kReductionNames);
  v.option("delta", delta);
}
void MarginOptions::visit(Visitor& v) {
  v.option("margin", margin);
  v.option("reduction", reduction, kReductionNames);
}
void HingeEmbeddingLossOptions::visit(Visitor& v) {
  v.option("margin", margin);
  v.option("reduction", reduction, kReductionNames);
}
void TripletMarginLossOptions::visit(Visitor& v) {
  v.option("margin", margin);
  v.option("p", p);
  v.option("eps", eps);
  v.option("swap", swap);
  v.option("reduction", reduction, kReductionNames);
}

}  // namespace tare
