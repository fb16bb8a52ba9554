/* SPDX-License-Identifier: Apache-2.0 */
// dataset_tree.h: small benchmark sets made in a scratch folder, and sets that free themselves.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "scratch.h"

using Set = std::unique_ptr<dslt_dataset, decltype(&dslt_dataset_free)>;

// The opened set, or null with the sentence in dslt_last_error().
inline Set open_set(const std::string &kind, const std::string &root) {
  dslt_dataset *set = nullptr;
  const int rc = dslt_dataset_open(&set, kind.c_str(), root.c_str());
  EXPECT_EQ(rc == DSLT_OK, set != nullptr);
  return Set(set, dslt_dataset_free);
}

inline const dslt_sequence *sequence_of(const Set &set, const std::string &name) {
  return dslt_dataset_at(set.get(), dslt_dataset_find(set.get(), name.c_str()));
}

inline bool has(const char *text, const std::string &part) {
  return std::string(text).find(part) != std::string::npos;
}

inline int found_frames(const Set &set, const std::string &name) {
  int found = -1;
  EXPECT_EQ(dslt_dataset_locate(&found, set.get(), dslt_dataset_find(set.get(), name.c_str())), DSLT_OK)
      << dslt_last_error();
  return found;
}

// Path of a frame relative to the root, or the sentence of the failure.
inline std::string frame_of(const Set &set, const std::string &name, int frame) {
  char path[4096];
  if (dslt_dataset_frame_path(path, sizeof path, set.get(), dslt_dataset_find(set.get(), name.c_str()),
                              frame) < 0)
    return std::string("failed: ") + dslt_last_error();
  return std::string(path).substr(std::string(dslt_dataset_root(set.get())).size() + 1);
}

// `count` rows x,y,w,h whose x tells the row: first, first + 1 ...
inline std::string rows(int count, int first = 1) {
  std::string text;
  for (int i = 0; i < count; i++) text += std::to_string(first + i) + ",20,30,40\n";
  return text;
}

class TreeTest : public ScratchTest {
 protected:
  // A file below the scratch folder, with the folders on its way.
  void put(const std::string &name, const std::string &text = "x") {
    std::filesystem::create_directories((folder_ / name).parent_path());
    spill(path(name), text);
  }
  // Images first..last with `digits` digits: links to one file, because thousands of new ones take long.
  void images(const std::string &folder, int first, int last, int digits = 4,
              const std::string &extension = "jpg") {
    std::filesystem::create_directories(folder_ / folder);
    const std::string one = path(".image");
    if (!std::filesystem::exists(one)) spill(one, "x");
    for (int i = first; i <= last; i++) {
      char name[64];
      snprintf(name, sizeof name, "/%0*d.", digits, i);
      std::filesystem::create_hard_link(one, path(folder + name + extension));
    }
  }
  std::string root() const { return folder_.string(); }

  // Texts of the findings with the given kind; problems only or all.
  std::vector<std::string> findings(const Set &set, const std::string &kind, bool problems = true) {
    std::vector<std::string> texts;
    dslt_findings list = {};
    EXPECT_EQ(dslt_dataset_check(&list, set.get()), DSLT_OK) << dslt_last_error();
    for (int i = 0; i < list.count; i++)
      if (kind == dslt_finding_name(list.list[i].kind) && (list.list[i].problem || !problems))
        texts.push_back(list.list[i].text);
    whole_ = list.whole;
    problems_ = list.problems;
    dslt_findings_free(&list);
    return texts;
  }
  int whole_ = 0, problems_ = 0;  // of the last findings()
};
