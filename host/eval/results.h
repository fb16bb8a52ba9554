/* SPDX-License-Identifier: Apache-2.0 */
/* results.h: lists the result files in a folder and matches them with the sequences of a set. */
#ifndef DSLT_EVAL_RESULTS_H
#define DSLT_EVAL_RESULTS_H

#include "dataset/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which files of the folder to list. */
typedef enum dslt_result_kind {
  DSLT_RESULT_ONE_PASS = 0, /* SEQUENCE.txt, or repetitions SEQUENCE_001.txt, also inside a folder SEQUENCE */
  DSLT_RESULT_TRE = 1,      /* SEQUENCE.tre01.txt ... */
  DSLT_RESULT_SRE = 2       /* SEQUENCE.sre01.txt ... */
} dslt_result_kind;

typedef struct dslt_result_file {
  int sequence; /* index in the set */
  int run;      /* 0: the only one; else the number in the file's name, from 1 */
  int regions;  /* 1: VOT's regions and codes, 0-based; 0: rows x,y,w,h, 1-based */
  char *path;   /* owned */
} dslt_result_file;

typedef struct dslt_result_folder {
  dslt_result_file *files; /* by sequence, then run, then path; owned. One sequence and run may occur twice if
                            * two names mean the same */
  int count;
  int64_t frames_limit; /* frames of each sequence, by manifest.json; 0: all, or no manifest */
  char *note;           /* "" or a sentence about files that belong to no sequence of the set; owned */
} dslt_result_folder;

/* Name parts of a result file. */
typedef struct dslt_result_name {
  dslt_result_kind kind;
  int run;    /* as in dslt_result_file; repetitions are not split off here */
  int length; /* of the sequence's name, which is the first part of the file's name */
} dslt_result_name;

/* Split a file's name ("Tiger1.tre03.txt"). Returns 1, or 0 for a name that is no result: other endings than
 * .txt (in any case), nothing before it, or SEQUENCE_time.txt. */
int dslt_result_name_split(dslt_result_name *out, const char *file);

/* The limit of frames per sequence (--frames) in manifest.json of a folder of dslt run; 0 if there is no
 * limit or no valid manifest. */
int64_t dslt_result_frames_limit(const char *folder);

/* List the files of `folder` that fit `kind` and a sequence of `set`. `tracker`: the name that may follow a
 * sequence's, "Basketball_KCF.txt". Of a VOT set, FOLDER/unsupervised is taken where FOLDER itself has none.
 * DSLT_EIO: the folder cannot be read; DSLT_EMEMORY. Free with
 * dslt_result_folder_free(), also after an error. */
int dslt_result_folder_scan(dslt_result_folder *out, const dslt_dataset *set, const char *folder,
                            const char *tracker, dslt_result_kind kind);
void dslt_result_folder_free(dslt_result_folder *folder);

#ifdef __cplusplus
}
#endif

#endif
