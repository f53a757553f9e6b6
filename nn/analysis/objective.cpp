#include "nn/analysis/objective.h"

#include "nn/catalogue.h"

namespace tare::nn {

Objective::Objective(std::string_view who, const AnyModule& model, const std::string& loss) : model_(model.get()) {
  check<ConfigError>(model_ != nullptr, who, ": model must be given");
  const Row& row = find_row(loss, "loss");
  check<ConfigError>(row.kind == Kind::loss, who, ": \"", loss, "\" is not a loss");
  Json config = Json::object();
  config.set("type", loss);
  loss_ = AnyModule(row.create(config, "loss"));
}

Tensor Objective::operator()(const Tensor& x, const Tensor& y) { return loss_(model_->call({&x, 1})[0], y); }

}  // namespace tare::nn
