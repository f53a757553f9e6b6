#include "examples/cli/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/data/catalogue.h"
#include "core/data/sampler.h"
#include "core/options.h"
#include "core/parallel.h"
#include "kernels/reduce.h"
#include "nn/save.h"
#include "optim/catalogue.h"
#include "optim/class_gradients.h"
#include "optim/state_json.h"
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

/// A loss of reduction "none" is one a sample, the mean over the sample's other axes: methods that take samples apart see them, everything else their mean.
Tensor sample_losses(const Tensor& loss) { return loss.dim() > 1 ? mean(flatten(loss, 1), {1}) : loss; }
Tensor mean_loss(const Tensor& loss) { return loss.dim() == 0 ? loss : mean(loss); }

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
  make_trainer();
  make_loader();
}

void Trainer::make_trainer() {
  if (config_.trainer.is_null()) return;
  Json json = config_.trainer;
  const std::string& type = json.at("type", "trainer").as_string("trainer.type");
  if (type == "FullBatchTrainer") {
    full_batch_ = std::make_unique<optim::FullBatchTrainer>(*optimizer_, optim::FullBatchOptions::from_json(json, "trainer"));
    config_.batch_size = std::min(full_batch_->options().sub_batch, train_.size());
  } else if (type == "StormTrainer") {
    nn::StormTrainerOptions options;
    options_from_json(options, json, "trainer", {"type"});
    std::string_view kind = optimizer_->type_name();
    check<ConfigError>(options.variant != "storm" || kind == "Adam", "trainer: variant \"storm\" differentiates a step of Adam; the optimizer cannot be ", kind);
    check<ConfigError>(regularizers_->empty() && config_.transforms.is_null() && loss_->type_name() == "CrossEntropyLoss",
                       "trainer: StormTrainer weighs the samples' cross entropies; leave out regularizers, transforms and other losses");
    storm_ = std::make_unique<nn::StormTrainer>(*model_, train_, options);
  } else {
    throw ConfigError(text("trainer.type: unknown trainer \"", type, "\"; there are FullBatchTrainer and StormTrainer"));
  }
}

void Trainer::make_loader() {
  data::DataLoaderOptions options{.batch_size = std::min(config_.batch_size, train_.size()), .shuffle = !full_batch_ || full_batch_->options().shuffle, .seed = config_.seed};
  if (!config_.transforms.is_null()) {
    auto& list = config_.transforms.as_array("transforms");
    options.transforms.resize(list.size());
    for (size_t i = 0; i < list.size(); i++) options.transforms.at(i).from_json(list[i], text("transforms.", i));
  }
  auto* by_class = dynamic_cast<optim::PerClassNormalizedSGD*>(optimizer_.get());
  if (by_class && !full_batch_ && options.batch_size < train_.size()) {  // every class in every batch
    check<ConfigError>(by_class->options().num_classes > 0, "optimizer: PerClassNormalizedSGD needs num_classes");
    auto mode = by_class->options().oversample ? data::ClassBalancedSampler::Mode::oversample : data::ClassBalancedSampler::Mode::proportional;
    int64_t each = std::max<int64_t>(1, options.batch_size / by_class->options().num_classes);
    data::ClassBalancedSampler sampler(train_.targets(), each, uint64_t(config_.seed), mode);
    options.batch_size = sampler.batch_size(), options.shuffle = false, options.sampler = sampler.for_loader();
  }
  if (train_.size() <= config_.batch_size) options.prefetch = 0;  // the one batch of an epoch is not worth a thread
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
  return sample_losses(loss_->call(both)[0]);
}

/// The loss of a batch and the regularizers' terms; `first_output` gets the model's output unless it has one already.
Tensor Trainer::objective(const data::Batch& batch, Tensor* first_output) {
  Tensor output, input = regularizers_->wants_input_gradient() ? batch.x.detach().set_requires_grad() : batch.x;
  auto watching = regularizers_->watch();
  Tensor total = loss_of(input, batch.y, &output);
  if (Tensor penalty = regularizers_->penalty(input, output, total); penalty.defined()) total = total + penalty;
  if (!first_output->defined()) *first_output = output.detach();
  return total;
}

/// The parts of the batch's mean loss that belong to each class: what PerClassNormalizedSGD steps by.
Tensor Trainer::losses_of_classes(const data::Batch& batch, Tensor* first_output) {
  check<ConfigError>(batch.y.defined() && batch.y.dtype() == DType::int64 && batch.y.dim() == 1 && regularizers_->empty(),
                     "optimizer: PerClassNormalizedSGD needs one int64 label a sample, and no regularizers: they belong to no class");
  Tensor output = (*model_).call({&batch.x, 1})[0];
  if (!first_output->defined()) *first_output = output.detach();
  std::vector<int64_t> label = batch.y.to_vector<int64_t>();
  auto& options = dynamic_cast<optim::PerClassNormalizedSGD&>(*optimizer_).options();
  int64_t classes = options.num_classes > 0 ? options.num_classes : *std::max_element(label.begin(), label.end()) + 1;
  Tensors losses;
  for (int64_t c = 0; c < classes; c++) {
    std::vector<int64_t> members;
    for (size_t i = 0; i < label.size(); i++)
      if (label[i] == c) members.push_back(int64_t(i));
    if (members.empty()) {
      losses.push_back(zeros({}, output.dtype()));
      continue;
    }
    Tensor rows = from_vector(members, {int64_t(members.size())}), both[] = {index_select(output, 0, rows), index_select(batch.y, 0, rows)};
    losses.push_back(mean_loss(sample_losses(loss_->call(both)[0])) * (double(members.size()) / double(label.size())));
  }
  return stack(losses);
}

