#include "examples/cli/progress.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "core/error.h"

namespace tare::cli {
namespace {

constexpr double kPlainInterval = 20;  // seconds between the lines of a piped run

double clock_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string clock_text(double seconds) {
  char buffer[32];
  auto s = static_cast<long long>(seconds + 0.5);
  if (s >= 3600) std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else std::snprintf(buffer, sizeof buffer, "%lld:%02lld", s / 60, s % 60);
  return buffer;
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDOUT_FILENO) != 0) {}
Progress::~Progress() { clear(); }

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stdout), std::fflush(stdout);
  drawn_ = false;
}

void Progress::line(const std::string& text) {
  clear();
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

void Progress::update(int64_t done, int64_t total, int64_t batch_size, double loss) {
  double now = clock_now();
  if (first_ < 0) first_ = done - 1, start_ = now, smooth_ = loss;
  smooth_ += 0.05 * (loss - smooth_);
  if (last_ == 0) last_ = now;
  if (now - last_ < (terminal_ ? 0.1 : kPlainInterval) && !(terminal_ && done == total)) return;
  last_ = now;
  double rate = now > start_ ? double(done - first_) / (now - start_) : 0;
  double left = rate > 0 ? double(total - done) / rate : 0;
  constexpr int width = 30;
  int full = total > 0 ? int(double(done) / double(total) * width) : width;
  std::string bar = std::string(size_t(full), '#') + std::string(size_t(width - full), '.');
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, "%lld/%lld  %.0f samples/s  loss %.4f  %s left", static_cast<long long>(done), static_cast<long long>(total),
                rate * double(batch_size), smooth_, clock_text(left).c_str());
  if (!terminal_) return line(text("step ", numbers));
  std::printf("\r\033[K[%s] %s", bar.c_str(), numbers);
  std::fflush(stdout);
  drawn_ = true;
}

}  // namespace tare::cli
