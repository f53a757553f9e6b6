#include "kernels/rnn.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;
using kernels::RecurrentOptions;

namespace {

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

// All inputs of a recurrent layer, as numbers; empty vectors are absent.
struct Problem {
  int64_t steps, batch, size, hidden;
  RecurrentOptions options;
  Values x, h0, c0, w_ih, w_hh, b_ih, b_hh;

  double input(int64_t t, int64_t b, int64_t i) const { return x[size_t((options.batch_first ? b * steps + t : t * batch + b) * size + i)]; }
  // x W_ih^T + b_ih and h W_hh^T + b_hh of gate row j.
  double from_input(int64_t t, int64_t b, int64_t j) const {
    double s = b_ih.empty() ? 0 : b_ih[size_t(j)];
    for (int64_t i = 0; i < size; i++) s += input(t, b, i) * w_ih[size_t(j * size + i)];
    return s;
  }
  double from_state(const Values& h, int64_t b, int64_t j) const {
    double s = b_hh.empty() ? 0 : b_hh[size_t(j)];
    for (int64_t i = 0; i < hidden; i++) s += h[size_t(b * hidden + i)] * w_hh[size_t(j * hidden + i)];
    return s;
  }
  // y, then h_n, then (LSTM) c_n, in one list.
  Values run(bool lstm) const {
    Values y(size_t(steps * batch * hidden)), h = h0, c = c0;
    if (h.empty()) h.assign(size_t(batch * hidden), 0);
    if (c.empty()) c.assign(size_t(batch * hidden), 0);
    for (int64_t k = 0; k < steps; k++) {
      int64_t t = options.reverse ? steps - 1 - k : k;
      Values next = h;
      for (int64_t b = 0; b < batch; b++)
        for (int64_t j = 0; j < hidden; j++) {
          size_t at = size_t(b * hidden + j);
          auto in = [&](int64_t gate) { return from_input(t, b, gate * hidden + j); };
          auto state = [&](int64_t gate) { return from_state(h, b, gate * hidden + j); };
          if (lstm) {
            c[at] = sigmoid(in(1) + state(1)) * c[at] + sigmoid(in(0) + state(0)) * std::tanh(in(2) + state(2));
            next[at] = sigmoid(in(3) + state(3)) * std::tanh(c[at]);
          } else {
            double r = sigmoid(in(0) + state(0)), z = sigmoid(in(1) + state(1)), n = std::tanh(in(2) + r * state(2));
            next[at] = (1 - z) * n + z * h[at];
          }
          y[size_t((options.batch_first ? b * steps + t : t * batch + b) * hidden + j)] = next[at];
        }
      h = next;
    }
    y.insert(y.end(), h.begin(), h.end());
    if (lstm) y.insert(y.end(), c.begin(), c.end());
    return y;
  }
};

Values joined(std::initializer_list<Tensor> tensors) {
  Values all;
  for (const Tensor& t : tensors) {
    Values v = t.to_vector<double>();
    all.insert(all.end(), v.begin(), v.end());
  }
  return all;
}

double difference(const Values& a, const Values& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

Problem make_problem(bool lstm, int64_t steps, int64_t batch, int64_t size, int64_t hidden, RecurrentOptions options, bool complete) {
  int64_t gates = lstm ? 4 : 3;
  auto numbers = [](int64_t n, uint64_t seed) { return random_tensor({n}, DType::float64, seed).to_vector<double>(); };
  Problem p{steps, batch, size, hidden, options, numbers(steps * batch * size, 81), {}, {}, numbers(gates * hidden * size, 82),
            numbers(gates * hidden * hidden, 83), {}, {}};
  if (complete) {
    p.h0 = numbers(batch * hidden, 84);
    if (lstm) p.c0 = numbers(batch * hidden, 85);
    p.b_ih = numbers(gates * hidden, 86);
    p.b_hh = numbers(gates * hidden, 87);
  }
  return p;
}

struct ProblemTensors {
  Tensor x, h0, c0, w_ih, w_hh, b_ih, b_hh;
};
ProblemTensors tensors_of(const Problem& p, DType dtype) {
  auto make = [&](const Shape& shape, const Values& v) { return v.empty() ? Tensor() : tensor_of(shape, v, dtype); };
  Shape x = p.options.batch_first ? Shape{p.batch, p.steps, p.size} : Shape{p.steps, p.batch, p.size};
  int64_t rows = int64_t(p.w_hh.size()) / p.hidden;
  return {make(x, p.x), make({p.batch, p.hidden}, p.h0), make({p.batch, p.hidden}, p.c0), make({rows, p.size}, p.w_ih),
          make({rows, p.hidden}, p.w_hh), make({rows}, p.b_ih), make({rows}, p.b_hh)};
}

// The gradient with respect to one of the lists of numbers.
Values gradient_of(const Problem& p, bool lstm, Values Problem::*member, const Values& weight) {
  return numeric_gradient(
      [&](const Values& v) {
        Problem moved = p;
        moved.*member = v;
        return moved.run(lstm);
      },
      p.*member, weight);
}

const RecurrentOptions all_options[] = {{false, false}, {true, false}, {false, true}, {true, true}};

}  // namespace

TEST_CASE("LSTM over a sequence and its gradients agree with the equations and finite differences") {
  for (const RecurrentOptions& options : all_options)
    for (bool complete : {false, true}) {
      Problem p = make_problem(true, 3, 2, 2, 3, options, complete);
      ProblemTensors t = tensors_of(p, DType::float64);
      auto r = kernels::lstm_forward(t.x, t.h0, t.c0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
      CHECK(difference(joined({r.y, r.h_n, r.c_n}), p.run(true)) < 1e-13);
      Tensor dy = random_tensor(r.y.shape(), DType::float64, 88), dh = random_tensor({2, 3}, DType::float64, 89),
          dc = random_tensor({2, 3}, DType::float64, 90);
      Values weight = joined({dy, dh, dc});
      auto d = kernels::lstm_backward(dy, dh, dc, t.x, t.h0, t.c0, t.w_ih, t.w_hh, r, options);
      CHECK(difference(d.dx.to_vector<double>(), gradient_of(p, true, &Problem::x, weight)) < 1e-8);
      CHECK(difference(d.dw_ih.to_vector<double>(), gradient_of(p, true, &Problem::w_ih, weight)) < 1e-8);
      CHECK(difference(d.dw_hh.to_vector<double>(), gradient_of(p, true, &Problem::w_hh, weight)) < 1e-8);
      if (!complete) continue;
      CHECK(difference(d.dh0.to_vector<double>(), gradient_of(p, true, &Problem::h0, weight)) < 1e-8);
      CHECK(difference(d.dc0.to_vector<double>(), gradient_of(p, true, &Problem::c0, weight)) < 1e-8);
      CHECK(difference(d.db.to_vector<double>(), gradient_of(p, true, &Problem::b_hh, weight)) < 1e-8);
      // Missing gradients count as zeros.
      auto only_c = kernels::lstm_backward({}, {}, dc, t.x, t.h0, t.c0, t.w_ih, t.w_hh, r, options);
      Values part(weight.size(), 0.0), tail = dc.to_vector<double>();
      std::copy(tail.begin(), tail.end(), part.end() - int64_t(tail.size()));
      CHECK(difference(only_c.dx.to_vector<double>(), gradient_of(p, true, &Problem::x, part)) < 1e-8);
    }
}

TEST_CASE("GRU over a sequence and its gradients agree with the equations and finite differences") {
  for (const RecurrentOptions& options : all_options)
    for (bool complete : {false, true}) {
      Problem p = make_problem(false, 3, 2, 2, 3, options, complete);
      ProblemTensors t = tensors_of(p, DType::float64);
      auto r = kernels::gru_forward(t.x, t.h0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
      CHECK(difference(joined({r.y, r.h_n}), p.run(false)) < 1e-13);
      Tensor dy = random_tensor(r.y.shape(), DType::float64, 91), dh = random_tensor({2, 3}, DType::float64, 92);
      Values weight = joined({dy, dh});
      auto d = kernels::gru_backward(dy, dh, t.x, t.h0, t.w_ih, t.w_hh, r, options);
      CHECK(difference(d.dx.to_vector<double>(), gradient_of(p, false, &Problem::x, weight)) < 1e-8);
      CHECK(difference(d.dw_ih.to_vector<double>(), gradient_of(p, false, &Problem::w_ih, weight)) < 1e-8);
      CHECK(difference(d.dw_hh.to_vector<double>(), gradient_of(p, false, &Problem::w_hh, weight)) < 1e-8);
      if (!complete) continue;
      CHECK(difference(d.dh0.to_vector<double>(), gradient_of(p, false, &Problem::h0, weight)) < 1e-8);
      CHECK(difference(d.db_ih.to_vector<double>(), gradient_of(p, false, &Problem::b_ih, weight)) < 1e-8);
      CHECK(difference(d.db_hh.to_vector<double>(), gradient_of(p, false, &Problem::b_hh, weight)) < 1e-8);
    }
}

TEST_CASE("recurrent layers of odd sizes agree with the equations in float32") {
  struct Case {
    int64_t steps, batch, size, hidden;
  };
  for (const auto& [steps, batch, size, hidden] : {Case{1, 1, 1, 1}, Case{5, 1, 7, 9}, Case{4, 19, 5, 33}, Case{3, 37, 17, 70}})
    for (const RecurrentOptions& options : all_options)
      for (bool lstm : {true, false}) {
        Problem p = make_problem(lstm, steps, batch, size, hidden, options, true);
        for (double& w : p.w_hh) w *= 0.3;
        ProblemTensors t = tensors_of(p, DType::float32), t64 = tensors_of(p, DType::float64);
        if (lstm) {
          auto r = kernels::lstm_forward(t.x, t.h0, t.c0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
          auto r64 = kernels::lstm_forward(t64.x, t64.h0, t64.c0, t64.w_ih, t64.w_hh, t64.b_ih, t64.b_hh, options);
          CHECK(difference(joined({r.y, r.h_n, r.c_n}), p.run(true)) < 2e-5);
          Tensor dy = random_tensor(r.y.shape(), DType::float64, 93);
          auto d = kernels::lstm_backward(to_float(dy), {}, {}, t.x, t.h0, t.c0, t.w_ih, t.w_hh, r, options);
          auto d64 = kernels::lstm_backward(dy, {}, {}, t64.x, t64.h0, t64.c0, t64.w_ih, t64.w_hh, r64, options);
          CHECK(relative_error(d.dx, d64.dx.to_vector<double>()) < 2e-5);
          CHECK(relative_error(d.dw_hh, d64.dw_hh.to_vector<double>()) < 2e-5);
          CHECK(relative_error(d.db, d64.db.to_vector<double>()) < 2e-5);
        } else {
          auto r = kernels::gru_forward(t.x, t.h0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
          auto r64 = kernels::gru_forward(t64.x, t64.h0, t64.w_ih, t64.w_hh, t64.b_ih, t64.b_hh, options);
          CHECK(difference(joined({r.y, r.h_n}), p.run(false)) < 2e-5);
          Tensor dy = random_tensor(r.y.shape(), DType::float64, 94);
          auto d = kernels::gru_backward(to_float(dy), {}, t.x, t.h0, t.w_ih, t.w_hh, r, options);
          auto d64 = kernels::gru_backward(dy, {}, t64.x, t64.h0, t64.w_ih, t64.w_hh, r64, options);
          CHECK(relative_error(d.dx, d64.dx.to_vector<double>()) < 2e-5);
          CHECK(relative_error(d.dw_hh, d64.dw_hh.to_vector<double>()) < 2e-5);
          CHECK(relative_error(d.db_hh, d64.db_hh.to_vector<double>()) < 2e-5);
        }
      }
}

// Enough rows, and wide enough, for the kernels to look for rows that repeat: each is one of four.
TEST_CASE("recurrent layers over rows that repeat agree with the equations and with every row multiplied by itself") {
  for (const RecurrentOptions& options : all_options)
    for (bool lstm : {true, false}) {
      Problem p = make_problem(lstm, 9, 8, 3, 43, options, true);
      for (double& w : p.w_hh) w *= 0.3;
      const Values table = p.x;
      for (size_t row = 0; row < 72; row++)
        for (size_t i = 0; i < 3; i++) p.x[row * 3 + i] = table[row * row % 7 * 3 + i];  // squares modulo 7: 0, 1, 2, 4
      ProblemTensors t = tensors_of(p, DType::float64);
      Tensor dy = random_tensor(options.batch_first ? Shape{8, 9, 43} : Shape{9, 8, 43}, DType::float64, 95);
      auto check = [&](auto r, auto backward) {
        REQUIRE(r.inputs.found());
        CHECK(r.inputs.table.shape() == Shape{4, 3});
        auto d = backward(r, true), without_dx = backward(r, false);
        r.inputs = {};
        auto plain = backward(r, true);
        CHECK(difference(d.dw_ih.template to_vector<double>(), plain.dw_ih.template to_vector<double>()) < 1e-13);
        CHECK(same_bits(d.dx, plain.dx));
        CHECK(same_bits(d.dw_hh, plain.dw_hh));
        CHECK(!without_dx.dx.defined());
        CHECK(same_bits(without_dx.dw_ih, d.dw_ih));
      };
      if (lstm) {
        auto r = kernels::lstm_forward(t.x, t.h0, t.c0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
        CHECK(difference(joined({r.y, r.h_n, r.c_n}), p.run(true)) < 1e-13);
        check(r, [&](const auto& saved, bool dx) {
          return kernels::lstm_backward(dy, {}, {}, t.x, t.h0, t.c0, t.w_ih, t.w_hh, saved, options, dx);
        });
      } else {
        auto r = kernels::gru_forward(t.x, t.h0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, options);
        CHECK(difference(joined({r.y, r.h_n}), p.run(false)) < 1e-13);
        check(r, [&](const auto& saved, bool dx) { return kernels::gru_backward(dy, {}, t.x, t.h0, t.w_ih, t.w_hh, saved, options, dx); });
      }
    }
}

TEST_CASE("cells are the step of a sequence of length one") {
  Problem p = make_problem(true, 1, 5, 4, 6, {}, true), q = make_problem(false, 1, 5, 4, 6, {}, true);
  Tensor pre = empty({5, 24}, DType::float64), pre_x = empty({5, 18}, DType::float64), pre_h = empty({5, 18}, DType::float64);
  for (int64_t b = 0; b < 5; b++) {
    for (int64_t j = 0; j < 24; j++) pre.mutable_data<double>()[b * 24 + j] = p.from_input(0, b, j) + p.from_state(p.h0, b, j);
    for (int64_t j = 0; j < 18; j++) {
      pre_x.mutable_data<double>()[b * 18 + j] = q.from_input(0, b, j);
      pre_h.mutable_data<double>()[b * 18 + j] = q.from_state(q.h0, b, j);
    }
  }
  Tensor c = tensor_of({5, 6}, p.c0, DType::float64), h = tensor_of({5, 6}, q.h0, DType::float64);
  auto lstm = kernels::lstm_cell(pre, c);
  CHECK(difference(joined({lstm.h, lstm.h, lstm.c}), p.run(true)) < 1e-13);
  auto gru = kernels::gru_cell(pre_x, pre_h, h);
  CHECK(difference(joined({gru.h, gru.h}), q.run(false)) < 1e-13);

  Tensor dh = random_tensor({5, 6}, DType::float64, 95), dc = random_tensor({5, 6}, DType::float64, 96);
  auto dl = kernels::lstm_cell_backward(dh, dc, c, lstm);
  auto run_lstm = [&](const Values& v, bool cell) {
    auto r = cell ? kernels::lstm_cell(pre, tensor_of({5, 6}, v, DType::float64)) : kernels::lstm_cell(tensor_of({5, 24}, v, DType::float64), c);
    return joined({r.h, r.c});
  };
  CHECK(difference(dl.dpre.to_vector<double>(), numeric_gradient([&](const Values& v) { return run_lstm(v, false); }, pre.to_vector<double>(),
                                                                 joined({dh, dc}))) < 1e-8);
  CHECK(difference(dl.dc.to_vector<double>(), numeric_gradient([&](const Values& v) { return run_lstm(v, true); }, c.to_vector<double>(),
                                                               joined({dh, dc}))) < 1e-8);

  auto dg = kernels::gru_cell_backward(dh, pre_h, h, gru);
  auto run_gru = [&](const Values& v, int which) {
    Tensor a = which == 0 ? tensor_of({5, 18}, v, DType::float64) : pre_x, b = which == 1 ? tensor_of({5, 18}, v, DType::float64) : pre_h;
    return kernels::gru_cell(a, b, which == 2 ? tensor_of({5, 6}, v, DType::float64) : h).h.to_vector<double>();
  };
  Values g = dh.to_vector<double>();
  CHECK(difference(dg.dpre_x.to_vector<double>(), numeric_gradient([&](const Values& v) { return run_gru(v, 0); }, pre_x.to_vector<double>(),
                                                                   g)) < 1e-8);
  CHECK(difference(dg.dpre_h.to_vector<double>(), numeric_gradient([&](const Values& v) { return run_gru(v, 1); }, pre_h.to_vector<double>(),
                                                                   g)) < 1e-8);
  CHECK(difference(dg.dh.to_vector<double>(), numeric_gradient([&](const Values& v) { return run_gru(v, 2); }, h.to_vector<double>(), g)) < 1e-8);
}

TEST_CASE("saturated gates stay finite: inputs of 300") {
  Tensor pre = empty({1, 8}, DType::float32), c = tensor_of({1, 2}, {300, -300}, DType::float32);
  for (int i = 0; i < 8; i++) pre.mutable_data<float>()[i] = i % 2 ? -300.f : 300.f;
  auto r = kernels::lstm_cell(pre, c);
  CHECK(r.c.to_vector<double>() == Values{301, 0});
  CHECK(r.h.to_vector<double>() == Values{1, 0});
  auto d = kernels::lstm_cell_backward(c, c, c, r);
  for (double v : d.dpre.to_vector<double>()) CHECK(v == 0);
}

TEST_CASE("recurrent layers give the same bits with 1, 2 and 5 threads") {
  Problem p = make_problem(true, 9, 50, 30, 64, {true, false}, true), q = make_problem(false, 9, 50, 30, 64, {false, true}, true);
  ProblemTensors t = tensors_of(p, DType::float32), u = tensors_of(q, DType::float32);
  auto lstm = [&] { return kernels::lstm_forward(t.x, t.h0, t.c0, t.w_ih, t.w_hh, t.b_ih, t.b_hh, p.options); };
  auto gru = [&] { return kernels::gru_forward(u.x, u.h0, u.w_ih, u.w_hh, u.b_ih, u.b_hh, q.options); };
  auto rl = lstm();
  auto rg = gru();
  CHECK(same_for_any_threads([&] { return lstm().y; }));
  CHECK(same_for_any_threads([&] { return gru().y; }));
  auto back = [&] { return kernels::lstm_backward(rl.y, rl.h_n, {}, t.x, t.h0, t.c0, t.w_ih, t.w_hh, rl, p.options); };
  CHECK(same_for_any_threads([&] { return back().dx; }));
  CHECK(same_for_any_threads([&] { return back().dw_hh; }));
  CHECK(same_for_any_threads([&] { return back().db; }));
  CHECK(same_for_any_threads([&] { return kernels::gru_backward(rg.y, {}, u.x, u.h0, u.w_ih, u.w_hh, rg, q.options).db_hh; }));
}

TEST_CASE("recurrent layers name what is wrong") {
  Tensor x = empty({3, 2, 5}), w_ih = empty({16, 5}), w_hh = empty({16, 4});
  CHECK_THROWS_WITH_AS(kernels::lstm_forward(empty({3, 5}), {}, {}, w_ih, w_hh, {}, {}, {}),
                       doctest::Contains("[time, batch, size] but it is [3, 5]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::lstm_forward(x, {}, {}, empty({16, 6}), w_hh, {}, {}, {}), doctest::Contains("expected w_ih of shape [16, 5]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::gru_forward(x, {}, w_ih, w_hh, {}, {}, {}),
                       doctest::Contains("gru: expected w_hh of shape [3 * hidden, hidden] but it is [16, 4]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::lstm_forward(x, empty({2, 5}), {}, w_ih, w_hh, {}, {}, {}),
                       doctest::Contains("expected h0 of shape [2, 4] but it is [2, 5]"), ShapeError);
}
