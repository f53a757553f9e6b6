#include "nn/federated/fedavg.h"

#include "autograd/ops/loss.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "core/dtype.h"
#include "kernels/elementwise.h"

namespace tare::nn {

Federation::Federation(std::string_view who, Module& model, std::vector<data::Dataset> clients, Loss loss)
    : model_(&model),
      clients_(std::move(clients)),
      loss_(loss ? std::move(loss) : [](const Tensor& p, const Tensor& y) { return cross_entropy(p, y); }) {
  for (auto& c : clients_) samples_ += c.size();
  check<ConfigError>(samples_ > 0, who, ": the clients have no samples");
}

Federation::State Federation::snapshot() {
  State all = model_->state();
  for (auto& [name, t] : all) t = kernels::copy(t);
  return all;
}

data::Batch Federation::draw(const data::Dataset& client, int64_t batch_size, Generator& g) {
  std::vector<int64_t> which(size_t(std::min(batch_size, client.size())));
  for (int64_t& i : which) i = g.below(client.size());
  return client.get(which);
}

void Federation::train_locally(size_t client, const Local& local, const std::function<void()>& after_step) {
  Generator random(derive(uint64_t(local.seed), 3 + client, uint64_t(round_)));
  Tensors leaves = model_->parameters().tensors();
  for (int64_t step = 0; step < local.steps; step++) {
    data::Batch b = draw(clients_[client], local.batch_size, random);
    Tensors g = grad({loss_(model_->call(std::array{b.x})[0], b.y)}, leaves, {.allow_unused = true});
    NoGrad off;
    for (size_t i = 0; i < leaves.size(); i++)
      if (g[i].defined()) kernels::add_into(leaves[i], g[i], -local.lr);
    if (after_step) after_step();
  }
}

void Federation::average(const Local& local, const std::function<void()>& after_step) {
  EnableGrad on;
  State global = snapshot(), total;
  model_->train();
  for (size_t k = 0; k < clients_.size(); k++) {
    if (clients_[k].size() == 0) continue;
    model_->load_state(global);
    train_locally(k, local, after_step);
    State found = model_->state();
    for (size_t i = 0; i < found.size(); i++) {
      bool number = is_floating(found[i].second.dtype());
      if (total.size() <= i) total.emplace_back(found[i].first, number ? kernels::mul(found[i].second, share(k)) : kernels::copy(found[i].second));
      else if (number) kernels::add_into(total[i].second, found[i].second, share(k));
    }
  }
  model_->load_state(total);
  round_++;
}

void FedAvgOptions::visit(Visitor& v) {
  v.option("local_steps", local_steps);
  v.option("batch_size", batch_size);
  v.option("lr", lr);
  v.option("seed", seed);
}

FedAvg::FedAvg(Module& model, std::vector<data::Dataset> clients, FedAvgOptions o, Loss loss)
    : Federation("FedAvg", model, std::move(clients), std::move(loss)), options(o) {
  check<ConfigError>(o.local_steps >= 0 && o.batch_size >= 1, "FedAvg: expected local_steps of at least 0 and batch_size of at least 1, not ",
                     o.local_steps, " and ", o.batch_size);
}

void FedAvg::round() { average({options.local_steps, options.batch_size, options.lr, options.seed}); }

void FedAvg::visit(Visitor& v) { v.state("round", round_); }

}  // namespace tare::nn
