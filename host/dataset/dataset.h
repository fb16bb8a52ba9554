/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.h: a benchmark on disk: which sequences, which frames of each, their ground truth and attributes.
 *
 *     dslt_dataset *set = NULL;
 *     dslt_dataset_open(&set, "otb100", "/data/OTB100");
 *     dslt_dataset_select(set, "Jogging-1,Tiger1");             // optional
 *     for (int i = 0; i < dslt_dataset_count(set); i++) {
 *       const dslt_sequence *sequence = dslt_dataset_at(set, i);
 *       if (sequence->state != DSLT_SEQUENCE_READY) continue;   // `note` says why
 *       for (int frame = 0; frame < sequence->frames; frame++)
 *         dslt_dataset_frame_path(path, sizeof path, set, i, frame);
 *     }
 *     dslt_dataset_free(set);
 *
 * Opening reads lists and annotations, never a frame. Frames are looked for when they are first asked for, so
 * a root may hold whole sequences or only annotation files SEQUENCE.txt (names are matched as
 * dslt_dataset_find() does). Lists, frame ranges and attributes of published benchmarks are compiled in.
 * A count that differs from the published one is never passed over: `note` names both counts and the rule. */
#ifndef DSLT_DATASET_DATASET_H
#define DSLT_DATASET_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the kinds of sets --------------------------------------------------------------------------- */

/* How results of a set are named and scored. */
typedef enum dslt_results_form {
  DSLT_RESULTS_PLAIN = 0,  /* NAME.txt, one pass */
  DSLT_RESULTS_GOT10K = 1, /* NAME/NAME_001.txt, AO and SR over pooled frames */
  DSLT_RESULTS_VOT = 2     /* baseline/NAME/NAME_001.txt, polygons, resets after failures */
} dslt_results_form;

typedef struct dslt_dataset dslt_dataset;
typedef struct dslt_kind_row dslt_kind_row;

/* How the files of a set lie and are read; static storage, one in each layout_NAME.c. */
typedef struct dslt_layout {
  int (*read)(dslt_dataset *set); /* fills an empty set from its root (dataset_internal.h) */
  const dslt_kind_row *kinds;     /* the sets that lie so */
  int kind_count;
  dslt_results_form results;
  const char *result_prefix; /* what published result files may put before a sequence's name, or NULL */
  int nan_absent; /* 1: NaN rows of ground truth are usual and mean that the target is absent, as in UAV123 */
  int nan_usual;  /* 1: NaN rows are usual */
  int pieces;     /* 1: sequences are pieces of videos, so pictures that belong to no frame are usual */
  int labels_padded; /* 1: the benchmark itself pads short files of labels with 0 */
} dslt_layout;

/* One attribute of whole sequences; static storage. */
typedef struct dslt_attribute {
  const char *name;  /* "OCC" */
  const char *words; /* "Occlusion" */
} dslt_attribute;

/* One kind of set; static storage. */
typedef struct dslt_dataset_kind {
  const char *name;  /* "otb100", as on the command line */
  const char *title; /* "OTB-100" */
  const dslt_layout *layout;
  int sequences; /* targets on the published list; 0: whatever the root holds */
  int frames;    /* frames of all of them, 0 where the sources do not say */
  /* bit i of dslt_sequence.attributes belongs to entry i; NULL: none known */
  const dslt_attribute *attributes;
  int attribute_count;
  const char *files; /* how the files lie, one or two sentences for help texts */
} dslt_dataset_kind;

/* Kind number `index` counted from 0, in the order in which help texts show them; NULL past the end. */
const dslt_dataset_kind *dslt_dataset_kind_at(int index);
/* By name, regardless of case. DSLT_EOPTION names the nearest or lists all. */
int dslt_dataset_kind_find(const dslt_dataset_kind **out, const char *name);
/* Name of published sequence `index` of a kind, 0 <= index < kind->sequences; NULL outside. Static
 * storage. */
const char *dslt_dataset_kind_sequence(const dslt_dataset_kind *kind, int index);

/* The kind that the folder `root` looks like: of the published lists that are at least half there, the one
 * with the most sequences; else the layout without a list that finds the most; else the list that finds any.
 * `*sequences` (may be NULL): how many were found. DSLT_EIO: none fits, and the sentence names a folder
 * nearby that does, if there is one. */
int dslt_dataset_guess(const dslt_dataset_kind **out, int *sequences, const char *root);

