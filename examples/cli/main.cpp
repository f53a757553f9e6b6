// The program `tare`: reads the command line, runs one command, turns errors into one clear line and exit code 2.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "cli.h"
#include "core/error.h"

using namespace tare::cli;

int main(int argc, char** argv) {
  CLI::App app{"tare: a small deep-learning framework. Train, check, explain and measure models described in JSON."};
  app.require_subcommand(1);
  int result = 0;

  CheckOptions check_options;
  auto* c = app.add_subcommand("check", "Play conformance files; the last line is 'N passed, N failed'");
  c->add_option("files", check_options.files, "conformance files (conformance/1)")->required();
  c->add_flag("-v,--verbose", check_options.verbose, "print every case, not only failures");
  c->callback([&] { result = run_check(check_options); });

  TrainOptions train_options;
  c = app.add_subcommand("train", "Train the model a JSON config describes");
  c->add_option("config", train_options.config, "the config; with --resume it may be left out");
  c->add_option("--out", train_options.out, "output folder (default: runs/<name of the config>)");
  c->add_option("--set", train_options.set, "key.path=value: change the config, e.g. optimizer.lr=0.01")->allow_extra_args(false)->take_all();
  c->add_option("--resume", train_options.resume, "continue the run in this folder, bit for bit");
  c->add_option("--threads", train_options.threads, "number of threads")->check(CLI::Range(1, 4096));
  c->callback([&] { result = run_train(train_options); });

  ListOptions list_options;
  c = app.add_subcommand("list", "Print a catalogue with options and defaults");
  c->add_option("what", list_options.what, "layers, norms, activations, losses, containers, reparams, optimizers, transforms, schedules, functions, datasets, all")
      ->required();
  c->add_flag("--json", list_options.json, "as JSON");
  c->add_flag("--markdown", list_options.markdown, "as a table of names, the one in the README");
  c->callback([&] { result = run_list(list_options); });

  InspectOptions inspect_options;
  c = app.add_subcommand("inspect", "Show what is in a model or checkpoint");
  c->add_option("file", inspect_options.file, "a model, checkpoint, optimizer or safetensors file")->required();
  c->callback([&] { result = run_inspect(inspect_options); });

  ExplainOptions explain_options;
  c = app.add_subcommand("explain", "Show one training step, operation by operation: shapes, flops, bytes, milliseconds, memory");
  c->add_option("config", explain_options.config, "a training config")->required();
  c->add_option("--html", explain_options.html, "write it as a page, too");
  c->add_option("--set", explain_options.set, "key.path=value: change the config")->allow_extra_args(false)->take_all();
  c->add_option("--threads", explain_options.threads, "number of threads")->check(CLI::Range(1, 4096));
  c->callback([&] { result = run_explain(explain_options); });

  CompareOptions compare_options;
  c = app.add_subcommand("compare", "Train a config, or those of a suite of problems, with each of several choices and seeds");
  c->add_option("config", compare_options.config, "a training config, or a suite: problems with goals and what is varied (examples/optimizers.json); with --resume it may be "
                                                  "left out");
  c->add_option("--vary", compare_options.vary, "norm=BatchNorm2d,LayerNorm,none: what to vary and the choices; norm, activation, reparam, optimizer (=all for every "
                                                "one that fits), or a path in the config such as optimizer.lr; several keys are combined. Of a suite: fewer choices of what it varies")
      ->allow_extra_args(false)->take_all();
  c->add_option("--seeds", compare_options.seeds, "runs of each choice, with the seeds from the config's on (3)")->check(CLI::Range(1, 1000000));
  c->add_option("--out", compare_options.out, "output folder (default: runs/<name of the config>-compare)");
  c->add_option("--set", compare_options.set, "key.path=value: change the config; of a suite, those of all problems, or with problems.NAME.goal=... the suite")->allow_extra_args(false)->take_all();
  c->add_option("--resume", compare_options.resume, "continue the comparison in this folder: finished runs are kept");
  c->add_option("--threads", compare_options.threads, "number of threads")->check(CLI::Range(1, 4096));
  c->callback([&] { result = run_compare(compare_options); });

  BenchOptions bench_options;
  c = app.add_subcommand("bench", "Measure standard workloads: medians in milliseconds");
  c->add_option("--filter", bench_options.filter, "only rows whose name contains this");
  c->add_option("--threads", bench_options.threads, "number of threads (2)")->check(CLI::Range(1, 4096));
  c->add_flag("--json", bench_options.json, "{name: median milliseconds}; what is readable goes to stderr");
  c->add_option("--seconds", bench_options.seconds, "timed repetitions of a row (0.6)");
  c->add_flag("--work", bench_options.work, "with --json: {name: {ms, flops, bytes, peak_mib}}");
  c->callback([&] { result = run_bench(bench_options); });

  ScheduleOptions schedule_options;
  c = app.add_subcommand("schedule", "Print a schedule's rates step by step, and draw them");
  c->add_option("config", schedule_options.config, "a schedule, or a training config with one")->required();
  c->add_option("--out", schedule_options.out, "the picture (default: <name of the config>.svg)");
  c->add_option("--steps", schedule_options.steps, "how many steps (default: as many as the schedule speaks of)")->check(CLI::Range(1, 100000000));
  c->add_option("--set", schedule_options.set, "key.path=value: change the config")->allow_extra_args(false)->take_all();
  c->callback([&] { result = run_schedule(schedule_options); });

  PapersOptions papers_options;
  c = app.add_subcommand("papers", "The papers' experiments: does the claim hold?");
  c->require_subcommand(1);
  auto* p = c->add_subcommand("list", "The experiments there are, each with its claim");
  p->add_flag("--json", papers_options.json, "as JSON");
  p->callback([&] { papers_options.list = true; });
  p = c->add_subcommand("run", "Run experiments; the last line is 'N of M hold', the exit code 1 unless all do");
  p->add_option("slug", papers_options.slugs, "which ones, by the papers' slugs");
  p->add_flag("--all", papers_options.all, "every one");
  p->add_flag("--json", papers_options.json, "results as JSON");
  p->add_option("--out", papers_options.out, "output folder: papers.json, and for each experiment result.json and report.html");
  p->add_option("--seeds", papers_options.seeds, "runs of each method, with seeds from 0 on (default: as each experiment says)")->check(CLI::Range(1, 1000));
  p->add_option("--threads", papers_options.threads, "number of threads")->check(CLI::Range(1, 4096));
  c->callback([&] { result = run_papers(papers_options); });

  try {
    std::vector<std::string_view> names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    if (argc > 1 && argv[1][0] != '-' && std::find(names.begin(), names.end(), argv[1]) == names.end()) {
      std::string near = tare::nearest(argv[1], names.data(), names.size());
      throw tare::ConfigError(tare::text("there is no command \"", argv[1], "\"", near.empty() ? std::string() : tare::text("; did you mean \"", near, "\"?")));
    }
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "tare: %s; tare --help tells what there is\n", e.what());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "tare: out of memory\n");
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tare: %s\n", e.what());
    return 2;
  }
  return result;
}
