#include "examples/cli/trainer.h"

#include <chrono>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/data/catalogue.h"
#include "core/parallel.h"
#include "kernels/reduce.h"
#include "nn/save.h"
#include "optim/catalogue.h"
#include "optim/schedule/catalogue.h"

namespace tare::cli {
namespace {

constexpr const char* kCure = "lower the learning rate, or clip the gradients";

int64_t count_right(const Tensor& output, const Tensor& y) {
  Tensor predicted = kernels::argmax(output, 1, false);
  auto a = predicted.to_vector<int64_t>(), b = y.to_vector<int64_t>();
  int64_t right = 0;
  for (size_t i = 0; i < a.size(); i++) right += a[i] == b[i];
  return right;
}

bool is_classification(const Tensor& output, const Tensor& y) { return y.dtype() == DType::int64 && output.dim() == y.dim() + 1; }

}  // namespace

Json EpochResult::to_json() const {
  auto number = [](std::optional<double> v) { return v ? Json(*v) : Json(); };
  Json j = Json::object();
  j.set("epoch", epoch);
  j.set("step", step);
  j.set("train_loss", train.loss);
  j.set("train_accuracy", number(train.accuracy));
  j.set("test_loss", test.loss);
  j.set("test_accuracy", number(test.accuracy));
  j.set("lr", lr);
  j.set("seconds", seconds);
  return j;
}

Trainer::Trainer(TrainConfig config) : Trainer(config, data::build_splits(config.data, "data")) {}

Trainer::Trainer(TrainConfig config, data::Splits splits) : config_(std::move(config)), train_(splits.train), test_(splits.test) {
  if (config_.threads > 0) set_num_threads(config_.threads);
  manual_seed(uint64_t(config_.seed));
  check<ConfigError>(train_.size() > 0, "data: the training set is empty");
  model_ = nn::AnyModule(nn::build_module(config_.model, "model"));
  loss_ = nn::AnyModule(nn::build_module(config_.loss, "loss"));
  regularizers_ = std::make_unique<nn::RegularizerList>(*model_, config_.regularizers);
  optimizer_ = optim::build(config_.optimizer, model_->parameters(), "optimizer");
  if (!config_.schedule.is_null()) {
    schedule_ = optim::build_schedule(config_.schedule, "schedule");
    schedule_->bind(*optimizer_);
  }
  data::DataLoaderOptions options{.batch_size = std::min(config_.batch_size, train_.size()), .shuffle = true, .seed = config_.seed};
  if (!config_.transforms.is_null()) {
    auto& list = config_.transforms.as_array("transforms");
    options.transforms.resize(list.size());
    for (size_t i = 0; i < list.size(); i++) options.transforms.at(i).from_json(list[i], text("transforms.", i));
  }
  loader_ = std::make_unique<data::DataLoader>(train_, options);
}

int64_t Trainer::total_steps() const {
  int64_t all = config_.epochs * steps_per_epoch();
  return config_.max_steps > 0 ? std::min(all, config_.max_steps) : all;
}

double Trainer::learning_rate() {
  optim::Optimizer* o = optimizer_.get();
  // The first optimizer inside wrappers and chains that has a rate.
  std::vector<optim::Optimizer*> queue{o};
  while (!queue.empty()) {
    o = queue.back();
    queue.pop_back();
    Json options = o->describe();
    if (const Json* lr = options.find("lr"); lr && lr->is_number()) return lr->as_double("lr");
    for (auto& [key, inside] : o->inner()) queue.push_back(inside);
  }
  return 0;
}

Tensor Trainer::loss_of(const Tensor& x, const Tensor& y, Tensor* output) {
  *output = (*model_).call({&x, 1})[0];
  Tensor both[] = {*output, y.defined() ? y : x};  // without targets the input is the target (autoencoders)
  return loss_->call(both)[0];
}

std::pair<double, Tensor> Trainer::optimize(const data::Batch& batch, const std::function<void()>& before_forward) {
  model_->train();
  Tensor output, first;
  auto objective = [&] {
    if (before_forward) before_forward();
    Tensor input = regularizers_->wants_input_gradient() ? batch.x.detach().set_requires_grad() : batch.x;
    auto watching = regularizers_->watch();
    Tensor total = loss_of(input, batch.y, &output);
    if (Tensor penalty = regularizers_->penalty(input, output); penalty.defined()) total = total + penalty;
    if (!first.defined()) first = output.detach();  // closure methods may evaluate again: the first time is the one that is reported
    return total;
  };
  if (optimizer_->needs_closure()) {
    double loss = optimizer_->step(objective).item();
    return {loss, first};
  }
  optimizer_->zero_grad();
  Tensor total = objective();
  double loss = total.item();
  if (std::isfinite(loss)) {
    total.backward();
    optimizer_->step();
  }
  return {loss, first};
}

data::Batch Trainer::next_batch() {
  if (!iterator_) iterator_ = std::make_unique<data::DataLoader::Iterator>(loader_->begin());
  return **iterator_;
}

double Trainer::step() {
  data::Batch batch = next_batch();
  auto [loss, output] = optimize(batch);
  if (!std::isfinite(loss))
    throw DivergedError(text("training stopped at step ", step_ + 1, ": the loss is ", std::isnan(loss) ? "NaN" : "infinite", "; ", kCure));
  step_++;
  int64_t n = batch.x.size(0);
  loss_sum_ += loss * double(n);
  seen_ += n;
  if (batch.y.defined() && is_classification(output, batch.y)) {
    correct_ += count_right(output, batch.y);
    labelled_ += batch.y.numel();
  }
  if (schedule_ && config_.schedule_per == "step" && !schedule_->needs_metric()) schedule_->step();
  ++*iterator_;
  return loss;
}

Evaluation Trainer::evaluate() {
  Evaluation result;
  if (test_.size() == 0) return result;
  NoGrad off;
  optim::Optimizer::EvaluationScope weights(*optimizer_);
  model_->eval();
  double total = 0;
  int64_t right = 0, labelled = 0;
  for (auto [x, y] : data::DataLoader(test_, {.batch_size = std::min(config_.eval_batch_size, test_.size())})) {
    Tensor output;
    Tensor loss = loss_of(x, y, &output);
    total += loss.item() * double(x.size(0));
    if (y.defined() && is_classification(output, y)) right += count_right(output, y), labelled += y.numel();
  }
  model_->train();
  result.loss = total / double(test_.size());
  if (labelled) result.accuracy = double(right) / double(labelled);
  return result;
}

Predictions Trainer::predict() {
  Predictions p;
  if (test_.size() == 0) return p;
  NoGrad off;
  optim::Optimizer::EvaluationScope weights(*optimizer_);
  model_->eval();
  for (auto [x, y] : data::DataLoader(test_, {.batch_size = std::min(config_.eval_batch_size, test_.size())})) {
    Tensor output = (*model_).call({&x, 1})[0];
    if (!y.defined() || !is_classification(output, y) || y.dim() != 1) return {};
    for (int64_t v : y.to_vector<int64_t>()) p.labels.push_back(v);
    for (int64_t v : kernels::argmax(output, 1, false).to_vector<int64_t>()) p.guesses.push_back(v);
    for (double v : amax(softmax(output, 1), {1}).to_vector<double>()) p.confidence.push_back(v);
  }
  model_->train();
  return p;
}

void Trainer::check_parameters() {
  for (const auto& p : optimizer_->params())
    for (double v : p.tensor.to_vector<double>())
      if (!std::isfinite(v)) throw DivergedError(text("training stopped at step ", step_, ": ", p.name, " is not finite any more; ", kCure));
}

EpochResult Trainer::result_of_epoch(int64_t number) {
  EpochResult r;
  r.epoch = number;
  r.step = step_;
  r.train.loss = loss_sum_ / double(seen_);
  if (labelled_) r.train.accuracy = double(correct_) / double(labelled_);
  r.test = evaluate();
  r.lr = learning_rate();
  return r;
}

bool Trainer::run(const std::function<bool(double)>& on_step, const std::function<void(const EpochResult&, bool)>& on_epoch) {
  auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  double start = now();
  while (step_ < total_steps()) {
    double loss = step();
    bool stop = !on_step(loss);
    bool epoch_done = *iterator_ == loader_->end();
    if (!epoch_done && step_ < total_steps()) {
      if (stop) return check_parameters(), false;
      continue;
    }
    check_parameters();
    EpochResult r = result_of_epoch(epoch_ + 1);
    r.seconds = now() - start;
    start = now();
    const Evaluation& watched = config_.monitor == "test" ? r.test : r.train;
    // Accuracy where there is one, otherwise the loss, negated so that larger is better.
    double score = watched.accuracy ? *watched.accuracy : -watched.loss;
    bool best = !best_ || score > *best_;
    if (epoch_done) {  // otherwise a resumed run goes on within this epoch, as if it had not been looked at
      iterator_.reset();
      epoch_++;
      if (best) best_ = score;
      if (schedule_ && schedule_->needs_metric()) schedule_->step(watched.loss);
      else if (schedule_ && config_.schedule_per == "epoch") schedule_->step();
      loss_sum_ = 0, correct_ = seen_ = labelled_ = 0;
    }
    on_epoch(r, best);
    if (stop) return false;
  }
  return true;
}

Json Trainer::checkpoint() {
  Json j = Json::object();
  j.set("format", "tare/1");
  j.set("type", "Checkpoint");
  j.set("epoch", epoch_);
  j.set("step", step_);
  Generator& g = default_generator();
  Json generator = Json::object();
  generator.set("seed", int64_t(g.seed));
  generator.set("position", int64_t(g.position));
  j.set("generator", generator);
  data::LoaderState at = loader_->state();
  Json loader = Json::object();
  loader.set("seed", at.seed);
  loader.set("epoch", at.epoch);
  loader.set("batch", at.batch);
  j.set("loader", loader);
  Json sums = Json::object();
  sums.set("loss", loss_sum_);
  sums.set("correct", correct_);
  sums.set("seen", seen_);
  sums.set("labelled", labelled_);
  j.set("sums", sums);
  j.set("best", best_ ? Json(*best_) : Json());
  j.set("model", nn::module_to_json(*model_));
  j.set("optimizer", optimizer_->to_json());
  j.set("schedule", schedule_ ? schedule_->to_json() : Json());
  if (!regularizers_->empty()) j.set("regularizers", regularizers_->to_json());
  return j;
}

void Trainer::restore(const Json& j, const std::string& name) {
  const Json* type = j.find("type");
  check<ConfigError>(type && type->is_string() && type->as_string() == "Checkpoint", name, ": this is not a training checkpoint");
  const Json& model = j.at("model", name);
  Json there = model, here = nn::describe_module(*model_);
  for (const char* key : {"format", "state", "crc32"}) there.erase(key);
  std::string difference = first_difference(there, here, "model");
  check<ConfigError>(difference.empty(), name, " is the checkpoint of another model: ", difference);
  std::vector<std::pair<std::string, Tensor>> state;
  for (auto& [key, value] : model.at("state", name).as_object(name)) state.emplace_back(key, value.as_tensor(name));
  try {
    model_->load_state(state);
  } catch (const ConfigError& e) {
    throw ConfigError(text(name, " is the checkpoint of another model: ", e.what()));
  }
  optimizer_->load_state(j.at("optimizer", name), name + ": optimizer");
  if (schedule_) schedule_->load_state(j.at("schedule", name), name + ": schedule");
  if (!regularizers_->empty()) regularizers_->load(j.at("regularizers", name), name + ": regularizers");
  const Json& g = j.at("generator", name);
  default_generator().seed = uint64_t(g.at("seed").as_int());
  default_generator().position = uint64_t(g.at("position").as_int());
  const Json& at = j.at("loader", name);
  loader_->set_state({.seed = at.at("seed").as_int(), .epoch = at.at("epoch").as_int(), .batch = at.at("batch").as_int()});
  const Json& sums = j.at("sums", name);
  loss_sum_ = sums.at("loss").as_double();
  correct_ = sums.at("correct").as_int();
  seen_ = sums.at("seen").as_int();
  labelled_ = sums.at("labelled").as_int();
  epoch_ = j.at("epoch", name).as_int();
  step_ = j.at("step", name).as_int();
  const Json& best = j.at("best", name);
  best_ = best.is_null() ? std::optional<double>() : best.as_double();
  iterator_.reset();
}

}  // namespace tare::cli
