/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_eval.c: dslt eval: reads the set, scores the folders, reports problems, writes the tables. */
#include "cli/cmd_eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/console.h"
#include "cli/eval_options.h"
#include "cli/exit_codes.h"
#include "eval/evaluate.h"
#include "eval/measures.h"
#include "eval/output.h"

/* ---- problems ------------------------------------------------------------------------------------ */

/* "dslt: KCF: no result for 2 sequences: A, B." */
static void tell_missing(const dslt_evaluation *evaluation, const dslt_tracker_scores *tracker) {
  if (tracker->missing == 0) return;
  if (tracker->missing == evaluation->sequence_count) {
    static const char *const names[] = {"SEQUENCE.txt", "SEQUENCE.tre01.txt ...", "SEQUENCE.sre01.txt ...",
                                        "SEQUENCE.txt or SEQUENCE/SEQUENCE_001.txt"};
    dslt_console_error("%s: %s has no result for any of the %d sequences; protocol %s looks for %s.",
                       tracker->name, tracker->folder, tracker->missing,
                       dslt_eval_protocol_name(evaluation->options.protocol),
                       names[evaluation->options.protocol]);
    return;
  }
  fprintf(stderr, "dslt: %s: no result for %d sequence%s:", tracker->name, tracker->missing,
          tracker->missing == 1 ? "" : "s");
  const char *comma = "";
  for (int i = 0; i < evaluation->sequence_count; i++) {
    if (tracker->cells[i].state != DSLT_CELL_MISSING) continue;
    fprintf(stderr, "%s %s", comma, dslt_evaluation_sequence(evaluation, i)->name);
    comma = ",";
  }
  fputs(". The means leave them out.\n", stderr);
}

static void tell_tracker(const dslt_evaluation *evaluation, const dslt_tracker_scores *tracker) {
  tell_missing(evaluation, tracker);
  int repaired = 0, sequences = 0;
  for (int i = 0; i < evaluation->sequence_count; i++) {
    const dslt_cell *cell = &tracker->cells[i];
    if (cell->state == DSLT_CELL_REFUSED)
      dslt_console_error("%s: %s is left out of the means. %s", tracker->name,
                         dslt_evaluation_sequence(evaluation, i)->name, cell->note);
    repaired += cell->ope.repaired;
    sequences += cell->ope.repaired > 0;
  }
  if (repaired > 0)
    dslt_console_error("%s: %d rows in %d sequence%s without a box repeat the row before.", tracker->name,
                       repaired, sequences, sequences == 1 ? "" : "s");
  if (tracker->dropped > 0)
    dslt_console_error("%s: %d sequence%s left out because another tracker lacks %s (--common).",
                       tracker->name, tracker->dropped, tracker->dropped == 1 ? " is" : "s are",
                       tracker->dropped == 1 ? "it" : "them");
  if (tracker->note[0]) dslt_console_error("%s: %s", tracker->name, tracker->note);
}

/* Sequences that the set should have. Sequences that the root lacks are reported; broken ones make the result
 * incomplete. Returns how many are broken. */
static int tell_set(const dslt_dataset *set) {
  int absent = 0, broken = 0;
  for (int i = 0; i < dslt_dataset_count(set); i++) {
    const dslt_sequence *sequence = dslt_dataset_at(set, i);
    absent += sequence->state == DSLT_SEQUENCE_ABSENT;
    if (sequence->state == DSLT_SEQUENCE_READY && sequence->note[0])
      dslt_console_error("%s: %s", sequence->name, sequence->note);
    if (sequence->state == DSLT_SEQUENCE_READY || sequence->state == DSLT_SEQUENCE_ABSENT) continue;
    broken++;
    dslt_console_error("%s is left out. %s", sequence->name, sequence->note);
  }
  if (absent > 0)
    dslt_console_error("%d of the %d sequences of %s are not under %s and are left out.", absent,
                       dslt_dataset_count(set), dslt_dataset_kind_of(set)->title, dslt_dataset_root(set));
  if (dslt_dataset_note(set)[0]) dslt_console_error("%s", dslt_dataset_note(set));
  return broken;
}

/* ---- the run ------------------------------------------------------------------------------------- */

/* The exit code of an evaluation; `rc` is the result of writing it. */
static int finish(int rc, int scored, int incomplete) {
  if (rc < 0) return dslt_console_fail(rc, DSLT_EXIT_FAILED);
  if (scored == 0) dslt_console_error("Nothing could be scored.");
  return scored == 0 || incomplete ? DSLT_EXIT_INPUT : DSLT_EXIT_OK;
}

