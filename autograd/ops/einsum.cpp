// Einstein's summation.
//
// Every operand's axes get labels: its letters, and for "..." numbers counted from the last axis. Repeated letters within one
// operand take its diagonal. Operands are then joined two at a time, from the left. For a pair, a label is
//   a batch label    if both have it and it is still needed (by the result or a later operand),
//   contracted       if both have it and nobody needs it any more,
//   the operand's    if only one has it (summed at once when nobody needs it),
// so that a pair is one batched matrix product: (batch, own of A, contracted) x (batch, contracted, own of B).
#include <algorithm>
#include <string>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare {
namespace {

using Labels = std::vector<int>;  // letters by their code; the k-th last axis of "..." as -1 - k

bool has(const Labels& labels, int l) { return std::find(labels.begin(), labels.end(), l) != labels.end(); }

struct Term {
  Tensor tensor;
  Labels labels;
  int axis(int l) const { return int(std::find(labels.begin(), labels.end(), l) - labels.begin()); }
  int64_t size(int l) const { return tensor.shape()[axis(l)]; }
};

// Labels of one term of the equation for a tensor of the given rank (-1: the result, with `dots` axes for "...").
Labels parse(std::string_view equation, std::string_view term, int rank, int dots) {
  Labels labels;
  int letters = 0;
  for (char c : term) letters += c != '.';
  bool has_dots = term.find('.') != std::string_view::npos;
  if (rank >= 0) {
    dots = rank - letters;
    check<ShapeError>(has_dots ? dots >= 0 : dots == 0, "einsum: \"", term, "\" in \"", equation, "\" does not fit an operand of ", rank, " dimensions");
  }
  for (size_t i = 0; i < term.size(); i++) {
    if (term[i] == '.') {
      check<ConfigError>(term.substr(i, 3) == "..." && term.find('.', i + 3) == std::string_view::npos, "einsum: expected one \"...\" in \"", term, "\" of \"",
                         equation, "\"");
      for (int k = dots - 1; k >= 0; k--) labels.push_back(-1 - k);
      i += 2;
    } else {
      check<ConfigError>((term[i] >= 'a' && term[i] <= 'z') || (term[i] >= 'A' && term[i] <= 'Z'), "einsum: unexpected '", term[i], "' in \"", equation, "\"");
      labels.push_back(term[i]);
    }
  }
  return labels;
}

// Each repeated label becomes one axis, the diagonal.
Term distinct(Term t, std::string_view equation) {
  for (size_t i = 0; i < t.labels.size(); i++)
    for (size_t j = i + 1; j < t.labels.size();) {
      if (t.labels[j] != t.labels[i]) {
        j++;
        continue;
      }
      check<ShapeError>(t.tensor.shape()[int(i)] == t.tensor.shape()[int(j)], "einsum: a repeated letter of \"", equation, "\" has sizes ", t.tensor.shape()[int(i)],
                        " and ", t.tensor.shape()[int(j)]);
      t.tensor = movedim(diagonal(t.tensor, 0, int64_t(i), int64_t(j)), {-1}, {int64_t(i)});
      t.labels.erase(t.labels.begin() + int64_t(j));
    }
  return t;
}

Term summed(Term t, const Labels& needed) {
  Shape axes;
  Labels rest;
  for (size_t i = 0; i < t.labels.size(); i++) {
    if (has(needed, t.labels[i])) rest.push_back(t.labels[i]);
    else axes.push_back(int64_t(i));
  }
  if (axes.empty()) return t;
  return {sum(t.tensor, axes), rest};
}

// Axes in the order of `labels`; those the term lacks get size 1.
Tensor arranged(const Term& t, const Labels& labels) {
  Shape order, shape;
  for (int l : labels) {
    bool own = has(t.labels, l);
    if (own) order.push_back(t.axis(l));
    shape.push_back(own ? t.size(l) : 1);
  }
  return reshape(permute(t.tensor, order), shape);
}

Term join(Term a, Term b, const Labels& needed) {
  Labels batch, own_a, own_b, contracted;
  for (int l : a.labels) {
    if (!has(b.labels, l)) own_a.push_back(l);
    else (has(needed, l) ? batch : contracted).push_back(l);
  }
  for (int l : b.labels)
    if (!has(a.labels, l)) own_b.push_back(l);
  // A size of 1 broadcasts: contracted against n it multiplies the sum of the other side.
  for (int l : contracted) {
    if (a.size(l) == b.size(l)) continue;
    Term& wide = a.size(l) == 1 ? b : a;
    wide.tensor = sum(wide.tensor, {wide.axis(l)}, true);
  }
  Labels result = batch;
  result.insert(result.end(), own_a.begin(), own_a.end());
  result.insert(result.end(), own_b.begin(), own_b.end());
  if (contracted.empty()) return {arranged(a, result) * arranged(b, result), result};

  auto product = [](const Term& t, const Labels& labels) {
    int64_t n = 1;
    for (int l : labels) n *= t.size(l);
    return n;
  };
  Shape batch_shape, shape;
  for (int l : batch) batch_shape.push_back(std::max(a.size(l), b.size(l)) * (a.size(l) && b.size(l) ? 1 : 0));
  shape = batch_shape;
  for (int l : own_a) shape.push_back(a.size(l));
  for (int l : own_b) shape.push_back(b.size(l));
  int64_t rows = product(a, own_a), columns = product(b, own_b), inside = product(a, contracted), batches = batch_shape.numel();
  auto matrix = [&](const Term& t, const Labels& first, const Labels& second, int64_t m, int64_t n) {
    Shape order, own;
    for (int l : batch) order.push_back(t.axis(l)), own.push_back(t.size(l));
    for (int l : first) order.push_back(t.axis(l));
    for (int l : second) order.push_back(t.axis(l));
    Tensor x = permute(t.tensor, order);
    if (!(own == batch_shape)) x = expand(x, batch_shape.concat(x.shape().slice(batch_shape.size())));
    return reshape(x, batch.empty() ? Shape{m, n} : Shape{batches, m, n});
  };
  Tensor y = matmul(matrix(a, own_a, contracted, rows, inside), matrix(b, contracted, own_b, inside, columns));
  return {reshape(y, shape), result};
}

std::vector<std::string> split_terms(const std::string& text) {
  std::vector<std::string> out(1);
  for (char c : text) {
    if (c == ',') out.emplace_back();
    else out.back() += c;
  }
  return out;
}

}  // namespace

