// tare train: runs a config; writes config.json, metrics.jsonl, checkpoint.json, best.json and report.html.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli.h"
#include "core/atomic_file.h"
#include "examples/cli/interrupt.h"
#include "examples/cli/output.h"
#include "examples/cli/progress.h"
#include "examples/cli/report.h"
#include "examples/cli/trainer.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

/// The epochs already in metrics.jsonl up to `epoch`; what a lost run wrote after its last checkpoint is dropped.
std::vector<Json> read_metrics(const std::string& file, int64_t epoch) {
  std::vector<Json> epochs;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (!line.empty())
      if (Json j = Json::parse(line, file); j.at("epoch", file).as_int() <= epoch) epochs.push_back(std::move(j));
  return epochs;
}

void write_metrics(const std::string& file, const std::vector<Json>& epochs) {
  std::string lines;
  for (const Json& e : epochs) lines += e.dump(-1) + '\n';
  write_file_atomically(file, lines);
}

std::string percent(const std::optional<double>& share) {
  char buffer[32];
  if (!share) return "";
  std::snprintf(buffer, sizeof buffer, " accuracy %.2f%%", *share * 100);
  return buffer;
}

std::string epoch_line(const EpochResult& r, int64_t epochs) {
  char buffer[200];
  std::snprintf(buffer, sizeof buffer, "epoch %lld/%lld  train loss %.4f%s  test loss %.4f%s  lr %.2g  %.1f s", static_cast<long long>(r.epoch),
                static_cast<long long>(epochs), r.train.loss, percent(r.train.accuracy).c_str(), r.test.loss, percent(r.test.accuracy).c_str(), r.lr,
                r.seconds);
  return buffer;
}

}  // namespace

int run_train(const TrainOptions& o) {
  bool resuming = !o.resume.empty();
  check<ConfigError>(!resuming || o.out.empty(), "train: --resume names the folder of the run; --out would name another");
  check<ConfigError>(resuming || !o.config.empty(), "train: name a config, or a folder to --resume");
  std::string out = resuming ? o.resume : output_folder(o.out, o.config);
  std::string checkpoint_file = path_in(out, "checkpoint.json"), best_file = path_in(out, "best.json"), metrics_file = path_in(out, "metrics.jsonl");
  std::string config_file = o.config.empty() ? path_in(out, "config.json") : o.config;
  TrainConfig config = read_config(config_file, o.set);
  if (o.threads > 0) config.threads = o.threads;

  if (std::string own = path_in(out, "config.json"); resuming && fs::exists(own)) {
    std::string difference = first_difference(read_config(own, {}), config);
    check<ConfigError>(difference.empty() || difference.starts_with("model"), "train: a resumed run goes on as it began, but ", difference, " (there: ", own,
                       "); start another run with --out");
  }
  Trainer trainer(config);
  std::vector<Json> epochs;
  if (resuming) {
    trainer.restore(Json::read_file(checkpoint_file), checkpoint_file);
    epochs = read_metrics(metrics_file, trainer.epoch());
  }
  make_output_folder(out);
  config.document.write_file(path_in(out, "config.json"));
  write_metrics(metrics_file, epochs);
  if (!resuming) {  // nothing of an earlier run in this folder passes for this one's
    std::error_code ignored;
    fs::remove(best_file, ignored);
    trainer.checkpoint().write_file(checkpoint_file, true);
  }

  Progress progress;
  progress.line(text(config.model.at("type").as_string(), ": ", trainer.model().num_parameters(), " parameters, ", trainer.steps_per_epoch(),
                     " steps an epoch, ", trainer.total_steps(), " in all", resuming ? text("; continuing at step ", trainer.steps_done()) : ""));
  InterruptScope interrupt;
  bool finished;
  try {
    finished = trainer.run(
        [&](double loss) {
          progress.update(trainer.steps_done(), trainer.total_steps(), config.batch_size, loss);
          return !interrupted();
        },
        [&](const EpochResult& r, bool best) {
          progress.line(epoch_line(r, config.epochs));
          epochs.push_back(r.to_json());
          write_metrics(metrics_file, epochs);
          Json checkpoint = trainer.checkpoint();
          checkpoint.write_file(checkpoint_file, true);
          if (best) checkpoint.write_file(best_file, true);
        });
  } catch (const DivergedError& e) {
    throw DivergedError(text(e.what(), "; the last good checkpoint is ", checkpoint_file));
  }
  trainer.checkpoint().write_file(checkpoint_file, true);
  if (!finished) {
    progress.line(text("interrupted at step ", trainer.steps_done(), "; saved. Continue with: tare train --resume ", out));
    return kInterruptedExit;
  }
  std::string title = o.config.empty() ? fs::path(out).lexically_normal().filename().string() : fs::path(o.config).stem().string();
  write_report(path_in(out, "report.html"), title, epochs, trainer);
  progress.line(text("written to ", out, ": metrics.jsonl, checkpoint.json, best.json, report.html"));
  return 0;
}

}  // namespace tare::cli
