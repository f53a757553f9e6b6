// report.html: what a run did, on one self-contained page.
#pragma once

#include <string>
#include <vector>

#include "examples/cli/trainer.h"

namespace tare::cli {

/// Writes curves of loss and accuracy, the confusion matrix, a grid of mistaken images and the table of layers. `epochs`: the lines of
/// metrics.jsonl.
void write_report(const std::string& file, const std::string& title, const std::vector<Json>& epochs, Trainer& trainer);

}  // namespace tare::cli
