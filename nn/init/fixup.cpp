#include "nn/init/fixup.h"

#include <cmath>

#include "nn/init/init.h"
#include "nn/residual/fixup_block.h"

namespace tare::nn::init {

double fixup_branch_scale(int64_t num_branches, int64_t layers_per_branch) {
  check<ValueError>(num_branches >= 1 && layers_per_branch >= 2, "fixup_branch_scale: expected at least 1 branch and at least 2 layers in each, not ", num_branches, " and ",
                    layers_per_branch);
  return std::pow(double(num_branches), -1.0 / double(2 * layers_per_branch - 2));
}

int64_t fixup(Module& model, std::string_view classifier) {
  std::vector<FixupBasicBlock*> conv_blocks;
  std::vector<FixupMLPBlock*> mlp_blocks;
  for (auto& [path, m] : model.modules()) {
    if (auto* b = dynamic_cast<FixupBasicBlock*>(m)) conv_blocks.push_back(b);
    if (auto* b = dynamic_cast<FixupMLPBlock*>(m)) mlp_blocks.push_back(b);
  }
  int64_t count = int64_t(conv_blocks.size() + mlp_blocks.size());
  check<ConfigError>(count > 0, "fixup: the model has no FixupBasicBlock and no FixupMLPBlock");
  if (!classifier.empty()) {
    auto* last = dynamic_cast<Linear*>(&model.at(classifier));
    check<ConfigError>(last != nullptr, "fixup: the classifier at \"", classifier, "\" is a ", model.at(classifier).type_name(), ", not a Linear");
    last->weight.start(init::zeros(last->weight.shape()), "classifier");
    if (last->bias.defined()) last->bias.start(init::zeros(last->bias.shape()), "classifier");
  }
  for (auto* b : conv_blocks) b->start(count);
  for (auto* b : mlp_blocks) b->start(count);
  return count;
}

}  // namespace tare::nn::init
