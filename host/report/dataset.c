/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.c: output of dslt dataset, as text and as JSON. */
#include "report/dataset.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Print and release; NULL means out of memory. */
static int print_json(json_t *root) {
  char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
  json_decref(root);
  if (!text) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  puts(text);
  free(text);
  return DSLT_OK;
}

/* `array` is the caller's; a failed append shows as a shorter list, so it counts as memory that ran out. */
static int append(json_t *array, json_t *value) { return value && json_array_append_new(array, value) == 0; }

/* Paths and messages may hold bytes that are no UTF-8, which JSON cannot carry: they become '?'. */
static json_t *text_json(const char *text) {
  json_t *value = json_string(text);
  char *plain = value ? NULL : strdup(text);
  if (!plain) return value;
  for (char *at = plain; *at; at++)
    if ((unsigned char)*at >= 128) *at = '?';
  value = json_string(plain);
  free(plain);
  return value;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

static json_t *attributes_json(const dslt_dataset_kind *kind) {
  json_t *list = json_array();
  for (int i = 0; list && i < kind->attribute_count; i++)
    if (!append(list, json_pack("{s:s, s:s}", "name", kind->attributes[i].name, "words",
                                kind->attributes[i].words))) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static json_t *kind_json(const dslt_dataset_kind *kind) {
  return json_pack("{s:s, s:s, s:i, s:i, s:s, s:o}", "name", kind->name, "title", kind->title, "sequences",
                   kind->sequences, "frames", kind->frames, "files", kind->files, "attributes",
                   attributes_json(kind));
}

int dslt_dataset_print_kinds(int json) {
  json_t *list = json ? json_array() : NULL;
  const dslt_dataset_kind *kind;
  if (!json) printf("name           sequences  frames  what\n");
  for (int i = 0; (kind = dslt_dataset_kind_at(i)); i++) {
    char frames[16] = "-", sequences[16] = "-";
    if (kind->frames) snprintf(frames, sizeof frames, "%d", kind->frames);
    if (kind->sequences) snprintf(sequences, sizeof sequences, "%d", kind->sequences);
    if (!json) {
      printf("%-14s %9s %7s  %s\n", kind->name, sequences, frames, kind->title);
    } else if (!list || !append(list, kind_json(kind))) {
      json_decref(list);
      return print_json(NULL);
    }
  }
  if (json) return print_json(list);
  printf(
      "\n\"-\": whatever the folder holds. dslt dataset list NAME shows one with its files and sequences.\n");
  return DSLT_OK;
}

static json_t *kind_with_sequences(const dslt_dataset_kind *kind) {
  json_t *root = kind_json(kind), *names = json_array();
  int whole = root && names;
  for (int i = 0; whole && i < kind->sequences; i++)
    whole = append(names, json_string(dslt_dataset_kind_sequence(kind, i)));
  if (whole && json_object_set(root, "names", names) == 0) {
    json_decref(names);
    return root;
  }
  json_decref(names);
  json_decref(root);
  return NULL;
}

/* Text in lines of at most 100 characters, broken at blanks. */
static void print_wrapped(const char *text) {
  enum { WIDTH = 98 };
  while (*text) {
    size_t length = strlen(text), cut = length;
    if (length > WIDTH) {
      for (cut = WIDTH; cut && text[cut] != ' ';) cut--;
      if (!cut) cut = WIDTH;
    }
    printf("  %.*s\n", (int)cut, text);
    text += cut;
    text += *text == ' ';
  }
}

int dslt_dataset_print_kind(const dslt_dataset_kind *kind, int json) {
  if (json) return print_json(kind_with_sequences(kind));
  printf("%s: %s", kind->name, kind->title);
  if (kind->sequences) printf(", %d sequences", kind->sequences);
  if (kind->frames) printf(", %d frames", kind->frames);
  printf("\n\nFiles\n");
  print_wrapped(kind->files);
  printf("  Or only annotations: ROOT/SEQUENCE.txt, for scoring without frames.\n");
  if (kind->attribute_count) printf("\nAttributes\n");
  for (int i = 0; i < kind->attribute_count; i++)
    printf("  %-4s %s\n", kind->attributes[i].name, kind->attributes[i].words);
  if (kind->sequences) printf("\nSequences\n");
  int column = 0;
  for (int i = 0; i < kind->sequences; i++) {
    printf("%s%-18s", column == 0 ? "  " : " ", dslt_dataset_kind_sequence(kind, i));
    column = (column + 1) % 5;
    if (column == 0) putchar('\n');
  }
  if (column) putchar('\n');
  return DSLT_OK;
}

/* ---- findings ------------------------------------------------------------------------------------ */

static json_t *sequence_json(const dslt_sequence *sequence) {
  static const char *const states[] = {"ready", "absent", "no-truth", "bad-truth"};
  return json_pack("{s:o, s:s, s:o, s:i, s:i, s:i, s:o}", "name", text_json(sequence->name), "state",
                   states[sequence->state], "folder", text_json(sequence->folder), "frames", sequence->frames,
                   "truth_rows", sequence->truth_rows, "nan_rows", sequence->nan_rows, "note",
                   text_json(sequence->note));
}

static json_t *findings_json(const dslt_dataset *set, const dslt_findings *findings) {
  json_t *sequences = json_array(), *list = json_array();
  int whole = sequences && list;
  for (int i = 0; whole && i < dslt_dataset_count(set); i++)
    whole = append(sequences, sequence_json(dslt_dataset_at(set, i)));
  for (int i = 0; whole && i < findings->count; i++) {
    const dslt_finding *finding = &findings->list[i];
    whole = append(list, json_pack("{s:s, s:b, s:o, s:o}", "kind", dslt_finding_name(finding->kind),
                                   "problem", finding->problem, "sequence", text_json(finding->sequence),
                                   "text", text_json(finding->text)));
  }
  if (!whole) {
    json_decref(sequences);
    json_decref(list);
    return NULL;
  }
  return json_pack("{s:s, s:o, s:i, s:i, s:i, s:i, s:o, s:o}", "dataset", dslt_dataset_kind_of(set)->name,
                   "root", text_json(dslt_dataset_root(set)), "count", dslt_dataset_count(set), "ready",
                   dslt_dataset_count_ready(set), "whole", findings->whole, "problems", findings->problems,
                   "findings", list, "sequences", sequences);
}

/* Findings that differ only in the sequence are printed as one, with the list of names. */
static void print_names(const dslt_findings *findings, dslt_finding_kind kind, const char *title) {
  int count = 0, column = 0;
  for (int i = 0; i < findings->count; i++) count += findings->list[i].kind == kind;
  if (!count) return;
  printf("%s (%d):\n ", title, count);
  for (int i = 0; i < findings->count; i++) {
    if (findings->list[i].kind != kind) continue;
    const int length = (int)strlen(findings->list[i].sequence) + 1;
    if (column + length > 96) {
      printf("\n ");
      column = 0;
    }
    printf(" %s", findings->list[i].sequence);
    column += length;
  }
  putchar('\n');
}

static void print_group(const dslt_findings *findings, int problem, const char *title) {
  int shown = 0;
  for (int i = 0; i < findings->count; i++) {
    const dslt_finding *finding = &findings->list[i];
    if (finding->problem != problem || finding->kind == DSLT_FINDING_ABSENT ||
        finding->kind == DSLT_FINDING_NO_FRAMES)
      continue;
    if (shown++ == 0) printf("%s:\n", title);
    printf("  %s\n", finding->text);
  }
}

int dslt_dataset_print_findings(const dslt_dataset *set, const dslt_findings *findings, int all, int json) {
  if (json) return print_json(findings_json(set, findings));
  int notes = 0;
  for (int i = 0; i < findings->count; i++) notes += !findings->list[i].problem;
  print_names(findings, DSLT_FINDING_ABSENT, "Absent, neither frames nor ground truth");
  print_names(findings, DSLT_FINDING_NO_FRAMES, "Ground truth but no image; enough for scoring");
  print_group(findings, 1, "Missing or odd");
  if (all) print_group(findings, 0, "Worth knowing, nothing is wrong");
  printf("%s as %s: %d of %d sequences have ground truth, %d have all their frames; ", dslt_dataset_root(set),
         dslt_dataset_kind_of(set)->name, dslt_dataset_count_ready(set), dslt_dataset_count(set),
         findings->whole);
  if (findings->problems)
    printf("%d thing%s missing or odd", findings->problems, findings->problems == 1 ? "" : "s");
  else
    printf("nothing is missing");
  if (notes && !all) printf("; %d more worth knowing, see --all", notes);
  printf(".\n");
  return DSLT_OK;
}
