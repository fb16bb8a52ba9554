/* SPDX-License-Identifier: Apache-2.0 */
// cases_anchors.cpp: the proposal heads of the tracking-loss presets: 14 x 14 cells of 256 channels for each training
// box, of which the strategies take 12 or all, and 44 x 44 for each of three search areas; 256 units between.
#include <memory>

#include "anchors.h"
#include "cases.h"

namespace bench {
namespace {

constexpr int kSide = 14, kAreaSide = 44, kLevels = 3, kDepth = 256, kHidden = 256, kBatch = 32;
constexpr double kGrow = 107.0 / 75;

std::vector<int32_t> cells_taken(int side, int strategy) {
  std::vector<int32_t> cells(std::size_t(side) * std::size_t(side));
  const dslt_anchor_grid grid = {side, 171, 16};
  cells.resize(std::size_t(dslt_anchor_cells(cells.data(), &grid, strategy)));
  return cells;
}

// Of a batch of training boxes out of a store of 48, or of whole search areas. Without a twin: a head's product is one
// operation of the CPU's.
Entry anchor_columns(bool areas) {
  return {std::string("anchor_columns ") + (areas ? "3x44x44x256" : "32x14x14x256 at 12"),
          [=](Memory &m, dslt_backend *) {
            const int side = areas ? kAreaSide : kSide, store = areas ? kLevels : 48,
                      maps = areas ? kLevels : kBatch;
            const std::vector<int32_t> cells =
                cells_taken(side, areas ? DSLT_STRATEGY_FOURTH : DSLT_STRATEGY_FIRST);
            std::vector<int32_t> items;
            for (int i = 0; i < maps; ++i) items.push_back(areas ? i : i * 7 % store);
            const std::vector<float> x = noise(std::size_t(store * side * side * kDepth), 1);
            const int count = int(cells.size()), rows = maps * count;
            const std::size_t values = std::size_t(rows) * 9 * kDepth;
            const dslt_anchor_rows list = {side, kDepth, count, m.put(cells), areas ? nullptr : m.put(items),
                                           0,    rows};
            const float *from = m.put(x);
            float *columns = m.zeros<float>(values);
            Case c;
            // Neighbouring anchors see the same cells: all of a search area, 32 of a box's.
            c.bytes = 4.0 * (double(maps) * (areas ? side * side : 32) * kDepth + double(values));
            c.tolerance = 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_anchor_columns(s, columns, from, &list, nullptr);
            };
            c.error = [=] {
              std::vector<float> want;
              want.reserve(values);
              for (int row = 0; row < rows; ++row)
                for (int tap = 0; tap < 9; ++tap) {
                  const int cell = cells[std::size_t(row % count)], map = items[std::size_t(row / count)],
                            v = cell / side + tap / 3 - 1, u = cell % side + tap % 3 - 1;
                  const bool inside = v >= 0 && u >= 0 && v < side && u < side;
                  for (int k = 0; k < kDepth; ++k)
                    want.push_back(inside ? x[std::size_t(((map * side + v) * side + u) * kDepth + k)] : 0);
                }
              return difference(get(columns, values), want);
            };
            return c;
          }};
}

// What lies behind the product: its rows, the units' biases, two outputs.
struct Ending {
  explicit Ending(int count) : rows(count) {
    middle = noise(std::size_t(rows) * kHidden, 1), bias = noise(kHidden, 2, 0.1f);
    out = noise(2 * kHidden, 3, 0.1f), last = noise(2, 4), d_scores = noise(2 * std::size_t(rows), 5);
  }
  double unit(int row, int j) const {
    return double(middle[std::size_t(row * kHidden + j)]) + double(bias[std::size_t(j)]);
  }
  int rows;
  std::vector<float> middle, bias, out, last, d_scores;
};

Entry anchor_outputs(int rows) {
  return {"anchor_outputs " + times(rows, kHidden), [=](Memory &m, dslt_backend *) {
            const auto e = std::make_shared<const Ending>(rows);
            const float *middle = m.put(e->middle), *bias = m.put(e->bias), *out = m.put(e->out),
                        *last = m.put(e->last);
            float *scores = m.zeros<float>(2 * std::size_t(rows));
            Case c;
            c.bytes = 4.0 * (double(rows) * (kHidden + 2) + 3 * kHidden + 2);
            c.flops = double(rows) * kHidden * 6;
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_anchor_outputs(s, scores, middle, bias, out, last, rows, kHidden, nullptr);
            };
            c.error = [=] {
              std::vector<float> want;
              for (int row = 0; row < rows; ++row)
                for (int k = 0; k < 2; ++k) {
                  double sum = double(e->last[std::size_t(k)]);
                  for (int j = 0; j < kHidden; ++j)
                    sum += std::max(e->unit(row, j), 0.0) * double(e->out[std::size_t(k * kHidden + j)]);
                  want.push_back(float(sum));
                }
              return difference(get(scores, want.size()), want);
            };
            return c;
          }};
}

