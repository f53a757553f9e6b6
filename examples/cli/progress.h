// Progress on the terminal: a bar where there is one, plain lines where the output is piped.
#pragma once

#include <cstdint>
#include <string>

namespace tare::cli {

class Progress {
 public:
  Progress();
  ~Progress();
  /// Done of total steps, the rate, the loss and the time left: redrawn at most ten times a second, or a line now and then.
  void update(int64_t done, int64_t total, int64_t batch_size, double loss);
  /// A whole line above the bar.
  void line(const std::string& text);

 private:
  void clear();
  bool terminal_;
  bool drawn_ = false;
  double start_ = 0, last_ = 0, smooth_ = 0;
  int64_t first_ = -1;
};

}  // namespace tare::cli
