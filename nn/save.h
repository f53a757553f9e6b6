// Models as JSON documents: {"format": "tare/1", "type": ..., options..., "state": {path: tensor}}.
#pragma once

#include <memory>
#include <string>

#include "core/json.h"
#include "nn/any_module.h"

namespace tare::nn {

/// {"type", options, edits}: what a module is, without its numbers.
Json describe_module(Module& m);
/// The same with "format" and "state".
Json module_to_json(Module& m);
/// Builds from {"type", options, edits, and "state" when present}. `path` names the place in messages. Nothing half-loaded
/// ever leaves: it throws or returns a whole model.
std::unique_ptr<Module> build_module(const Json& json, const std::string& path = "model");
std::unique_ptr<Reparameterization> build_reparam(const Json& json, const std::string& path);

/// Reads a model file.
AnyModule load(const std::string& file);
/// Copies the state of a model file into an existing model; all or nothing.
void load_into(Module& m, const std::string& file);

}  // namespace tare::nn

namespace tare {
/// Writes a model file, atomically.
void save(nn::Module& m, const std::string& file);
}  // namespace tare
