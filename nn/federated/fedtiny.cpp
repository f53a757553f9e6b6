#include "nn/federated/fedtiny.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "nn/norm/update_batch_norm.h"

namespace tare::nn {
namespace {

/// The k first of `candidates` by falling score, lower indices first among equals.
std::vector<int64_t> best(std::vector<int64_t> candidates, const std::vector<double>& score, int64_t k) {
  std::stable_sort(candidates.begin(), candidates.end(), [&](int64_t a, int64_t b) { return score[size_t(a)] > score[size_t(b)]; });
  candidates.resize(size_t(k));
  return candidates;
}

int64_t quota_of(int64_t t, int64_t active, int64_t r_stop, double fraction) {
  if (t >= r_stop) return 0;
  return int64_t(std::floor(fraction * (1 + std::cos(std::numbers::pi * double(t) / double(r_stop))) * double(active)));
}

std::vector<double> sizes_of(const Tensor& t) { return kernels::abs(t).to_vector<double>(); }

int64_t active_in(const Tensor& mask) {
  int64_t n = 0;
  for (int64_t m : mask.to_vector<int64_t>()) n += m;
  return n;
}

}  // namespace

Tensor fedtiny_quota(const Tensor& t, const Tensor& n_active, int64_t r_stop, double fraction) {
  check<ShapeError>(t.shape() == n_active.shape(), "fedtiny_quota: expected as many rounds as numbers of weights but they are ", t.shape(), " and ", n_active.shape());
  check<ValueError>(r_stop >= 1 && fraction >= 0, "fedtiny_quota: r_stop must be at least 1 and fraction at least 0, not ", r_stop, " and ", fraction);
  std::vector<int64_t> rounds = t.to_vector<int64_t>(), quota = n_active.to_vector<int64_t>();
  for (size_t i = 0; i < quota.size(); i++) quota[i] = quota_of(rounds[i], quota[i], r_stop, fraction);
  return from_vector(quota, t.shape());
}

PrunedWeight fedtiny_prune_and_grow(const Tensor& weight, const Tensor& avg_grad, const Tensor& mask, int64_t quota) {
  check<ShapeError>(avg_grad.shape() == weight.shape() && mask.shape() == weight.shape(), "fedtiny_prune_and_grow: expected a gradient and a mask of the weight's shape ",
                    weight.shape(), " but they are ", avg_grad.shape(), " and ", mask.shape());
  check<ValueError>(quota >= 0, "fedtiny_prune_and_grow: quota must be at least 0, not ", quota);
  std::vector<int64_t> m = mask.to_vector<int64_t>(), active, pruned;
  for (size_t i = 0; i < m.size(); i++) (m[i] ? active : pruned).push_back(int64_t(i));
  int64_t k = std::min({quota, int64_t(active.size()), int64_t(pruned.size())});
  std::vector<double> w = weight.to_vector<double>(), smallness(w.size());
  for (size_t i = 0; i < w.size(); i++) smallness[i] = -std::abs(w[i]), w[i] = m[i] ? w[i] : 0;
  for (int64_t i : best(active, smallness, k)) m[size_t(i)] = 0, w[size_t(i)] = 0;
  for (int64_t i : best(pruned, sizes_of(avg_grad), k)) m[size_t(i)] = 1;
  return {from_vector(m, mask.shape()), from_vector(w, weight.shape(), weight.dtype())};
}

AggregatedStatistics fedtiny_bn_aggregate(const Tensor& means, const Tensor& vars, const Tensor& counts) {
  check<ShapeError>(means.dim() == 2 && vars.shape() == means.shape() && counts.shape() == Shape({means.size(0)}),
                    "fedtiny_bn_aggregate: expected means and variances [K, C] and counts [K] but they are ", means.shape(), ", ", vars.shape(), " "
                    "and ", counts.shape());
  std::vector<int64_t> count = counts.to_vector<int64_t>();
  double total = double(std::accumulate(count.begin(), count.end(), int64_t(0)));
  check<ValueError>(total > 0, "fedtiny_bn_aggregate: the clients have no samples");
  int64_t channels = means.size(1);
  std::vector<double> m = means.to_vector<double>(), v = vars.to_vector<double>(), mean(static_cast<size_t>(channels)), var(static_cast<size_t>(channels));
  for (size_t k = 0; k < count.size(); k++)
    for (size_t c = 0; c < mean.size(); c++) {
      mean[c] += double(count[k]) / total * m[k * mean.size() + c];
      var[c] += double(count[k]) / total * v[k * mean.size() + c];
    }
  return {from_vector(mean, {channels}, means.dtype()), from_vector(var, {channels}, means.dtype())};
}

void FedTinyOptions::visit(Visitor& v) {
  v.option("density", density);
  v.option("num_candidates", num_candidates);
  v.option("delta_round", delta_round);
  v.option("r_stop", r_stop);
  v.option("fraction", fraction);
  v.option("local_steps", local_steps);
  v.option("batch_size", batch_size);
  v.option("lr", lr);
  v.option("seed", seed);
}

FedTiny::FedTiny(Module& model, std::vector<data::Dataset> clients, FedTinyOptions o, Loss loss)
    : Federation("FedTiny", model, std::move(clients), std::move(loss)), options(o) {
  check<ConfigError>(o.density > 0 && o.density <= 1 && o.num_candidates >= 1 && o.delta_round >= 1 && o.r_stop >= 1 && o.local_steps >= 0 && o.batch_size >= 1,
                     "FedTiny: density must be in (0, 1] and the counts at least 1; density ", o.density, ", num_candidates ", o.num_candidates, ", "
                     "delta_round ",
                     o.delta_round, ", r_stop ", o.r_stop, ", batch_size ", o.batch_size);
  for (auto& e : model.parameters())
    if (e.role == Role::weight && e.tensor.dim() >= 2) masks_.emplace_back(e.name, full(e.tensor.shape(), 1, DType::int64));
  check<ConfigError>(masks_.size() >= 2, "FedTiny: the model has no layer to prune before its last one");
  masks_.pop_back();
}

void FedTiny::apply_masks() {
  ParameterList params = model_->parameters();
  for (auto& [name, mask] : masks_) {
    const Tensor& w = params.find(name)->tensor;
    kernels::copy_into(w, kernels::mul(w, kernels::to(mask, w.dtype())));
  }
}

Tensor FedTiny::masked_by(const std::vector<double>& score, int64_t kept, const Shape& shape) const {
  std::vector<int64_t> all(score.size()), mask(score.size());
  std::iota(all.begin(), all.end(), 0);
  for (int64_t i : best(all, score, kept)) mask[size_t(i)] = 1;
  return from_vector(mask, shape);
}

/// BatchNorm statistics of every client's data, averaged into the global model.
void FedTiny::collect_statistics() {
  State total;
  for (auto& client : clients_) {
    if (client.size() == 0) continue;
    update_batch_norm(*model_, [&] {
      for (int64_t at = 0; at < client.size(); at += options.batch_size) {
        std::vector<int64_t> which(size_t(std::min(options.batch_size, client.size() - at)));
        std::iota(which.begin(), which.end(), at);
        if (which.size() > 1 || at == 0) (void)model_->call(std::array{client.get(which).x});
      }
    });
    double share = double(client.size()) / double(samples_);
    State found = model_->buffers();
    for (size_t i = 0; i < found.size(); i++) {
      Tensor part = is_floating(found[i].second.dtype()) ? kernels::mul(found[i].second, share) : kernels::copy(found[i].second);
      if (total.size() <= i) total.emplace_back(found[i].first, part);
      else if (is_floating(part.dtype())) kernels::add_into(total[i].second, part);
    }
  }
  if (!total.empty()) model_->load_state(total, false);
}

int64_t FedTiny::select() {
  NoGrad off;
  State start = snapshot();
  ParameterList params = model_->parameters();
  Generator random(derive(uint64_t(options.seed), 1, 0));
  std::vector<std::vector<double>> scores;
  double weights = 0;
  for (auto& [name, mask] : masks_) scores.push_back(sizes_of(params.find(name)->tensor)), weights += double(mask.numel());
  std::vector<std::pair<std::string, Tensor>> chosen;
  State chosen_state;
  int64_t winner = -1;
  double least = INFINITY;
  for (int64_t c = 0; c < options.num_candidates; c++) {
    // Densities of the layers: random factors around the total one, scaled until they keep as many weights in all; no layer has more than it has or
    // is empty.
    std::vector<double> factor(masks_.size(), 1);
    if (c > 0)
      for (double& f : factor) f = std::exp(2 * random.uniform() - 1);
    double scale = 1;
    for (int pass = 0; pass < 60; pass++) {
      double kept = 0;
      for (size_t l = 0; l < factor.size(); l++) kept += double(masks_[l].second.numel()) * std::min(1.0, scale * options.density * factor[l]);
      scale *= options.density * weights / kept;
    }
    model_->load_state(start);
    for (size_t l = 0; l < factor.size(); l++) {
      double n = double(masks_[l].second.numel());
      int64_t kept = std::clamp(int64_t(std::llround(n * std::min(1.0, scale * options.density * factor[l]))), int64_t(1), int64_t(n));
      masks_[l].second = masked_by(scores[l], kept, masks_[l].second.shape());
    }
    apply_masks();
    collect_statistics();
    double loss = 0;
    bool training = model_->training();
    model_->eval();
    for (auto& client : clients_) {
      if (client.size() == 0) continue;
      data::Batch all = client.all();
      loss += double(client.size()) / double(samples_) * loss_(model_->call(std::array{all.x})[0], all.y).item();
    }
    model_->train(training);
    if (winner < 0 || loss < least) winner = c, least = loss, chosen = masks_, chosen_state = snapshot();
  }
  masks_ = chosen;
  model_->load_state(chosen_state);
  return winner;
}

void FedTiny::prune_at_random() {
  Generator random(derive(uint64_t(options.seed), 2, 0));
  for (auto& [name, mask] : masks_) {
    std::vector<double> score(size_t(mask.numel()));
    for (double& s : score) s = random.uniform();
    mask = masked_by(score, std::max<int64_t>(1, std::llround(options.density * double(mask.numel()))), mask.shape());
  }
  apply_masks();
}

void FedTiny::round() {
  int64_t t = rounds();
  average({options.local_steps, options.batch_size, options.lr, options.seed}, [&] { apply_masks(); });
  apply_masks();
  if (t % options.delta_round == 0 && t <= options.r_stop && options.fraction > 0) regrow(t);
}

void FedTiny::regrow(int64_t t) {
  EnableGrad on;
  size_t layer = masks_.size() - 1 - size_t(block_++ % int64_t(masks_.size()));
  auto& [name, mask] = masks_[layer];
  Tensor w = model_->parameters().find(name)->tensor, total = zeros_like(w).detach();
  State before = snapshot();
  for (size_t k = 0; k < clients_.size(); k++) {
    if (clients_[k].size() == 0) continue;
    Generator random(derive(uint64_t(options.seed), 1000003 + k, uint64_t(t)));
    data::Batch b = draw(clients_[k], options.batch_size, random);
    Tensor g = grad(loss_(model_->call(std::array{b.x})[0], b.y), w);
    kernels::add_into(total, g, share(k));
  }
  model_->load_state(before);  // running statistics moved
  PrunedWeight p = fedtiny_prune_and_grow(w.detach(), total, mask, quota_of(t, active_in(mask), options.r_stop, options.fraction));
  mask = p.mask;
  kernels::copy_into(w.detach(), p.weight);
}

void FedTiny::visit(Visitor& v) {
  v.state("round", round_);
  v.state("block", block_);
  for (auto& [name, mask] : masks_) v.state("mask." + name, mask);
}

}  // namespace tare::nn
