#include "core/atomic_file.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "core/json.h"
#include "tests/core/files.h"

using namespace tare;

namespace {

// A document that tells whether it is whole: a checksum over all of it, and one number everywhere.
Json whole_document(int64_t number) {
  Json j;
  j.set("number", number);
  Tensor t = empty({60000}, DType::int64);
  for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<int64_t>()[i] = number;
  j.set("weights", t);
  return j;
}
int64_t number_of(const std::string& path) {
  Json j = Json::read_file(path);
  int64_t number = j.at("number").as_int();
  for (int64_t v : j.at("weights").as_tensor().to_vector<int64_t>())
    if (v != number) return -1;
  return number;
}

}  // namespace

TEST_CASE("atomic file: the old content stays until commit, and without one for good") {
  files::TemporaryFolder folder;
  write_file_atomically(folder / "f", "old");
  {
    AtomicFile file(folder / "f");
    file.write("new, but never finished");
    CHECK(files::content(folder / "f") == "old");
    CHECK(folder.entries() == 2);
  }
  CHECK(files::content(folder / "f") == "old");
  CHECK(folder.entries() == 1);
  AtomicFile file(folder / "f");
  file.write("new");
  file.commit();
  CHECK(files::content(folder / "f") == "new");
  CHECK(folder.entries() == 1);
  CHECK_THROWS_AS(file.write("more"), StateError);
}

TEST_CASE("atomic file: a missing folder, a folder in the place and a file as folder are FileErrors that say so") {
  files::TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_file_atomically(folder / "no/f", "x"), text("cannot open for writing ", folder / "no/f", ": No such file or directory").c_str(), FileError);
  CHECK_THROWS_WITH_AS(write_file_atomically(folder.path(), "x"), text("cannot open for writing ", folder.path(), ": Is a directory").c_str(), FileError);
  files::put(folder / "f", "");
  CHECK_THROWS_WITH_AS(write_file_atomically(folder / "f/g", "x"), text("cannot open for writing ", folder / "f/g", ": Not a directory").c_str(), FileError);
}

TEST_CASE("atomic file: a disk that fills up leaves the old file and no other") {
  files::TemporaryFolder folder;
  write_file_atomically(folder / "f", "old");
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100000;
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message = files::refusal([&] { whole_document(1).write_file(folder / "f", true); });
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  CHECK(message == text("cannot write ", folder / "f", ": File too large"));
  CHECK(files::content(folder / "f") == "old");
  CHECK(folder.entries() == 1);
  CHECK_THROWS_WITH_AS(write_file_atomically("/dev/full", "x"), "cannot write /dev/full: No space left on device", FileError);
}

TEST_CASE("atomic file: a symbolic link stays a link, a device a device") {
  files::TemporaryFolder folder;
  files::put(folder / "real", "old");
  REQUIRE(symlink((folder / "real").c_str(), (folder / "link").c_str()) == 0);
  write_file_atomically(folder / "link", "new");
  CHECK(files::content(folder / "real") == "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  write_file_atomically("/dev/null", "x");
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("atomic file: what a killed process left is removed by the next save, what a living one writes is not") {
  files::TemporaryFolder folder;
  pid_t dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  files::put(folder / text("f.", dead, "-0.tmp"), "half");
  files::put(folder / text("f.", getppid(), "-0.tmp"), "at work");
  files::put(folder / text("f.", dead, "-0.tmp.txt"), "somebody's");
  write_file_atomically(folder / "f", "x");
  CHECK(!std::filesystem::exists(folder / text("f.", dead, "-0.tmp")));
  CHECK(folder.entries() == 3);
}

TEST_CASE("atomic file: kill -9 at 200 random moments of saving leaves the old or the new document, whole") {
  files::TemporaryFolder folder;
  std::string path = folder / "checkpoint.json";
  Json documents[2] = {whole_document(1), whole_document(2)};
  auto start = std::chrono::steady_clock::now();
  documents[0].write_file(path, true);
  int64_t one_save = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
  Generator g(11);
  int seen[3] = {};
  for (int i = 0; i < 200; i++) {
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (int k = 1;; k ^= 1) documents[k].write_file(path, true);
    }
    usleep(useconds_t(g.below(500 + 4 * one_save)));  // moments spread over the first saves, however slow the disk
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    int64_t number = number_of(path);
    CAPTURE(i);
    REQUIRE((number == 1 || number == 2));
    seen[number]++;
    documents[0].write_file(path, true);
  }
  CHECK(seen[2] > 0);  // some children came so far as to replace the file
  CHECK(folder.entries() == 1);
}
