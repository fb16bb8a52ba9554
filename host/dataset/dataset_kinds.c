/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of benchmark sets, as one table. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/nearest.h"
#include "dataset/dataset_internal.h"

#define OTB_FILES                                                                                           \
  "ROOT/NAME/img/0001.jpg and ROOT/NAME/groundtruth_rect.txt (groundtruth_rect.1.txt and .2.txt where one " \
  "video has two targets)."
#define UAV_FILES(set, frames)                                    \
  "ROOT/data_seq/" frames "/FOLDER/000001.jpg and ROOT/anno/" set \
  "/NAME.txt; sequences that share "                              \
  "a video name the same FOLDER."
#define GOT_FILES                                                                                       \
  "ROOT/list.txt, ROOT/NAME/00000001.jpg, groundtruth.txt, absence.label, cover.label, meta_info.ini; " \
  "ROOT may also be the folder above the splits."

static const dslt_kind_row kinds[] = {
    {{"otb2013", "OTB-2013", DSLT_LAYOUT_OTB, 51, 29491, dslt_facts_otb_attributes, 11, OTB_FILES},
     dslt_facts_otb100,
     &dslt_facts_otb100_count,
     DSLT_MEMBER_OTB2013,
     NULL,
     NULL},
    {{"otb50", "OTB-50", DSLT_LAYOUT_OTB, 50, 26972, dslt_facts_otb_attributes, 11, OTB_FILES},
     dslt_facts_otb100,
     &dslt_facts_otb100_count,
     DSLT_MEMBER_OTB50,
     NULL,
     NULL},
    {{"otb100", "OTB-100", DSLT_LAYOUT_OTB, 100, 59040, dslt_facts_otb_attributes, 11, OTB_FILES},
     dslt_facts_otb100,
     &dslt_facts_otb100_count,
     0,
     NULL,
     NULL},
    {{"tc128", "Temple-Color 128", DSLT_LAYOUT_TC128, 129, 55346, NULL, 0,
      "ROOT/NAME/img/0001.jpg, ROOT/NAME/NAME_gt.txt and ROOT/NAME/NAME_frames.txt (first,last)."},
     dslt_facts_tc128,
     &dslt_facts_tc128_count,
     0,
     NULL,
     NULL},
    {{"uav123", "UAV123", DSLT_LAYOUT_UAV, 123, 112578, dslt_facts_uav_attributes, 12,
      UAV_FILES("UAV123", "UAV123")},
     dslt_facts_uav123,
     &dslt_facts_uav123_count,
     0,
     "UAV123",
     "UAV123"},
    {{"uav20l", "UAV20L", DSLT_LAYOUT_UAV, 20, 58670, NULL, 0, UAV_FILES("UAV20L", "UAV123")},
     dslt_facts_uav20l,
     &dslt_facts_uav20l_count,
     0,
     "UAV20L",
     "UAV123"},
    {{"uav123_10fps", "UAV123@10fps", DSLT_LAYOUT_UAV, 123, 37607, dslt_facts_uav_attributes, 12,
      UAV_FILES("UAV123_10fps", "UAV123_10fps")},
     dslt_facts_uav123_10fps,
     &dslt_facts_uav123_10fps_count,
     0,
     "UAV123_10fps",
     "UAV123_10fps"},
    {{"vot2016", "VOT-2016", DSLT_LAYOUT_VOT, 60, 0, NULL, 0,
      "ROOT/NAME/00000001.jpg (or color/00000001.jpg), ROOT/NAME/groundtruth.txt with four corners a line, "
      "and tags as ROOT/NAME/occlusion.tag ..."},
     dslt_facts_vot2016,
     &dslt_facts_vot2016_count,
     0,
     NULL,
     NULL},
    {{"vot", "any VOT set", DSLT_LAYOUT_VOT, 0, 0, NULL, 0,
      "As vot2016; the sequences are those of ROOT/list.txt or, without one, every folder with a "
      "groundtruth.txt."},
     NULL,
     NULL,
     0,
     NULL,
     NULL},
    {{"got10k", "GOT-10k, the split that ROOT holds", DSLT_LAYOUT_GOT10K, 0, 0, NULL, 0,
      GOT_FILES " Then its split val is taken."},
     NULL,
     NULL,
     0,
     "",
     NULL},
    {{"got10k-train", "GOT-10k, split train", DSLT_LAYOUT_GOT10K, 0, 0, NULL, 0, GOT_FILES},
     NULL,
     NULL,
     0,
     "train",
     NULL},
    {{"got10k-val", "GOT-10k, split val", DSLT_LAYOUT_GOT10K, 0, 0, NULL, 0, GOT_FILES},
     NULL,
     NULL,
     0,
     "val",
     NULL},
    {{"got10k-test", "GOT-10k, split test (ground truth of the first frame only)", DSLT_LAYOUT_GOT10K, 0, 0,
      NULL, 0, GOT_FILES},
     NULL,
     NULL,
     0,
     "test",
     NULL},
    {{"lasot", "LaSOT", DSLT_LAYOUT_LASOT, 0, 0, NULL, 0,
      "ROOT/CLASS/CLASS-1/img/00000001.jpg, groundtruth.txt, full_occlusion.txt and out_of_view.txt; where "
      "ROOT/testing_set.txt lies there, only the sequences that it names."},
     NULL,
     NULL,
     0,
     NULL,
     NULL},
    {{"folder", "any OTB-like set", DSLT_LAYOUT_FOLDER, 0, 0, NULL, 0,
      "ROOT/NAME/img/0001.jpg and ROOT/NAME/groundtruth_rect.txt (x,y,w,h a line, 1-based) for any NAME; "
      "groundtruth_rect.1.txt and .2.txt make the sequences NAME-1 and NAME-2."},
     NULL,
     NULL,
     0,
     NULL,
     NULL},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const dslt_dataset_kind *dslt_dataset_kind_at(int index) {
  return index >= 0 && index < KINDS ? &kinds[index].kind : NULL;
}

int dslt_dataset_kind_find(const dslt_dataset_kind **out, const char *name) {
  if (!out || !name) return dslt_fail(DSLT_EARGUMENT, "The name of the dataset is missing.");
  const char *names[KINDS];
  char all[512] = "";
  size_t used = 0;
  for (int i = 0; i < KINDS; i++) {
    names[i] = kinds[i].kind.name;
    if (strcasecmp(name, names[i]) == 0) {
      *out = &kinds[i].kind;
      return DSLT_OK;
    }
    used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                             i == 0          ? ""
                             : i + 1 < KINDS ? ", "
                                             : " or ",
                             names[i]);
  }
  const int nearest = dslt_nearest(name, names, KINDS);
  if (nearest >= 0)
    return dslt_fail(DSLT_EOPTION, "Unknown dataset \"%.40s\": did you mean \"%s\"?", name, names[nearest]);
  return dslt_fail(DSLT_EOPTION, "Unknown dataset \"%.40s\": choose %s.", name, all);
}

const dslt_kind_row *dslt_kind_row_of(const dslt_dataset_kind *kind) { return (const dslt_kind_row *)kind; }

const dslt_fact *dslt_kind_fact(const dslt_kind_row *row, int index) {
  if (!row->facts || index < 0) return NULL;
  for (int i = 0; i < *row->fact_count; i++) {
    const dslt_fact *fact = &row->facts[i];
    if (row->member && !(fact->member & row->member)) continue;
    if (index-- == 0) return fact;
  }
  return NULL;
}

const char *dslt_dataset_kind_sequence(const dslt_dataset_kind *kind, int index) {
  const dslt_fact *fact = kind ? dslt_kind_fact(dslt_kind_row_of(kind), index) : NULL;
  return fact ? fact->name : NULL;
}
