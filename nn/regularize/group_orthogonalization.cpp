#include "nn/regularize/group_orthogonalization.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

void GroupOrthogonalizationOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"intra", "inter"};
  v.option("num_groups", num_groups);
  v.option("reg_type", reg_type, names);
  v.option("min_num_filters", min_num_filters);
  v.option("regularize_fc_layers", regularize_fc_layers);
  v.option("lambda", lambda);
}

GroupOrthogonalization::GroupOrthogonalization(Options o) : options(o) {
  check<ConfigError>(o.num_groups >= 1 && o.min_num_filters >= 1, type, ": num_groups and min_num_filters must be at least 1, not ", o.num_groups, " and ",
                     o.min_num_filters);
  check_factor(type, "lambda", o.lambda);
}

Tensor GroupOrthogonalization::forward(const Tensors& weights) { return options.lambda * group_orthogonalization_loss(weights, options); }

Tensor group_orthogonalization_loss(const Tensors& weights, const GroupOrthogonalizationOptions& o) {
  check<ValueError>(!weights.empty(), "group_orthogonalization_loss: there is nothing to regularize");
  Tensors terms;
  for (const Tensor& w : weights) {
    if (w.dim() == 2 && !o.regularize_fc_layers) continue;
    Tensor rows = as_rows(w, "group_orthogonalization_loss");
    int64_t outputs = rows.size(0), d = rows.size(1), n = std::max<int64_t>(1, std::min(o.num_groups, outputs / o.min_num_filters));
    check<ShapeError>(outputs % n == 0, "group_orthogonalization_loss: ", outputs, " filters (weight ", w.shape(), ") cannot be cut into ", n,
                      " equal groups; choose num_groups that divides them");
    Tensor sets = reshape(rows, {n, outputs / n, d});
    if (o.reg_type == GroupOrthogonalizationOptions::Type::intra) sets = transpose(sets, 0, 1);
    Tensor turned = transpose(sets, 1, 2);
    Tensor gram = sets.size(1) >= d ? bmm(turned, sets) : bmm(sets, turned);
    terms.push_back(sum(square(gram - eye(gram.size(1), gram.size(1), gram.dtype()))));
  }
  return terms.empty() ? zeros({}, weights[0].dtype()) : add_up(terms, "group_orthogonalization_loss");
}

template class Layer<GroupOrthogonalization>;

}  // namespace tare::nn
