/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_internal.h: what the files behind dataset.h share: the set while a layout fills it. */
#ifndef DSLT_DATASET_DATASET_INTERNAL_H
#define DSLT_DATASET_DATASET_INTERNAL_H

#include "dataset/dataset.h"
#include "dataset/dataset_files.h"
#include "dataset/facts/facts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- kinds --------------------------------------------------------------------------------------- */

/* A kind with what its reader needs. The public part comes first, so that one pointer serves both. */
struct dslt_kind_row {
  dslt_dataset_kind kind;
  const dslt_fact *facts; /* published sequences or NULL */
  const int *fact_count;
  unsigned member;    /* only facts with this bit; 0: all */
  const char *part;   /* UAV: the folder under anno/; GOT-10k: the split or "" */
  const char *frames; /* UAV: the folder under data_seq/ */
};

const dslt_kind_row *dslt_kind_row_of(const dslt_dataset_kind *kind);
/* Published sequence `index` of the kind, NULL past the end. */
const dslt_fact *dslt_kind_fact(const dslt_kind_row *row, int index);

/* ---- sequences ----------------------------------------------------------------------------------- */

/* How frames and the files in the folder belong together. */
typedef enum dslt_pairing {
  DSLT_PAIR_PUBLISHED = 0, /* frame i is the file numbered first_number + i */
  DSLT_PAIR_ONE = 1,       /* in order where counts agree, else by number from 1 (0 where there is a 0) */
  DSLT_PAIR_FIRST = 2      /* in order where counts agree, else by number from the first file's */
} dslt_pairing;

/* A sequence and what callers do not see. Strings and arrays of `seen` are owned unless NULL or said to be
 * static. */
typedef struct dslt_entry {
  dslt_sequence seen;
  const dslt_fact *fact; /* NULL: not on a published list */
  dslt_pairing pairing;

  /* filled by locating */
  int located;
  int found;      /* frames on disk */
  int images;     /* picture files in the folder */
  int numbered;   /* 1: the pictures' names have numbers */
  int duplicates; /* pictures with the number of another; without numbers, with its name but for the ending */
  char *twins;    /* "1.jpg and 1.png", the first of those; NULL: there are none. Owned */
  int unnumbered; /* pictures without a number beside others that have one */
  int unused;     /* pictures that belong to no frame */
  int gaps;       /* missing numbers between the first and the last picture; 0 where names have none */
  char **files;   /* `frames` names within `folder`; NULL where missing */
} dslt_entry;

struct dslt_dataset {
  const dslt_kind_row *row;
  char *root;
  char *note;
  dslt_entry **entries; /* all ever read; those not selected stand behind the first `count` */
  int count, total, room;
};

/* Append a sequence with state ABSENT, no file and no note; `*out` stays the set's. DSLT_EMEMORY. */
int dslt_set_add(dslt_entry **out, dslt_dataset *set, const char *name);
/* Replace a string of the entry. */
int dslt_entry_text(const char **member, const char *text);
/* Append a sentence to the entry's / the set's note. */
int dslt_entry_note(dslt_entry *entry, const char *format, ...) __attribute__((format(printf, 2, 3)));
int dslt_set_note(dslt_dataset *set, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "`root`/`folder`/`name`"; empty parts are left out. */
int dslt_set_path(char out[DSLT_PATH], const dslt_dataset *set, const char *folder, const char *name);

/* ---- ground truth (dataset_truth.c) -------------------------------------------------------------- */

/* Read `file` (relative to the root) of rows x,y,w,h, 1-based, for a sequence whose frame range is published,
 * and cut it to the range that is used. An unusable file makes the state BAD_TRUTH, which is no failure. */
int dslt_truth_read_published(dslt_dataset *set, dslt_entry *entry, const char *file);
/* The same where the file itself says how many frames there are. */
int dslt_truth_read_rows(dslt_dataset *set, dslt_entry *entry, const char *file);
/* VOT: polygons or rectangles, 0-based. */
int dslt_truth_read_polygons(dslt_dataset *set, dslt_entry *entry, const char *file);
/* After success with the truth: read a file of one number (0..255) a frame as label `name`; a shorter file is
 * padded with 0. What cannot be used becomes a note. */
int dslt_truth_read_label(dslt_dataset *set, dslt_entry *entry, const char *file, const char *name);
/* Where the file has one row but the folder several pictures (the sequence's folder must be known): as many
 * frames as pictures, NaN where nothing is known. */
int dslt_truth_extend(dslt_dataset *set, dslt_entry *entry);
/* Pictures in a listing, one for each number (dataset_frames.c); -1 when memory is out. */
int dslt_pictures_count(const dslt_listing *listing);

/* ---- layouts ------------------------------------------------------------------------------------- */

/* The layouts, in the order in which help texts show their sets. A new one is a file layout_NAME.c that defines
 * dslt_layout_NAME, and its name here. Their `read` fails only for memory and unreadable folders or lists. */
#define DSLT_LAYOUTS(row) row(otb) row(tc128) row(uav) row(vot) row(got10k) row(lasot) row(folder)

#define DSLT_LAYOUT_DECLARATION(name) extern const dslt_layout dslt_layout_##name;
DSLT_LAYOUTS(DSLT_LAYOUT_DECLARATION)
#undef DSLT_LAYOUT_DECLARATION

/* For sequence entry: an annotation ROOT/SEQUENCE.txt read as `read` does, when `listing` (of the root) has
 * one. 1 when it did. */
int dslt_annotation_alone(dslt_dataset *set, dslt_entry *entry, const dslt_listing *listing,
                          int (*read)(dslt_dataset *, dslt_entry *, const char *));
/* Add a sequence for every annotation SEQUENCE.txt in the root; lists and read-me files are no
 * annotations. */
int dslt_annotations_all(dslt_dataset *set, const dslt_listing *listing, dslt_pairing pairing,
                         int (*read)(dslt_dataset *, dslt_entry *, const char *));

/* ---- roots (dataset_root.c) ---------------------------------------------------------------------- */

/* dslt_dataset_open() with a kind that need not be on the list: tests register layouts of their own this way. */
int dslt_dataset_open_kind(dslt_dataset **out, const dslt_kind_row *row, const char *root);
/* Open without looking for a better root: `count_ready` may be 0. */
int dslt_dataset_open_plainly(dslt_dataset **out, const dslt_kind_row *row, const char *root);
/* The failure for a root without any sequence of the kind, naming the folder or kind that looks right. */
int dslt_root_fail(const dslt_dataset *set);

#ifdef __cplusplus
}
#endif

#endif
