// The commands of the program `tare`. main.cpp reads the command line into these structs; each command is a file.
#pragma once

#include <string>
#include <vector>

namespace tare::cli {

struct CheckOptions {
  std::vector<std::string> files;
  bool verbose = false;
};
int run_check(const CheckOptions& o);

struct ListOptions {
  std::string what;
  bool json = false;
  bool markdown = false;
};
int run_list(const ListOptions& o);

struct InspectOptions {
  std::string file;
};
int run_inspect(const InspectOptions& o);

struct TrainOptions {
  std::string config, out, resume;
  std::vector<std::string> set;  // key.path=value
  int threads = 0;               // 0: as the config says
};
int run_train(const TrainOptions& o);

struct ExplainOptions {
  std::string config, html;
  std::vector<std::string> set;
  int threads = 0;
};
int run_explain(const ExplainOptions& o);

struct BenchOptions {
  std::string filter;
  int threads = 2;
  bool json = false;
  double seconds = 0.6;  // of timed repetitions of a row
  bool work = false;     // flops, bytes and peak memory beside the milliseconds
};
int run_bench(const BenchOptions& o);

struct CompareOptions {
  std::string config, out, resume;
  std::vector<std::string> set, vary;  // key=A,B,C
  int seeds = 0;    // 0: 3, or as many as the comparison that is resumed
  int threads = 0;
};
int run_compare(const CompareOptions& o);

struct ScheduleOptions {
  std::string config, out;
  std::vector<std::string> set;
  int64_t steps = 0;  // 0: as many as the schedule speaks of
};
int run_schedule(const ScheduleOptions& o);

struct PapersOptions {
  std::vector<std::string> slugs;
  bool list = false, all = false, json = false;
  std::string out;
  int seeds = 0;    // 0: as many as each experiment's card says
  int threads = 0;  // 0: as many as there are
};
int run_papers(const PapersOptions& o);

}  // namespace tare::cli