/* ---- one sequence -------------------------------------------------------------------------------- */

typedef enum dslt_sequence_state {
  DSLT_SEQUENCE_READY = 0,    /* its ground truth was read */
  DSLT_SEQUENCE_ABSENT = 1,   /* the root has neither its folder nor its annotation */
  DSLT_SEQUENCE_NO_TRUTH = 2, /* its folder is there, the file of ground truth is not */
  DSLT_SEQUENCE_BAD_TRUTH = 3 /* the file of ground truth cannot be used; `note` says why */
} dslt_sequence_state;

/* What the benchmark says about each frame, apart from the box: VOT's tags (occlusion, camera_motion ...; 0
 * or 1), GOT-10k's absence and cut_by_image (0 or 1) and cover (0..8 eighths visible), LaSOT's full_occlusion
 * and out_of_view (0 or 1). */
typedef struct dslt_frame_label {
  const char *name;      /* the file's name without its extension */
  const uint8_t *values; /* dslt_sequence.frames of them; 0 beyond the end of a shorter file, as VOT's toolkit
                            pads (`note` says so for the other benchmarks) */
} dslt_frame_label;

/* Frames first..last, both included, numbered as in the names of the image files. */
typedef struct dslt_frame_range {
  int first, last;
} dslt_frame_range;

/* One target in one video. Owned by the set; read-only. Frames are counted from 0 within the range that the
 * benchmark uses: frame 0 is the one that a tracker starts on. */
typedef struct dslt_sequence {
  const char *name;       /* unique in the set, "Jogging-1"; result files are called NAME.txt */
  const char *folder;     /* of the video's frames, relative to the root, "Jogging/img"; several sequences may
                             share one; "" when there is only an annotation */
  const char *truth_file; /* relative to the root; "" when there is none */
  dslt_sequence_state state;
  const char *note; /* "", or full sentences: each difference from what was published, with both counts and
                       the rule applied; why a sequence cannot be used */

  int frames;       /* frames used; the length of the arrays below; 0 unless READY */
  int first_number; /* in the file name of frame 0 as published, e.g. 300 (David); -1: the first file's */
  int skipped;    /* frames before frame 0 that the benchmark's one-pass evaluation leaves out (Tiger1: 5, its
                     published results have 349 rows); already gone from the arrays below */
  int truth_rows; /* rows in the file of ground truth */
  int truth_known; /* leading frames whose ground truth the file gives: `frames`, or 1 where it has only the
                      first one's (GOT-10k's test split, clips of one's own); the other rows below are NaN */
  int nan_rows;    /* rows among the known ones that hold NaN: the target is not there */
  const dslt_box *truth;  /* `frames` boxes, 0-based as in dslt.h; NaN rows kept; polygons as the upright box
                             with their centre and area (boxes.h) */
  const double *polygons; /* VOT: `frames` times x1,y1,..,x4,y4, as published (0-based); NULL elsewhere.
                             Rectangles of VOT-2013 and 2014 come as their four corners */
  uint32_t attributes;    /* mask over kind->attributes; OTB: the benchmark's web site's list */
  uint32_t attributes_toolkit;    /* OTB: the list in the public tb100 toolkit, which differs on 21 sequences;
                                     elsewhere equal to `attributes` */
  const dslt_frame_label *labels; /* `label_count` of them, by name */
  int label_count;
  const dslt_frame_range *omitted; /* OTB: ranges in which TRE may not start (initOmit); Freeman4's reach
                                      beyond its last frame; static storage */
  int omitted_count;
  int width, height; /* of the frames in pixels, where an annotation file says so (GOT-10k, VOT); else 0 */
} dslt_sequence;

/* ---- the set ------------------------------------------------------------------------------------- */

/* Read the set `kind` ("otb100"; see dslt_dataset_kind_at()) under the folder `root`. Published sequences
 * that the root lacks are in the set with state ABSENT; when the root has none at all, DSLT_EIO says which
 * other folder looks right. DSLT_EOPTION: unknown kind. DSLT_EIO, DSLT_EFORMAT (a list file),
 * DSLT_EMEMORY. */
int dslt_dataset_open(dslt_dataset **out, const char *kind, const char *root);
void dslt_dataset_free(dslt_dataset *set);