std::pair<double, Tensor> Trainer::optimize(const data::Batch& batch, const std::function<void()>& before_forward) {
  model_->train();
  Tensor first;  // closure methods may evaluate again: the first time is the one that is reported
  bool by_class = dynamic_cast<optim::PerClassNormalizedSGD*>(optimizer_.get()) != nullptr;
  auto evaluate = [&] {
    if (before_forward) before_forward();
    return by_class ? losses_of_classes(batch, &first) : objective(batch, &first);
  };
  if (optimizer_->needs_closure()) {
    Tensor losses = optimizer_->step(evaluate);
    return {(by_class ? sum(losses) : mean_loss(losses)).item(), first};
  }
  optimizer_->zero_grad();
  Tensor total = mean_loss(evaluate());
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

void Trainer::count(const data::Batch& batch, double loss, const Tensor& output) {
  int64_t n = batch.x.size(0);
  loss_sum_ += loss * double(n);
  seen_ += n;
  if (!batch.y.defined() || !is_classification(output, batch.y)) return;
  correct_ += count_right(output, batch.y);
  labelled_ += batch.y.numel();
}

double Trainer::full_batch_step() {
  model_->train();
  auto blocks = loader_->begin();
  double loss = full_batch_->step_blocks(train_.size(), [&] {
    auto batch = std::make_shared<data::Batch>(*blocks);
    auto counted = std::make_shared<bool>(false);  // finite differences evaluate a block several times
    ++blocks;
    return optim::FullBatchTrainer::Block{batch->x.size(0), [this, batch, counted] {
      Tensor output, total = mean_loss(objective(*batch, &output));
      if (!std::exchange(*counted, true)) count(*batch, total.item(), output);
      return total;
    }};
  });
  return loss;
}

double Trainer::storm_step() {
  model_->train();
  int64_t size = loader_->options().batch_size, at = (step_ % steps_per_epoch()) * size;
  std::vector<int64_t> order = data::permutation(train_.size(), derive(uint64_t(config_.seed), uint64_t(epoch_), 0));
  std::vector<int64_t> indices(order.begin() + at, order.begin() + std::min(at + size, train_.size()));
  optim::Optimizer& o = *optimizer_;
  double loss;
  if (storm_->options.variant == "storm") {
    storm_->options.lr = o.get("lr").as_double("lr");
    loss = storm_->step(indices);
  } else {
    loss = storm_->step(indices, [&](const std::function<Tensor()>& f) {
      if (o.needs_closure()) return void(o.step(f));
      o.zero_grad();
      f().backward();
      o.step();
    });
  }
  count(train_.get(indices), loss, storm_->logits());
  return loss;
}

/// Whether the steps of an epoch are all done.
bool Trainer::at_epoch_end() const {
  if (full_batch_ || storm_) return step_ % steps_per_epoch() == 0;
  return *iterator_ == loader_->end();
}

double Trainer::step() {
  double loss;
  if (full_batch_ || storm_) {
    loss = full_batch_ ? full_batch_step() : storm_step();
  } else {
    data::Batch batch = next_batch();
    auto [of_batch, output] = optimize(batch);
    loss = of_batch;
    if (std::isfinite(loss)) count(batch, loss, output);
  }
  if (!std::isfinite(loss))
    throw DivergedError(text("training stopped at step ", step_ + 1, ": the loss is ", std::isnan(loss) ? "NaN" : "infinite", "; ", kCure));
  step_++;
  if (schedule_ && config_.schedule_per == "step" && !schedule_->needs_metric()) schedule_->step();
  if (iterator_) ++*iterator_;
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
    total += mean_loss(loss).item() * double(x.size(0));
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

void Trainer::end_epoch() {
  iterator_.reset();
  epoch_++;
  if (schedule_ && !schedule_->needs_metric() && config_.schedule_per == "epoch") schedule_->step();
  loss_sum_ = 0, correct_ = seen_ = labelled_ = 0;
}

bool Trainer::run(const std::function<bool(double)>& on_step, const std::function<void(const EpochResult&, bool)>& on_epoch) {
  auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  double start = now();
  while (step_ < total_steps()) {
    double loss = step();
    bool stop = !on_step(loss);
    bool epoch_done = at_epoch_end();
    if (!epoch_done && step_ < total_steps()) {
      if (stop) return check_parameters(), false;
      continue;
    }
    if (epoch_done && !stop && step_ < total_steps() && (epoch_ + 1) % config_.eval_every != 0) {
      end_epoch();
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
      if (best) best_ = score;
      if (schedule_ && schedule_->needs_metric()) schedule_->step(watched.loss);
      end_epoch();
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
  if (storm_) {
    optim::StateWriter state;
    storm_->visit(state);
    j.set("trainer", state.json);
  }
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
  if (storm_) {
    optim::StateReader state(j.at("trainer", name), name + ": trainer");
    storm_->visit(state);
  }
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
