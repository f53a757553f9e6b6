// Small graphs for graph neural networks.
#pragma once

#include <utility>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace tare::data {

struct Graph {
  int64_t nodes = 0;
  Tensor edges;   ///< int64 [2, number of edges]: from and to; an undirected edge stands in both directions
  Tensor x;       ///< features of the nodes, float32 [nodes, features]; undefined where there are none
  Tensor labels;  ///< int64 [nodes]; undefined where there are none
};

/// Builds a graph from undirected edges, each given once. Throws IndexError for a node outside of [0, nodes).
Graph undirected_graph(int64_t nodes, const std::vector<std::pair<int64_t, int64_t>>& edges);

/// Node i is joined to its `reach` nearest on either side of a circle.
Graph ring_graph(int64_t nodes, int64_t reach = 1);

struct BlockModelOptions {
  std::vector<int64_t> sizes = {50, 50};  ///< nodes of each block
  double p_in = 0.2;                      ///< probability of an edge within a block
  double p_out = 0.02;                    ///< and between blocks
  int64_t seed = 0;
};
/// Stochastic block model (Holland, Laskey, Leinhardt 1983); labels are the blocks.
Graph stochastic_block_model(const BlockModelOptions& o);

/// Zachary's karate club (1977): 34 members, 78 friendships; labels are the sides they took when it split (0: the instructor's, 1: the officer's).
Graph karate_club();

/// float32 [nodes, nodes]; entry (i, j) is 1 for an edge from i to j, and with `self_loops` so is the diagonal.
Tensor adjacency(const Graph& g, bool self_loops = false);
/// D^-1/2 (A + I) D^-1/2 (Kipf and Welling 2016, arXiv:1609.02907).
Tensor normalized_adjacency(const Graph& g);

}  // namespace tare::data
