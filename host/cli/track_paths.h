/* SPDX-License-Identifier: Apache-2.0 */
/* track_paths.h: checks that no result overwrites an input or another result. */
#ifndef DSLT_CLI_TRACK_PATHS_H
#define DSLT_CLI_TRACK_PATHS_H

#include "cli/track_options.h"

/* DSLT_EOPTION names both sides where a result would replace the input, the weights, the ground truth, one of
 * the input folder's pictures or another result, or a result's name cannot be used. */
int dslt_track_paths_check(const dslt_track_options *options);

/* Where `input` is the folder of a benchmark's sequence, with its frames in a folder of their own: a sentence
 * that names the command for it, in `out`; else "". */
void dslt_track_sequence_hint(char *out, size_t size, const char *input);

/* The number of files that --out writes: 0 without it and on standard output, else 1 or one for each
 * target. */
int dslt_track_out_files(const dslt_track_options *options);
/* The index-th of them, from 0; `out` holds PATH_MAX bytes. DSLT_EIO: too long. */
int dslt_track_out_file(char *out, const dslt_track_options *options, int index);

#endif