const dslt_dataset_kind *dslt_dataset_kind_of(const dslt_dataset *set);
/* The root as given, without slashes at its end. Owned by the set. */
const char *dslt_dataset_root(const dslt_dataset *set);
/* "", or a sentence about the set as a whole, e.g. which split of GOT-10k was taken. Owned by the set. */
const char *dslt_dataset_note(const dslt_dataset *set);
/* Sequences in the set, absent ones included. */
int dslt_dataset_count(const dslt_dataset *set);
/* Those among them whose state is READY. */
int dslt_dataset_count_ready(const dslt_dataset *set);
/* Sequence 0 <= index < count; NULL outside. Valid until the set is freed; selecting moves indexes, not
 * sequences. */
const dslt_sequence *dslt_dataset_at(const dslt_dataset *set, int index);

/* Index of the sequence called `name`, or -1. Tried in turn: the very name; regardless of case; with '-', '_'
 * and '.' taken for each other (jogging_1, Human4.2); with them left out, where only one sequence fits; for
 * UAV sets without a leading "uav_". Use it for the names of result files too. */
int dslt_dataset_find(const dslt_dataset *set, const char *name);
/* Keep only the sequences of the comma-separated list, in the set's own order; blanks around names and empty
 * entries are ignored, repetitions count once. NULL or "" keeps all. DSLT_EOPTION names the unknown sequence
 * and the nearest; the set is unchanged then. */
int dslt_dataset_select(dslt_dataset *set, const char *names);
/* Keep only the sequences that are READY. Returns how many left. */
int dslt_dataset_drop_unready(dslt_dataset *set);

/* ---- frames -------------------------------------------------------------------------------------- */

/* Look for the frames of sequence `index`, once; later calls only answer. `*found`: how many of its `frames`
 * are on disk, 0 when the root has no folder of them. Calls for different sequences may run in different
 * threads. DSLT_EIO: a folder cannot be read. */
int dslt_dataset_locate(int *found, dslt_dataset *set, int index);
/* Path of frame 0 <= frame < frames, NUL-terminated, into `out` of `size` bytes (4096 are always enough).
 * Locates first, which may add to the sequence's `note`. DSLT_EIO: the frame is not on disk (the sentence
 * names the file that was looked for); DSLT_EFORMAT: the folder holds frames twice, as jpg and png say;
 * DSLT_EARGUMENT: no such sequence or frame, or the path is longer than `size`. */
int dslt_dataset_frame_path(char *out, size_t size, dslt_dataset *set, int index, int frame);

/* ---- checking ------------------------------------------------------------------------------------ */

typedef enum dslt_finding_kind {
  DSLT_FINDING_ABSENT = 0,    /* a published sequence is not there */
  DSLT_FINDING_TRUTH = 1,     /* ground truth is missing or unreadable */
  DSLT_FINDING_COUNT = 2,     /* boxes, images or labels are not as many as expected; with both counts and
                                 the rule */
  DSLT_FINDING_NO_FRAMES = 3, /* there is an annotation but no frame */
  DSLT_FINDING_GAP = 4,       /* some frames are missing */
  DSLT_FINDING_NAN = 5,       /* NaN rows where the published ground truth has none, or another number */
  DSLT_FINDING_BOX = 6,       /* boxes without area or partly outside 1..; informative */
  DSLT_FINDING_DUPLICATE = 7, /* the same frame number twice, e.g. as jpg and png */
  DSLT_FINDING_EMPTY = 8,     /* a frame's file has no bytes or is not a file */
  DSLT_FINDING_SET = 9        /* about the set as a whole, e.g. which split was taken; informative */
} dslt_finding_kind;

typedef struct dslt_finding {
  dslt_finding_kind kind;
  int problem;          /* 1: missing or odd; 0: worth knowing, as published */
  const char *sequence; /* its name; "" for the set as a whole */
  const char *text;     /* a full sentence */
} dslt_finding;

typedef struct dslt_findings {
  dslt_finding *list; /* in the set's order; owned, with the texts */
  int count;
  int problems; /* those with `problem` set */
  int whole;    /* sequences that can be tracked: READY and every frame on disk */
} dslt_findings;

/* The kind's word for JSON: "absent", "truth", "count", "no-frames", "gap", "nan", "box", "duplicate",
 * "empty", "label". Static storage. */
const char *dslt_finding_name(dslt_finding_kind kind);
/* Look at every sequence of the set and at its frames (names and sizes, no pixels). DSLT_EIO,
 * DSLT_EMEMORY. */
int dslt_dataset_check(dslt_findings *out, dslt_dataset *set);
void dslt_findings_free(dslt_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
