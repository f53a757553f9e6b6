// Muon: MomentUm Orthogonalized by Newton-Schulz (Jordan et al., 2024, kellerjordan.github.io/posts/muon) and two descendants. A parameter is
// seen as the matrix (rows, rest); a vector counts as one row, whose step is then normalized. NS: optim/orthogonalize.h.
//
//   B <- momentum B + (1 - momentum) g,  u = (1 - momentum) g + momentum B  with nesterov, otherwise B
//   Muon:     w <- (1 - lr weight_decay) w - lr k NS(u);  k = sqrt(max(1, rows / cols)), match_rms_adamw: 0.2 sqrt(max(rows, cols))
//   NorMuon (Li et al., 2025, arXiv:2510.05491): v <- beta2 v + (1 - beta2) (row means of NS(u)^2),  x = NS(u) / (sqrt(v) + eps)
//   AdaMuon (Si et al., 2025, arXiv:2507.11005): o = NS(sign(u)),  v <- momentum v + (1 - momentum) o^2,  x = o / (sqrt(v) + eps)
//             both: w <- (1 - lr weight_decay) w - 0.2 lr sqrt(numel) / (|x| + eps) x
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct MuonOptions {
  double lr = 0.02;
  double momentum = 0.95;  ///< in [0, 1)
  bool nesterov = true;
  int64_t ns_steps = 5;
  std::vector<double> ns_coefficients = {3.4445, -4.775, 2.0315};
  double weight_decay = 0;  ///< decoupled
  double eps = 1e-7;        ///< added to |u|
  std::string adjust_lr_fn = "original";  ///< or "match_rms_adamw"
  void visit(Visitor& v);
};

class Muon : public PerParameter<Muon, MuonOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "Muon";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, MomentumState& s, const MuonOptions& o);
  static void check_options(const MuonOptions& o);
};

struct NorMuonOptions {
  double lr = 0.02;
  double momentum = 0.95;  ///< in [0, 1)
  double beta2 = 0.95;     ///< in [0, 1)
  bool nesterov = true;
  int64_t ns_steps = 5;
  double weight_decay = 0;  ///< decoupled
  double eps = 1e-10;
  void visit(Visitor& v);
};

struct NorMuonState {
  Tensor momentum_buffer, second_momentum_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class NorMuon : public PerParameter<NorMuon, NorMuonOptions, NorMuonState> {
 public:
  static constexpr std::string_view type = "NorMuon";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, NorMuonState& s, const NorMuonOptions& o);
  static void check_options(const NorMuonOptions& o);
};

struct AdaMuonOptions {
  double lr = 0.02;
  double momentum = 0.95;  ///< in [0, 1); of both averages
  bool nesterov = true;
  int64_t ns_steps = 5;
  double weight_decay = 0.01;  ///< decoupled
  double eps = 1e-8;
  void visit(Visitor& v);
};

struct AdaMuonState {
  Tensor momentum_buffer, v_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaMuon : public PerParameter<AdaMuon, AdaMuonOptions, AdaMuonState> {
 public:
  static constexpr std::string_view type = "AdaMuon";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, AdaMuonState& s, const AdaMuonOptions& o);
  static void check_options(const AdaMuonOptions& o);
};

extern template class Method<Muon, MuonOptions, MomentumState>;
extern template class Method<NorMuon, NorMuonOptions, NorMuonState>;
extern template class Method<AdaMuon, AdaMuonOptions, AdaMuonState>;

}  // namespace tare::optim
