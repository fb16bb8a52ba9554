/* SPDX-License-Identifier: Apache-2.0 */
/* job.c: tracks one job and writes its results. */
#include "experiment/job.h"

#include <inttypes.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "dataset/boxes.h"
#include "eval/tre_sre.h"
#include "eval/vot_supervised.h"
#include "eval/vot_truth.h"
#include "experiment/draft.h"
#include "experiment/frames.h"
#include "experiment/inputs.h"
#include "experiment/machine.h"

const char dslt_job_cannot_write[] = "The results cannot be written: ";

/* State of a running job. */
typedef struct track {
  const dslt_job_world *world;
  const dslt_run_job *job;
  dslt_pool_line *line;
  dslt_options *options;
  dslt_tracker *tracker;
  dslt_frames *frames;
  int width, height;       /* of the frames */
  dslt_track_row *rows;    /* [job->frames]; not used by VOT's supervised protocol */
  double *seconds;         /* [job->frames]; NaN where nothing ran */
  dslt_vot_regions region; /* VOT's supervised protocol */
  float *losses;           /* of the first first-frame training */
  float *snr;              /* likewise, signal-to-noise ratios, for trackers that measure them */
  int snr_count;
  int loss_count, inits;
  int64_t init_steps, updates, update_steps;
  dslt_inputs inputs;
} track;

static int no_memory(const track *t) {
  return dslt_fail(DSLT_EMEMORY, "Out of memory for %s.", t->job->name);
}

static int in_frame(int rc, int frame) {
  char words[32];
  snprintf(words, sizeof words, "Frame %d", frame);
  return rc < 0 ? dslt_fail_prefix(rc, words) : rc;
}

/* ---- tracking ------------------------------------------------------------------------------------ */

static int copy_numbers(float **out, const track *t, const float *values, int count) {
  *out = malloc(((size_t)count + 1) * sizeof **out);
  if (!*out) return no_memory(t);
  if (count) memcpy(*out, values, (size_t)count * sizeof **out);
  return DSLT_OK;
}

static int keep_losses(track *t) {
  const float *losses = NULL, *snr = NULL;
  dslt_result first;
  int count = 0;
  DSLT_TRY(dslt_tracker_init_result(&first, t->tracker));
  DSLT_TRY(dslt_tracker_init_losses(&losses, &count, t->tracker));
  t->inits++;
  t->init_steps += first.steps;
  if (t->inits > 1) return DSLT_OK;
  DSLT_TRY(dslt_tracker_init_snr(&snr, &t->snr_count, t->tracker));
  DSLT_TRY(copy_numbers(&t->losses, t, losses, count));
  DSLT_TRY(copy_numbers(&t->snr, t, snr, t->snr_count));
  t->loss_count = count;
  return DSLT_OK;
}

/* `frame` counts from the job's first. */
static int learn(track *t, double *seconds, int frame, const dslt_image *image, const dslt_box *box) {
  double before = dslt_seconds();
  DSLT_TRY(dslt_tracker_init(t->tracker, image, box));
  *seconds = dslt_seconds() - before;
  dslt_pool_tell(t->line, frame + 1);
  return keep_losses(t);
}

static int follow(track *t, dslt_result *result, double *seconds, int frame, const dslt_image *image) {
  double before = dslt_seconds();
  DSLT_TRY(dslt_tracker_update(result, t->tracker, image));
  *seconds = dslt_seconds() - before;
  t->updates++;
  t->update_steps += result->steps;
  dslt_pool_tell(t->line, frame + 1);
  return DSLT_OK;
}

static int one_pass(track *t) {
  const dslt_run_job *job = t->job;
  t->rows = calloc((size_t)job->frames, sizeof *t->rows);
  if (!t->rows) return no_memory(t);
  for (int i = 0; i < job->frames; i++) {
    dslt_image image;
    DSLT_TRY(dslt_frames_get(&image, t->frames, job->start + i));
    dslt_result result = {.box = job->first};
    if (i == 0) {
      if (t->world->request->protocol == DSLT_RUN_SRE)
        result.box = dslt_sre_box(job->first, job->part - 1, image.width, image.height);
      DSLT_TRY(in_frame(learn(t, &t->seconds[0], 0, &image, &result.box), job->start));
    } else {
      DSLT_TRY(in_frame(follow(t, &result, &t->seconds[i], i, &image), job->start + i));
    }
    t->rows[i] = (dslt_track_row){.frame = i, .box = result.box, .peak = result.peak, .lost = result.lost};
  }
  return DSLT_OK;
}

/* ---- VOT's supervised protocol ------------------------------------------------------------------- */

static int vot_init(void *self, double *seconds, int frame, const dslt_box *box) {
  track *t = self;
  dslt_image image;
  DSLT_TRY(dslt_frames_get(&image, t->frames, frame));
  return in_frame(learn(t, seconds, frame, &image, box), frame);
}

