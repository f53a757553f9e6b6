#include "examples/cli/report.h"

#include "core/atomic_file.h"

namespace tare::cli {

void write_report(const std::string& file, const std::string& title, const std::vector<Json>& epochs, Trainer& trainer) {
  std::string page = text("<!doctype html><meta charset=\"utf-8\"><title>", title, "</title><h1>", title, "</h1><table><tr>");
  if (!epochs.empty())
    for (auto& [key, value] : epochs[0].as_object()) page += text("<th>", key);
  for (const Json& e : epochs) {
    page += "<tr>";
    for (auto& [key, value] : e.as_object()) page += text("<td>", value.dump(-1));
  }
  page += text("</table><pre>", trainer.model().to_string(), "</pre>\n");
  write_file_atomically(file, page);
}

}  // namespace tare::cli