Entry anchor_turn(int rows) {
  return {"anchor_turn " + times(rows, kHidden), [=](Memory &m, dslt_backend *) {
            const auto e = std::make_shared<const Ending>(rows);
            const float *bias = m.put(e->bias), *out = m.put(e->out), *d_scores = m.put(e->d_scores);
            float *middle = m.put(e->middle), *d_bias = m.zeros<float>(kHidden),
                  *d_out = m.zeros<float>(2 * kHidden), *d_last = m.zeros<float>(2);
            void *scratch = m.zeros<char>(dslt_kernel_anchor_turn_scratch(kHidden));
            Case c;
            c.bytes = 4.0 * (double(rows) * (2 * kHidden + 2) + 6 * kHidden + 2);
            c.flops = double(rows) * kHidden * 9;
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_anchor_turn(s, middle, d_bias, d_out, d_last, bias, out, d_scores, rows,
                                             kHidden, 0, scratch, nullptr);
            };
            c.error = [=] {
              std::vector<double> units(kHidden), outputs(2 * kHidden), ends(2);
              std::vector<float> turned;
              for (int row = 0; row < rows; ++row) {
                const double d0 = double(e->d_scores[2 * std::size_t(row)]),
                             d1 = double(e->d_scores[2 * std::size_t(row) + 1]);
                ends[0] += d0, ends[1] += d1;
                for (std::size_t j = 0; j < kHidden; ++j) {
                  const double v = std::max(e->unit(row, int(j)), 0.0);
                  outputs[j] += d0 * v, outputs[kHidden + j] += d1 * v;
                  const double d = v > 0 ? d0 * double(e->out[j]) + d1 * double(e->out[kHidden + j]) : 0.0;
                  units[j] += d;
                  turned.push_back(float(d));
                }
              }
              const auto floats = [](const std::vector<double> &v) {
                return std::vector<float>(v.begin(), v.end());
              };
              return std::max({difference(get(middle, turned.size()), turned),
                               difference(get(d_bias, kHidden), floats(units)),
                               difference(get(d_out, 2 * kHidden), floats(outputs)),
                               difference(get(d_last, 2), floats(ends))});
            };
            return c;
          }};
}

Entry anchor_loss(int kind, const char *name) {
  return {std::string("anchor_loss 32x196 ") + name, [=](Memory &m, dslt_backend *cpu) {
            const int positives = 8, count = kSide * kSide;
            const dslt_anchor_loss_spec spec = {kind, 0.8f, 10};
            const std::vector<float> scores = noise(std::size_t(2 * kBatch * count), 1, 3);
            const float *there = m.put(scores);
            float *gradient = m.zeros<float>(scores.size()), *value = m.zeros<float>(1);
            Case c;
            c.bytes = 8.0 * double(scores.size());
            c.flops = 15.0 * double(scores.size());
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_anchor_loss(s, gradient, value, there, kBatch, positives, count, &spec, 1,
                                             nullptr);
            };
            c.error = [=] {
              std::vector<float> want(scores.size()), sum(1);
              must(cpu->nn->anchor_loss(cpu, want.data(), sum.data(), scores.data(), kBatch, positives, count,
                                        &spec, 1));
              return std::max(difference(get(gradient, want.size()), want), difference(get(value, 1), sum));
            };
            return c;
          }};
}

// The mined boxes of the background.
Entry anchor_scores() {
  return {"anchor_scores 48x196", [](Memory &m, dslt_backend *cpu) {
            const int n = 48, count = kSide * kSide;
            const std::vector<float> scores = noise(std::size_t(2 * n * count), 1, 3),
                                     before = noise(std::size_t(n), 2);
            const float *there = m.put(scores);
            float *means = m.put(before);
            Case c;
            c.bytes = 4.0 * double(scores.size() + 2 * before.size());
            c.flops = 10.0 * n * count;
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_anchor_scores(s, means, there, n, count, DSLT_ANCHOR_SOFTMAX, 0.5f, 0,
                                               nullptr);
            };
            c.error = [=] {
              std::vector<float> want = before;
              must(cpu->nn->anchor_scores(cpu, want.data(), scores.data(), n, count, DSLT_ANCHOR_SOFTMAX,
                                          0.5f, 0));
              return difference(get(means, want.size()), want);
            };
            return c;
          }};
}