Tensor einsum(std::string_view equation, const Tensors& operands) {
  std::string compact;
  for (char c : equation)
    if (c != ' ') compact += c;
  size_t arrow = compact.find("->");
  std::vector<std::string> terms = split_terms(compact.substr(0, arrow));
  check<ConfigError>(terms.size() == operands.size(), "einsum: \"", equation, "\" has ", terms.size(), " terms for ", operands.size(), " operands");
  check<ConfigError>(!operands.empty(), "einsum: expected at least one operand");

  std::vector<Term> parts;
  int dots = 0;
  for (size_t i = 0; i < terms.size(); i++) {
    Labels labels = parse(equation, terms[i], operands[i].dim(), 0);
    dots = std::max(dots, int(std::count_if(labels.begin(), labels.end(), [](int l) { return l < 0; })));
    parts.push_back(distinct({operands[i], labels}, equation));
  }
  Labels result;
  if (arrow != std::string::npos) {
    result = parse(equation, std::string_view(compact).substr(arrow + 2), -1, dots);
  } else {
    // Without "->": the axes of "..." and the letters that occur once, in alphabetical order.
    for (int k = dots - 1; k >= 0; k--) result.push_back(-1 - k);
    std::string letters = compact;
    std::sort(letters.begin(), letters.end());
    for (char c : letters)
      if (std::isalpha(static_cast<unsigned char>(c)) && std::count(letters.begin(), letters.end(), c) == 1) result.push_back(c);
  }
  // Sizes agree wherever a label occurs, 1 excepted; the result has labels that occur, once each.
  for (size_t i = 0; i < result.size(); i++) {
    bool known = false;
    for (const Term& t : parts) known = known || has(t.labels, result[i]);
    check<ConfigError>(known, "einsum: the result of \"", equation, "\" has a letter that no operand has");
    check<ConfigError>(std::count(result.begin(), result.end(), result[i]) == 1, "einsum: the result of \"", equation, "\" repeats a letter");
  }
  for (const Term& s : parts)
    for (const Term& t : parts)
      for (int l : s.labels)
        if (has(t.labels, l))
          check<ShapeError>(s.size(l) == t.size(l) || s.size(l) == 1 || t.size(l) == 1, "einsum: sizes ", s.size(l), " and ", t.size(l), " meet at one letter of \"",
                            equation, "\" for shapes ", s.tensor.shape(), " and ", t.tensor.shape());

  auto needed_after = [&](size_t i) {
    Labels needed = result;
    for (size_t j = i + 1; j < parts.size(); j++) needed.insert(needed.end(), parts[j].labels.begin(), parts[j].labels.end());
    return needed;
  };
  Term total = summed(parts[0], needed_after(0));
  for (size_t i = 1; i < parts.size(); i++) {
    Labels needed = needed_after(i), with_total = needed;
    with_total.insert(with_total.end(), total.labels.begin(), total.labels.end());
    total = join(total, summed(parts[i], with_total), needed);
    total = summed(total, needed);
  }
  Shape order;
  for (int l : result) order.push_back(total.axis(l));
  return permute(total.tensor, order);
}

}  // namespace tare
