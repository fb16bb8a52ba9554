/* SPDX-License-Identifier: Apache-2.0 */
// eval_test.h: result files in a test's folder, and dslt eval run on them.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "dslt/dslt.h"
#include "spawned.h"

// Rows as OTB writes them: 1-based.
using Rows = std::vector<std::vector<double>>;

class EvalTest : public ProgramTest {
 protected:
  void write(const std::string &name, const std::string &text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void write_rows(const std::string &name, const Rows &rows) const {
    std::ostringstream text;
    text.precision(17);
    for (const auto &row : rows)
      for (size_t i = 0; i < row.size(); i++) text << row[i] << (i + 1 < row.size() ? ',' : '\n');
    write(name, text.str());
  }
  // `count` times the same box.
  static Rows still(int count, double x = 11, double y = 21, double width = 40, double height = 20) {
    return Rows((size_t)count, {x, y, width, height});
  }

  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "eval");
    return ProgramTest::run(arguments);
  }
};
