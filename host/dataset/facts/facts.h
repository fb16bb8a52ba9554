/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h: lists, frame ranges and attributes of the published benchmarks, as tables. The .c files beside it
 * are written by generate.py from the facts folder; change them there. */
#ifndef DSLT_DATASET_FACTS_H
#define DSLT_DATASET_FACTS_H

#include <stdint.h>

#include "dataset/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One published sequence. */
typedef struct dslt_fact {
  const char *name;   /* "Jogging-1" */
  const char *folder; /* of the video, without the layout's own folders: "Jogging" */
  const char *truth;  /* OTB: file of ground truth within that folder; NULL elsewhere */
  int first, last;    /* frames with ground truth, numbered as in the image files; 0, 0: not published */
  int digits;         /* of those numbers in the file names */
  int omit;           /* leading frames that one-pass evaluation leaves out */
  int nan_rows;       /* NaN rows of the ground truth; -1: not published */
  uint32_t attributes, attributes_toolkit; /* as in dslt_sequence */
  unsigned member;                         /* DSLT_MEMBER_*: the smaller sets it belongs to */
} dslt_fact;

enum { DSLT_MEMBER_OTB2013 = 1, DSLT_MEMBER_OTB50 = 2 };

/* Ranges in which TRE may not start, grouped by sequence. */
typedef struct dslt_fact_omitted {
  const char *name; /* of the sequence */
  const dslt_frame_range *ranges;
  int count;
} dslt_fact_omitted;

extern const dslt_fact dslt_facts_otb100[];
extern const int dslt_facts_otb100_count;
extern const dslt_attribute dslt_facts_otb_attributes[];
extern const int dslt_facts_otb_attributes_count;
extern const dslt_fact_omitted dslt_facts_otb_omitted[];
extern const int dslt_facts_otb_omitted_count;

extern const dslt_fact dslt_facts_tc128[];
extern const int dslt_facts_tc128_count;

extern const dslt_fact dslt_facts_uav123[];
extern const int dslt_facts_uav123_count;
extern const dslt_fact dslt_facts_uav20l[];
extern const int dslt_facts_uav20l_count;
extern const dslt_fact dslt_facts_uav123_10fps[];
extern const int dslt_facts_uav123_10fps_count;
extern const dslt_attribute dslt_facts_uav_attributes[];
extern const int dslt_facts_uav_attributes_count;

extern const dslt_fact dslt_facts_vot2016[];
extern const int dslt_facts_vot2016_count;

#ifdef __cplusplus
}
#endif

#endif
