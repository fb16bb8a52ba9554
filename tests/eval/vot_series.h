/* SPDX-License-Identifier: Apache-2.0 */
// vot_series.h: runs of the VOT protocol written by hand, one letter or number a frame.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "eval/vot_measures.h"
#include "eval/vot_rank.h"

// Runs for dslt_vot_measure(). "1" initialisation, "2" failure, "0" skipped, anything with a point is an
// overlap.
class Runs {
 public:
  void add(int sequence, const std::string &text) {
    std::deque<dslt_vot_kind> kinds;
    std::deque<double> overlaps;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find(' ', at), text.size());
      const std::string word = text.substr(at, end - at);
      at = end + 1;
      if (word.empty()) continue;
      const bool is_overlap = word.find('.') != std::string::npos;
      kinds.push_back(is_overlap ? DSLT_VOT_RECTANGLE : static_cast<dslt_vot_kind>(std::stoi(word)));
      overlaps.push_back(is_overlap ? std::stod(word) : 0);
    }
    add(sequence, {kinds.begin(), kinds.end()}, {overlaps.begin(), overlaps.end()});
  }
  void add(int sequence, const std::vector<dslt_vot_kind> &kinds, const std::vector<double> &overlaps) {
    kinds_.push_back(kinds);
    overlaps_.push_back(overlaps);
    const int frames = static_cast<int>(kinds.size());
    series.push_back(
        {sequence, frames, kinds_.back().data(), overlaps_.back().data(), overlaps_.back().data()});
    if (static_cast<int>(lengths.size()) <= sequence) lengths.resize(static_cast<size_t>(sequence) + 1);
    lengths[static_cast<size_t>(sequence)] = frames;
  }
  int count() const { return static_cast<int>(series.size()); }
  int sequences() const { return static_cast<int>(lengths.size()); }

  std::vector<dslt_vot_series> series;
  std::vector<int> lengths;

 private:
  std::deque<std::vector<dslt_vot_kind>> kinds_;  // a deque, so that pointers into it stay
  std::deque<std::vector<double>> overlaps_;
};

inline dslt_vot_rules rules_of(dslt_vot_convention convention, int burn_in, int low, int high) {
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, convention);
  rules.burn_in = burn_in;
  rules.eao_low = low;
  rules.eao_high = high;
  return rules;
}

// A score that frees itself.
struct Score : dslt_vot_score {
  Score() : dslt_vot_score() {}
  Score(const Score &) = delete;
  Score &operator=(const Score &) = delete;
  ~Score() { dslt_vot_score_free(this); }
  int measure(const Runs &input, const dslt_vot_rules &rules_) {
    return dslt_vot_measure(this, input.series.data(), input.count(), input.lengths.data(), input.sequences(),
                            &rules_);
  }
};
