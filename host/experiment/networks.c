/* SPDX-License-Identifier: Apache-2.0 */
/* networks.c: finds the networks of a study in a folder. */
#include "experiment/networks.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char ending[] = ".safetensors";

static int no_memory(void) { return dslt_fail(DSLT_EMEMORY, "Out of memory while listing the networks."); }

static int is_network(const struct dirent *entry) {
  const size_t length = strlen(entry->d_name), tail = sizeof ending - 1;
  return entry->d_name[0] != '.' && length > tail && strcmp(entry->d_name + length - tail, ending) == 0;
}

/* The seed of "KIND-12.safetensors"; -1: another name. */
static long seed_of(const char *file, const char *kind) {
  const size_t length = strlen(kind);
  if (strncmp(file, kind, length) != 0 || file[length] != '-') return -1;
  const char *digits = file + length + 1;
  const size_t count = strspn(digits, "0123456789");
  if (count == 0 || count > 9 || strcmp(digits + count, ending) != 0) return -1;
  return strtol(digits, NULL, 10);
}

static int fail_name(const dslt_network_kinds *kinds, const char *folder, const char *file) {
  char names[256] = "";
  for (int i = 0; i < kinds->count; i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
             kinds->kinds[i].file);
  return dslt_fail(
      DSLT_EFORMAT,
      "%s/%s is no network of the study: its name should be KIND-SEED.safetensors, with one of these "
      "kinds: %s.",
      folder, file, names);
}

static int add(dslt_network_list *list, const char *folder, const char *file) {
  const dslt_network_kinds *kinds = list->kinds;
  for (int i = 0; i < kinds->count; i++) {
    const long seed = seed_of(file, kinds->kinds[i].file);
    if (seed < 0) continue;
    if (list->count == DSLT_VARIANTS_MAX)
      return dslt_fail(DSLT_EFORMAT, "%s holds more than %d networks.", folder, (int)DSLT_VARIANTS_MAX);
    dslt_network *network = &list->networks[list->count++];
    network->kind = &kinds->kinds[i];
    network->seed = seed;
    if (asprintf(&network->name, "%s-%ld", network->kind->file, seed) < 0) network->name = NULL;
    if (asprintf(&network->weights, "%s/%s", folder, file) < 0) network->weights = NULL;
    return network->name && network->weights ? DSLT_OK : no_memory();
  }
  return fail_name(kinds, folder, file);
}

static int compare(const void *a, const void *b) {
  const dslt_network *x = a, *y = b;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  return (x->seed > y->seed) - (x->seed < y->seed);
}

static int check_complete(const dslt_network_list *list, const char *folder) {
  for (int i = 0; i < list->kinds->count; i++) {
    int found = 0;
    for (int k = 0; k < list->count; k++) found += list->networks[k].kind == &list->kinds->kinds[i];
    if (found == 0)
      return dslt_fail(DSLT_EIO, "%s holds no %s-SEED.safetensors, so %s cannot be compared.", folder,
                       list->kinds->kinds[i].file, list->kinds->kinds[i].name);
  }
  for (int k = 1; k < list->count; k++)
    if (compare(&list->networks[k - 1], &list->networks[k]) == 0)
      return dslt_fail(DSLT_EFORMAT, "%s and %s are both %s with seed %ld.", list->networks[k - 1].weights,
                       list->networks[k].weights, list->networks[k].kind->name, list->networks[k].seed);
  return DSLT_OK;
}

static void make_study(dslt_network_list *list, const dslt_study *study) {
  for (int i = 0; i < list->count; i++)
    list->variants[i] = (dslt_variant){.name = list->networks[i].name,
                                       .what = list->networks[i].kind->what,
                                       .tables = 1,
                                       .paper_precision = NAN,
                                       .paper_score = NAN,
                                       .paper_precision_words = "-",
                                       .paper_score_words = "-"};
  list->study = *study;
  list->study.variants = list->variants;
  list->study.count = list->count;
  list->study.networks = list;
}

int dslt_network_list_open(dslt_network_list *out, const dslt_study *study, const char *folder) {
  struct dirent **files = NULL;
  memset(out, 0, sizeof *out);
  out->kinds = study->kinds;
  const int count = scandir(folder, &files, is_network, alphasort);
  if (count < 0)
    return dslt_fail(DSLT_EIO, "The folder of networks %s cannot be read: %s.", folder, strerror(errno));
  int rc = DSLT_OK;
  for (int i = 0; i < count; i++) {
    if (rc == DSLT_OK) rc = add(out, folder, files[i]->d_name);
    free(files[i]);
  }
  free(files);
  DSLT_TRY(rc);
  qsort(out->networks, (size_t)out->count, sizeof *out->networks, compare);
  DSLT_TRY(check_complete(out, folder));
  make_study(out, study);
  return DSLT_OK;
}

void dslt_network_list_free(dslt_network_list *list) {
  for (int i = 0; i < list->count; i++) {
    free(list->networks[i].name);
    free(list->networks[i].weights);
  }
  memset(list, 0, sizeof *list);
}

dslt_spread dslt_spread_of(const double *values, int count) {
  dslt_spread out = {NAN, NAN};
  if (count < 1) return out;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; i++) sum += values[i];
  out.mean = sum / count;
  for (int i = 0; i < count; i++) squares += (values[i] - out.mean) * (values[i] - out.mean);
  if (count > 1) out.deviation = sqrt(squares / (count - 1));
  return out;
}