static int vot_update(dslt_box *out, void *self, double *seconds, int frame) {
  track *t = self;
  dslt_image image;
  dslt_result result;
  DSLT_TRY(dslt_frames_get(&image, t->frames, frame));
  DSLT_TRY(in_frame(follow(t, &result, seconds, frame, &image), frame));
  *out = result.box;
  return DSLT_OK;
}

/* The overlap is cut to the image, so its size must be known before the first frame is asked for. */
static int supervised(track *t) {
  const dslt_sequence *sequence = dslt_dataset_at(t->world->set, t->job->sequence);
  DSLT_TRY(dslt_sequence_size(&t->width, &t->height, t->world->set, t->job->sequence));
  dslt_vot_region *truth = calloc((size_t)sequence->frames + 1, sizeof *truth);
  if (!truth) return no_memory(t);
  int rc = dslt_vot_truth_read(truth, t->world->set, sequence);
  dslt_vot_rules rules;
  dslt_vot_rules_init(&rules, DSLT_VOT_MATLAB);
  const dslt_vot_driver driver = {.self = t, .init = vot_init, .update = vot_update};
  if (rc == DSLT_OK)
    rc = dslt_vot_run(&t->region, t->seconds, &driver, truth, t->job->frames, t->width, t->height, 1, &rules);
  free(truth);
  return rc;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static dslt_box_format format_of(const dslt_job_world *world) {
  if (world->plan->layout == DSLT_FILES_VOT) return DSLT_FORMAT_VOT;
  return dslt_dataset_kind_of(world->set)->layout->results == DSLT_RESULTS_GOT10K ? DSLT_FORMAT_GOT10K
                                                                                  : DSLT_FORMAT_OTB;
}

static int write_boxes(const track *t, const dslt_draft *draft, const char *name) {
  char *path = NULL;
  DSLT_TRY(dslt_draft_path(&path, draft, name));
  int rc = t->region.at ? dslt_vot_regions_write(path, t->region.at, t->region.count)
                        : dslt_track_write(path, format_of(t->world), t->rows, t->job->frames);
  free(path);
  return rc;
}

static int write_times(const track *t, const dslt_draft *draft, const char *name) {
  char *path = NULL;
  DSLT_TRY(dslt_draft_path(&path, draft, name));
  dslt_atomic_file file = {0};
  int rc = dslt_atomic_open(&file, path);
  free(path);
  DSLT_TRY(rc);
  /* The "C" locale is still set: only OpenCV's windows change it, and none was opened here. */
  for (int i = 0; i < t->job->frames; i++) {
    if (isnan(t->seconds[i]))
      fputs("NaN\n", file.stream);
    else
      fprintf(file.stream, "%.6f\n", t->seconds[i]);
  }
  return dslt_atomic_commit(&file);
}

/* What channel attention made of the first frame's target; NULL: the tracker has none, or memory is out. */
static json_t *describe_channels(const track *t) {
  dslt_channel_weights block;
  json_t *list = NULL;
  for (int i = 0; dslt_tracker_init_channels(&block, t->tracker, i) == DSLT_OK; i++) {
    if (!list) list = json_array();
    json_array_append_new(list, json_pack("{s:o, s:o}", "layer", dslt_json_text(block.layer), "weights",
                                          dslt_json_floats(block.values, block.count)));
  }
  return list;
}

static json_t *describe_losses(const track *t) {
  char loss[64] = "";
  int64_t seed = 0;
  (void)dslt_options_get(loss, sizeof loss, t->options, "loss");
  (void)dslt_options_get_integer(&seed, t->options, "seed");
  const dslt_sequence *sequence = dslt_dataset_at(t->world->set, t->job->sequence);
  json_t *root =
      json_pack("{s:o, s:i, s:i, s:I, s:s, s:i, s:i, s:I, s:I, s:I, s:o}", "sequence",
                dslt_json_text(sequence->name), "repetition", t->job->repetition, "part", t->job->part,
                "seed", (json_int_t)seed, "loss", loss, "frames", t->job->frames, "inits", t->inits,
                "init_steps", (json_int_t)t->init_steps, "updates", (json_int_t)t->updates, "update_steps",
                (json_int_t)t->update_steps, "init_losses", dslt_json_floats(t->losses, t->loss_count));
  if (root && t->snr_count > 0) json_object_set_new(root, "init_snr", dslt_json_floats(t->snr, t->snr_count));
  json_t *channels = root ? describe_channels(t) : NULL;
  if (channels) json_object_set_new(root, "init_channels", channels);
  return root;
}

static int write_losses(const track *t, const dslt_draft *draft, const char *name) {
  json_t *inputs = NULL;
  char *path = NULL, *text = NULL;
  json_t *root = describe_losses(t);
  int rc = dslt_inputs_describe(&inputs, &t->inputs, t->world->set, t->job);
  if (rc < 0) goto done;
  if (json_object_set_new(root, "inputs", inputs) != 0 ||
      !(text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)))) {
    rc = no_memory(t);
    goto done;
  }
  if ((rc = dslt_draft_path(&path, draft, name)) < 0) goto done;
  rc = dslt_atomic_write(path, text, strlen(text));
