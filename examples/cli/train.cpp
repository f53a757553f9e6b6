// tare train: runs a config; writes config.json, metrics.jsonl, checkpoint.json, best.json and report.html.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli.h"
#include "examples/cli/progress.h"
#include "examples/cli/report.h"
#include "examples/cli/trainer.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

/// The first Ctrl-C asks the loop to end after its step; the second ends the program at once.
struct InterruptScope {
  void (*before)(int);
  InterruptScope() {
    interrupted = 0;
    before = std::signal(SIGINT, [](int) {
      interrupted = 1;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  ~InterruptScope() { std::signal(SIGINT, before); }
};

std::string path_in(const std::string& folder, const char* name) { return (fs::path(folder) / name).string(); }

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, "cannot make the output folder ", folder, ": ", error.message());
  std::string probe = path_in(folder, ".writable");
  check<FileError>(bool(std::ofstream(probe)), "cannot write into the output folder ", folder);
  fs::remove(probe, error);
}

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
  std::ofstream out(file, std::ios::trunc);
  for (const Json& e : epochs) out << e.dump(-1) << '\n';
  out.flush();
  check<FileError>(out.good(), "cannot write ", file, " (is the disk full?)");
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
  std::string out = resuming ? o.resume : o.out.empty() ? (fs::path("runs") / fs::path(o.config).stem()).string() : o.out;
  TrainConfig config = read_config(o.config, o.set);
  if (o.threads > 0) config.threads = o.threads;
  std::string checkpoint_file = path_in(out, "checkpoint.json"), metrics_file = path_in(out, "metrics.jsonl");

  Trainer trainer(config);
  make_folder(out);
  std::vector<Json> epochs;
  if (resuming) {
    trainer.restore(Json::read_file(checkpoint_file), checkpoint_file);
    epochs = read_metrics(metrics_file, trainer.epoch());
  }
  config.document.write_file(path_in(out, "config.json"));
  write_metrics(metrics_file, epochs);

  Progress progress;
  progress.line(text(config.model.at("type").as_string(), ": ", trainer.model().num_parameters(), " parameters, ", trainer.steps_per_epoch(),
                     " steps an epoch, ", trainer.total_steps(), " in all", resuming ? text("; continuing at step ", trainer.steps_done()) : ""));
  InterruptScope interrupt;
  bool finished;
  try {
    finished = trainer.run(
        [&](double loss) {
          progress.update(trainer.steps_done(), trainer.total_steps(), config.batch_size, loss);
          return !interrupted;
        },
        [&](const EpochResult& r, bool best) {
          progress.line(epoch_line(r, config.epochs));
          epochs.push_back(r.to_json());
          write_metrics(metrics_file, epochs);
          Json checkpoint = trainer.checkpoint();
          checkpoint.write_file(checkpoint_file, true);
          if (best) checkpoint.write_file(path_in(out, "best.json"), true);
        });
  } catch (const DivergedError& e) {
    std::error_code ignored;
    throw DivergedError(text(e.what(), fs::exists(checkpoint_file, ignored) ? text("; the last good checkpoint is ", checkpoint_file)
                                                                           : std::string("; no epoch was finished, so there is no checkpoint")));
  }
  trainer.checkpoint().write_file(checkpoint_file, true);
  if (!finished) {
    progress.line(text("interrupted at step ", trainer.steps_done(), "; saved. Continue with: tare train ", o.config, " --resume ", out));
    return 130;
  }
  write_report(path_in(out, "report.html"), fs::path(o.config).stem().string(), epochs, trainer);
  progress.line(text("written to ", out, ": metrics.jsonl, checkpoint.json, best.json, report.html"));
  return 0;
}

}  // namespace tare::cli
