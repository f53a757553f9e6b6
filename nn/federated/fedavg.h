// Federated averaging: Communication-Efficient Learning of Deep Networks from Decentralized Data (McMahan et al., 2016, arXiv:1602.05629).
//
//     each round every client k starts at the server's theta, takes local_steps of gradient descent on its own data and sends theta_k back;
//     theta <- sum_k (n_k / n) theta_k,   n_k the samples of client k
//
// Every client takes part in every round; buffers are averaged like parameters, integers are those of the first client. Plain gradient descent, no
// state between rounds. Minibatches are drawn with replacement from (seed, client, round), so that a run does not depend on what else draws numbers.
#pragma once

#include <functional>
#include <vector>

#include "core/data/dataset.h"
#include "core/random.h"
#include "nn/module.h"

namespace tare::nn {

/// A model, the clients that train it where their data are, and how they do: what federated methods have in common.
class Federation {
 public:
  using Loss = std::function<Tensor(const Tensor& prediction, const Tensor& target)>;
  /// Rounds done.
  int64_t rounds() const { return round_; }

 protected:
  using State = std::vector<std::pair<std::string, Tensor>>;
  struct Local {
    int64_t steps, batch_size;
    double lr;
    int64_t seed;
  };
  /// Throws ConfigError, for `who`, when the clients have no samples.
  Federation(std::string_view who, Module& model, std::vector<data::Dataset> clients, Loss loss);
  /// One round; `after_step` runs after each local step.
  void average(const Local& local, const std::function<void()>& after_step = {});
  /// Copies of the model's parameters and buffers.
  State snapshot();
  double share(size_t client) const { return double(clients_[client].size()) / double(samples_); }
  static data::Batch draw(const data::Dataset& client, int64_t batch_size, Generator& g);

  Module* model_;
  std::vector<data::Dataset> clients_;
  Loss loss_;
  int64_t round_ = 0, samples_ = 0;

 private:
  void train_locally(size_t client, const Local& local, const std::function<void()>& after_step);
};

struct FedAvgOptions {
  int64_t local_steps = 10;  ///< a client and round
  int64_t batch_size = 32;   ///< at most as many as the client has
  double lr = 0.01;
  int64_t seed = 0;
  void visit(Visitor& v);
};

class FedAvg : public Federation {
 public:
  /// `model` must outlive this and is the global model. The clients' targets are labels for cross entropy unless `loss` is given. Throws ConfigError
  /// for options out of range or clients without samples.
  FedAvg(Module& model, std::vector<data::Dataset> clients, FedAvgOptions options = {}, Loss loss = {});
  void round();
  /// Rounds done.
  void visit(Visitor& v);
  FedAvgOptions options;
};

}  // namespace tare::nn