done:
  json_decref(root);
  free(text);
  free(path);
  return rc;
}

/* Write all files first, then rename them, the boxes' last. */
/* Remove older boxes first, since they would be taken for the new result. */
static int remove_boxes(const track *t) {
  char *path = NULL;
  DSLT_TRY(dslt_results_path(&path, t->world->request->out, t->job->boxes));
  unlink(path);
  free(path);
  return DSLT_OK;
}

static int publish_results(const track *t, const dslt_draft *draft) {
  static const char boxes[] = "boxes.txt", times[] = "times.txt", losses[] = "losses.json", stamp[] = "files";
  const dslt_run_job *job = t->job;
  DSLT_TRY(write_boxes(t, draft, boxes));
  DSLT_TRY(write_times(t, draft, times));
  DSLT_TRY(write_losses(t, draft, losses));
  DSLT_TRY(dslt_inputs_stamp(&t->inputs, draft, stamp));
  DSLT_TRY(remove_boxes(t));
  DSLT_TRY(dslt_draft_publish(draft, stamp, job->stamp));
  DSLT_TRY(dslt_draft_publish(draft, losses, job->losses));
  DSLT_TRY(dslt_draft_publish(draft, times, job->times));
  return dslt_draft_publish(draft, boxes, job->boxes);
}

static int write_results(const track *t) {
  dslt_draft draft = {0};
  int rc = dslt_draft_open(&draft, t->world->request->out);
  if (rc == DSLT_OK) rc = publish_results(t, &draft);
  dslt_draft_close(&draft);
  if (rc == DSLT_OK) return DSLT_OK;
  char sentence[DSLT_POOL_TEXT];
  snprintf(sentence, sizeof sentence, "%s", dslt_last_error());
  return dslt_fail(rc, "%s%s", dslt_job_cannot_write, sentence);
}

/* ---- the whole job ------------------------------------------------------------------------------- */

/* Repetition number k has the seed given + k - 1. */
static int choose_options(track *t) {
  int64_t seed;
  char text[32];
  DSLT_TRY(dslt_options_clone(&t->options, t->world->request->tracker));
  DSLT_TRY(dslt_options_get_integer(&seed, t->options, "seed"));
  snprintf(text, sizeof text, "%" PRIu64, (uint64_t)seed + (uint64_t)(t->job->repetition - 1));
  return dslt_options_set(t->options, "seed", text);
}

static int run(track *t) {
  const dslt_run_job *job = t->job;
  t->seconds = calloc((size_t)job->frames, sizeof *t->seconds);
  if (!t->seconds) return no_memory(t);
  DSLT_TRY(choose_options(t));
  DSLT_TRY(dslt_tracker_create(&t->tracker, t->options, t->world->weights));
  DSLT_TRY(dslt_frames_open(&t->frames, t->world->set, job->sequence, job->start, job->frames));
  DSLT_TRY(dslt_inputs_look(&t->inputs, t->world->set, job));
  DSLT_TRY(t->world->request->protocol == DSLT_RUN_VOT ? supervised(t) : one_pass(t));
  return write_results(t);
}

int dslt_job_do(const dslt_job_world *world, const dslt_run_job *job, dslt_pool_line *line) {
  if (job->trouble) return dslt_fail(DSLT_EBOX, "%s", job->trouble);
  track t = {.world = world, .job = job, .line = line};
  int rc = run(&t);
  if (rc == DSLT_OK) {
    double total = 0;
    for (int i = 1; i < job->frames; i++) total += isnan(t.seconds[i]) ? 0 : t.seconds[i];
    char words[64];
    snprintf(words, sizeof words, "%.2f fps", total > 0 ? (double)t.updates / total : 0);
    dslt_pool_say(line, words);
  }
  dslt_frames_close(t.frames);
  dslt_tracker_free(t.tracker);
  dslt_options_free(t.options);
  dslt_vot_regions_free(&t.region);
  free(t.rows);
  free(t.seconds);
  free(t.losses);
  free(t.snr);
  return rc;
}

int dslt_job_finished(const dslt_run_job *job, const char *results) {
  char *path = NULL;
  if (dslt_results_path(&path, results, job->boxes) < 0) return 0;
  FILE *stream = fopen(path, "re");
  free(path);
  if (!stream) return 0;
  char block[65536];
  size_t size;
  int64_t lines = 0;
  char last = '\n';
  while ((size = fread(block, 1, sizeof block, stream)) > 0) {
    for (size_t i = 0; i < size; i++) lines += block[i] == '\n';
    last = block[size - 1];
  }
  int good = !ferror(stream) && last == '\n' && lines == job->frames;
  fclose(stream);
  return good;
}