static int run_one_pass(const dslt_eval_request *request, const dslt_dataset *set,
                        const dslt_result_source *sources, int broken) {
  dslt_evaluation evaluation;
  int scored = 0, incomplete = 0;
  int rc = dslt_evaluate(&evaluation, set, sources, request->source_count, &request->options);
  if (rc < 0) {
    rc = dslt_console_fail(rc, DSLT_EXIT_INPUT);
    goto done;
  }
  for (int t = 0; t < evaluation.tracker_count; t++) {
    tell_tracker(&evaluation, &evaluation.trackers[t]);
    scored += evaluation.trackers[t].scored;
  }
  incomplete = broken > 0 || evaluation.failures > 0;
  if (scored > 0) rc = dslt_evaluation_write(&evaluation, &request->output);
  rc = finish(rc, scored, incomplete && !request->allow_missing);
done:
  dslt_evaluation_free(&evaluation);
  return rc;
}

/* Prints sentences that are separated by line breaks. */
static void tell_lines(const char *name, const char *lines) {
  for (const char *at = lines; at && *at;) {
    const int length = (int)strcspn(at, "\n");
    dslt_console_error("%s%s%.*s", name, name[0] ? ": " : "", length, at);
    at += length + (at[length] == '\n');
  }
}

/* Returns 1 if results of the tracker are missing or unusable. */
static int tell_vot_tracker(const dslt_vot_board *board, const dslt_vot_tracker *tracker) {
  const char *name = tracker->source.name;
  if (tracker->refused) {
    dslt_console_error("%s is left out. %s", name, tracker->refused);
    return 1;
  }
  if (tracker->missing > 0)
    dslt_console_error("%s: no result for %d of %d sequences; its scores leave them out.", name,
                       tracker->missing, board->sequence_count);
  if (tracker->score.refused > 0) {
    dslt_console_error("%s: results of %d sequence%s cannot be used; its scores leave %s out.", name,
                       tracker->score.refused, tracker->score.refused == 1 ? "" : "s",
                       tracker->score.refused == 1 ? "it" : "them");
    tell_lines(name, tracker->score.note);
  }
  if (tracker->frames_limit > 0)
    dslt_console_error(
        "%s: dslt run tracked at most %lld frames of each sequence (--frames): only those are "
        "scored.",
        name, (long long)tracker->frames_limit);
  if (tracker->score.runs == 0)
    dslt_console_error("%s: there are runs without resets alone (unsupervised), so only no-reset is scored.",
                       name);
  return tracker->missing > 0 || tracker->score.refused > 0;
}

static int run_vot(const dslt_eval_request *request, dslt_dataset *set, const dslt_result_source *sources,
                   int broken) {
  dslt_vot_board board;
  int scored = 0, incomplete = broken > 0;
  int rc = dslt_vot_board_make(&board, set, sources, request->source_count, &request->vot_rules);
  if (rc < 0) {
    rc = dslt_console_fail(rc, DSLT_EXIT_INPUT);
    goto done;
  }
  tell_lines("", board.note);
  incomplete |= board.unusable > 0;
  for (int t = 0; t < board.count; t++) {
    const dslt_vot_tracker *tracker = &board.trackers[t];
    incomplete |= tell_vot_tracker(&board, tracker);
    scored += !tracker->refused && tracker->score.sequences > 0;
  }
  if (scored > 0) rc = dslt_vot_board_write(&board, &request->output);
  rc = finish(rc, scored, incomplete && !request->allow_missing);
done:
  dslt_vot_board_free(&board);
  return rc;
}

/* An exit code, its sentence printed. */
static int run(const dslt_eval_request *request) {
  dslt_dataset *set = NULL;
  int code = DSLT_EXIT_OK, broken = 0;
  dslt_result_source *sources = calloc((size_t)request->source_count, sizeof *sources);
  int rc = sources ? dslt_dataset_open(&set, request->dataset, request->root)
                   : dslt_fail(DSLT_EMEMORY, "Out of memory for %d result folders.", request->source_count);
  if (rc == DSLT_OK) rc = dslt_dataset_select(set, request->sequences);
  if (rc < 0) {
    code = dslt_console_fail(rc, DSLT_EXIT_INPUT);
    goto done;
  }
  for (int i = 0; i < request->source_count; i++)
    sources[i] = (dslt_result_source){request->sources[i].name, request->sources[i].folder};
  broken = tell_set(set);
  code = request->vot ? run_vot(request, set, sources, broken) : run_one_pass(request, set, sources, broken);
done:
  dslt_dataset_free(set);
  free(sources);
  return code;
}

int dslt_cmd_eval(int argc, char **argv) {
  dslt_eval_request request;
  dslt_eval_options_parse(&request, argc, argv);
  int code = run(&request);
  dslt_eval_request_free(&request);
  return code;
}