Entry sampled_scores(int strategy, int count) {
  return {"sampled_scores 256x" + std::to_string(count) + " of 3x44x44", [=](Memory &m, dslt_backend *cpu) {
            const int n = 256;
            dslt_target_state state = state_in_the_middle();
            state.width = 64, state.height = 60;
            dslt_search search = geometry(1, DSLT_SUBCELL_NONE, kLevels);
            search.area.input_width = search.area.input_height = 347;
            search.area.ratio_x = state.width * kGrow / 107, search.area.ratio_y = state.height * kGrow / 107;
            search.scale.step = std::pow(1.05, 2.0 / 3);
            const dslt_anchor_sampling sampling = {{kSide, 171, 16}, strategy, kAreaSide, 8, 107, kGrow};
            std::vector<dslt_box> boxes;
            const std::vector<float> draw = noise(3 * std::size_t(n), 3);
            for (std::size_t i = 0; i < std::size_t(n); ++i) {
              const double size = 1 + 0.05 * double(draw[3 * i + 2]), w = 64 * size, h = 60 * size;
              boxes.push_back({320 + 37 * double(draw[3 * i]) - 0.5 * w,
                               240 + 37 * double(draw[3 * i + 1]) - 0.5 * h, w, h});
            }
            const std::vector<float> maps = noise(std::size_t(2 * kLevels * kAreaSide * kAreaSide), 1, 3),
                                     before = noise(std::size_t(n), 2);
            const float *there = m.put(maps);
            const dslt_box *candidates = m.put(boxes);
            const dslt_target_state *around = m.put(std::vector<dslt_target_state>{state});
            float *means = m.put(before);
            Case c;
            c.bytes = 4.0 * double(maps.size() + 2 * before.size()) + double(n * sizeof(dslt_box));
            c.flops = 25.0 * n * count;
            c.tolerance = 5e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_sampled_scores(s, means, there, candidates, n, DSLT_ANCHOR_SOFTMAX,
                                                &sampling, around, &search, 0.5f, 0, nullptr);
            };
            c.error = [=] {
              std::vector<float> want = before;
              must(cpu->nn->sampled_scores(cpu, want.data(), maps.data(), boxes.data(), n,
                                           DSLT_ANCHOR_SOFTMAX, &sampling, &state, &search, 0.5f, 0));
              return difference(get(means, want.size()), want);
            };
            return c;
          }};
}

Entry sgd() {
  return {"sgd a proposal head", [](Memory &m, dslt_backend *cpu) {
            const std::size_t counts[] = {9 * kDepth * kHidden, kHidden, 2 * kHidden, 2};
            auto host = std::make_shared<std::vector<std::vector<float>>>();
            std::vector<dslt_param> params;
            double total = 0;
            for (std::size_t count : counts) {
              const unsigned seed = unsigned(host->size());
              for (unsigned part = 0; part < 3; ++part)
                host->push_back(noise(count, seed + part, part == 0 ? 0.1f : 1.0f));
              params.push_back({m.put((*host)[seed]), m.put((*host)[seed + 1]), m.put((*host)[seed + 2]),
                                nullptr, count, params.size() % 2 ? 1e-3f : 5e-4f, 5e-4f, 0});
              total += double(count);
            }
            Case c;
            c.bytes = 20 * total;
            c.flops = 6 * total;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_sgd(s, params.data(), int(params.size()), 0.9f, nullptr);
            };
            c.error = [=] {
              std::vector<std::vector<float>> want = *host;
              std::vector<dslt_param> here = params;
              for (std::size_t i = 0; i < here.size(); ++i) {
                std::vector<float> *tensor = &want[3 * i];
                here[i].w = tensor[0].data(), here[i].g = tensor[1].data(), here[i].m = tensor[2].data();
                here[i].v = here[i].m;
              }
              must(cpu->nn->sgd(cpu, here.data(), int(here.size()), 0.9f));
              double worst = 0;
              for (std::size_t i = 0; i < here.size(); ++i)
                worst = std::max({worst, difference(get(params[i].w, params[i].count), want[3 * i]),
                                  difference(get(params[i].m, params[i].count), want[3 * i + 2])});
              return worst;
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> anchor_cases() {
  return {
      anchor_columns(false),
      anchor_columns(true),
      anchor_outputs(kBatch * 12),
      anchor_outputs(kLevels * kAreaSide * kAreaSide),
      anchor_turn(kBatch * 12),
      anchor_turn(kBatch * kSide * kSide),
      anchor_loss(DSLT_ANCHOR_SOFTMAX, "softmax"),
      anchor_loss(DSLT_ANCHOR_HINGE, "hinge"),
      anchor_scores(),
      sampled_scores(DSLT_STRATEGY_FIRST, 12),
      sampled_scores(DSLT_STRATEGY_FOURTH, kSide * kSide),
      sgd(),
  };
}

}  // namespace bench
