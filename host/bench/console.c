/* SPDX-License-Identifier: Apache-2.0 */
/* console.c: prints a benchmark as text. */
#include <math.h>
#include <string.h>

#include "bench/report.h"
#include "nn/arch.h"

/* "-" for what was not measured. */
static void cell(FILE *f, int width, int digits, double value) {
  if (isnan(value))
    fprintf(f, " %*s", width, "-");
  else
    fprintf(f, " %*.*f", width, digits, value);
}

static void row(FILE *f, const char *words, const dslt_spread *s, int digits) {
  fprintf(f, "  %-52s", words);
  cell(f, 9, digits, s->median);
  cell(f, 9, digits, s->low);
  cell(f, 9, digits, s->high);
  fputc('\n', f);
}

static void heading(FILE *f, const char *words) {
  fprintf(f, "\n%-54s %9s %9s %9s\n", words, "median", "low", "high");
}

/* ---- head lines ---------------------------------------------------------------------------------- */

static void write_setup(FILE *f, const dslt_bench_report *r) {
  const dslt_bench_request *c = r->request;
  fprintf(f, "tracker: preset %s, weights %s (%s), %s, backend %s, %d thread%s\n",
          dslt_options_preset(c->options), c->weights, r->arch, r->precision, r->backend, r->threads,
          r->threads == 1 ? "" : "s");
  fprintf(f, "machine: %s; %s\n", r->device, r->library);
  if (r->others > 0.05)
    fprintf(
        f,
        "BEWARE: other work kept the machine's cores busy for %.0f %% of the time; measure again when it is "
        "idle.\n",
        100 * r->others);
}

static void write_targets(FILE *f, const dslt_bench_report *r) {
  enum { SHOWN = 120 };
  if (r->target_count < 2) return;
  fprintf(f, "\n%-28s %10s %7s %6s %9s %9s %9s\n", "target", "frame", "frames", "lost", "fps", "p95 ms",
          "first ms");
  for (int i = 0; i < r->target_count && i < SHOWN; i++) {
    const dslt_bench_target_line *t = &r->targets[i];
    char size[32];
    snprintf(size, sizeof size, "%dx%d", t->width, t->height);
    fprintf(f, "  %-26s %10s %7d %6d", t->name, size, t->frames, t->lost);
    cell(f, 9, 2, t->fps.median);
    cell(f, 9, 2, t->p95.median);
    cell(f, 9, 1, t->init.median);
    fputc('\n', f);
  }
  if (r->target_count > SHOWN) fprintf(f, "  and %d more (see --output json)\n", r->target_count - SHOWN);
}

/* ---- figures ------------------------------------------------------------------------------------- */

static void write_figures(FILE *f, const dslt_bench_report *r) {
  static const struct {
    const char *heading;
    int first, last, digits;
  } groups[] = {
      {"frames per second", DSLT_FIGURE_FPS, DSLT_FIGURE_FPS_SLOWEST, 2},
      {"latency of a frame, ms", DSLT_FIGURE_MEAN, DSLT_FIGURE_CPU, 2},
      {"first frame, ms", DSLT_FIGURE_INIT, DSLT_FIGURE_INIT_STEPS, 1},
      {"resident memory, MiB", DSLT_FIGURE_MEMORY, DSLT_FIGURE_MEMORY_FIRST, 1},
  };
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
    heading(f, groups[g].heading);
    for (int i = groups[g].first; i <= groups[g].last; i++) {
      if (i == DSLT_FIGURE_FPS_SLOWEST && r->target_count < 2) continue;
      row(f, dslt_figures[i].words, &r->figure[i], groups[g].digits);
    }
  }
  if (r->energy.count) {
    heading(f, "energy, J");
    row(f, dslt_figures[DSLT_FIGURE_JOULES].words, &r->figure[DSLT_FIGURE_JOULES], 3);
  }
  fprintf(f, "%senergy: %s\n", r->energy.count ? "" : "\n", r->energy.words);
}

static void write_stages(FILE *f, const dslt_bench_report *r) {
  fprintf(f, "\n%-10s %8s %6s %9s %9s %9s %8s %9s %6s  %s\n", "stage", "ms", "share", "GFLOP", "GFLOP/s",
          "MB", "GB/s", "floor ms", "at", "bound by");
  for (int i = 0; i < DSLT_STAGE_COUNT; i++) {
    const dslt_stage_reach s = dslt_bench_reach(r, i);
    fprintf(f, "  %-8s", dslt_stage_words[i]);
    cell(f, 8, 3, s.ms);
    cell(f, 5, 1, 100 * s.share);
    fputc('%', f);
    cell(f, 9, 4, 1e-9 * r->work[i].flop);
    cell(f, 9, 1, 1e-9 * s.flops);
    cell(f, 9, 3, 1e-6 * r->work[i].bytes);
    cell(f, 8, 2, 1e-9 * s.bandwidth);
    cell(f, 9, 3, s.floor_ms);
    cell(f, 5, 0, 100 * s.reached);
    fprintf(f, "%s  %s\n", isnan(s.reached) ? " " : "%",
            isnan(s.floor_ms) ? "-"
            : s.computes      ? "arithmetic"
                              : "memory");
  }
}

/* ---- ceilings ------------------------------------------------------------------------------------ */

static void write_compare(FILE *f, const dslt_bench_compare *c) {
  fprintf(f,
          "\nbackbone alone, %d crop%s of %d x %d: %.2f ms, %.1f GFLOP/s\n"
          "its layers by oneDNN's fastest convolutions: %.2f ms; the backbone is at %.0f %% of them\n",
          c->batch, c->batch == 1 ? "" : "s", c->width, c->height, c->run_ms, 1e-6 * c->flop / c->run_ms,
          c->best_ms, 100 * c->best_ms / c->run_ms);
  for (int i = 0; i < c->layers; i++)
    fprintf(f, "  %-8s %8.3f ms %8.1f GFLOP/s  %s\n", dslt_vgg_layers[i].caffe, c->layer[i].ms,
            1e-6 * c->layer_flop[i] / c->layer[i].ms, c->layer[i].how);
}

static void write_ceiling(FILE *f, const dslt_bench_report *r) {
  const dslt_bench_ceiling *c = &r->ceiling;
  if (!c->measured) {
    fprintf(f, "\nceiling: %s\n", c->words);
    return;
  }
  fprintf(f, "\nceiling: %.1f GFLOP/s in float32", 1e-9 * c->cpu.flops_f32);
  if (c->cpu.flops_bf16 > 0) fprintf(f, ", %.1f in bfloat16", 1e-9 * c->cpu.flops_bf16);
  fprintf(f, " (%s), %.1f GB/s from memory (triad over %.0f MB), %d thread%s\n", c->cpu.how,
          1e-9 * c->cpu.bandwidth, 1e-6 * c->cpu.triad_bytes, c->cpu.threads, c->cpu.threads == 1 ? "" : "s");
  for (int i = 0; i < c->compares; i++) write_compare(f, &c->compare[i]);
  if (!c->compares) fprintf(f, "backbone against oneDNN's convolutions: %s\n", c->words);
}

static void write_paper(FILE *f, const dslt_bench_report *r) {
  fprintf(f, "\nbeside the paper's %.1f frames per second\n", DSLT_PAPER_FPS);
  for (int i = DSLT_FIGURE_FPS; i <= DSLT_FIGURE_FPS_ALL; i++) {
    const double fps = r->figure[i].median;
    cell(f, 9, 2, fps);
    fputs(" fps", f);
    cell(f, 7, 2, fps / DSLT_PAPER_FPS);
    fprintf(f, " times: %s\n", dslt_bench_includes(i));
  }
  fprintf(f, "  here: %s weights, preset %s, %d target%s\n  paper: %s\n", r->arch,
          dslt_options_preset(r->request->options), r->target_count, r->target_count == 1 ? "" : "s",
          dslt_paper_words);
}

/* ---- sweeps -------------------------------------------------------------------------------------- */

static void write_sweep(FILE *f, const dslt_bench_report *r) {
  const char *name = dslt_bench_sweep_name(r->request->sweep);
  const int targets = r->request->sweep == DSLT_SWEEP_TARGETS;
  fprintf(f, "\n%9s %11s %9s %9s %9s %9s %9s %9s %9s%s\n", name, "frame", "fps", "ms p50", "ms p95", "ms low",
          "ms high", "first ms", "MiB", targets ? "  each further, ms    MiB" : "");
  for (int i = 0; i < r->point_count; i++) {
    const dslt_bench_point *p = &r->points[i];
    char size[32];
    snprintf(size, sizeof size, "%dx%d", p->width, p->height);
    fprintf(f, "%9g %11s", p->value, size);
    cell(f, 9, 2, p->figure[DSLT_FIGURE_FPS].median);
    cell(f, 9, 2, p->figure[DSLT_FIGURE_P50].median);
    cell(f, 9, 2, p->figure[DSLT_FIGURE_P95].median);
    cell(f, 9, 2, p->figure[DSLT_FIGURE_MEAN].low);
    cell(f, 9, 2, p->figure[DSLT_FIGURE_MEAN].high);
    cell(f, 9, 1, p->figure[DSLT_FIGURE_INIT].median);
    cell(f, 9, 1, p->figure[DSLT_FIGURE_MEMORY_FIRST].median);
    if (targets && i > 0) {
      cell(f, 18, 2, dslt_bench_ms_further(r, i));
      cell(f, 6, 1, p->figure[DSLT_FIGURE_MEMORY_FURTHER].median);
    }
    fputc('\n', f);
  }
  fprintf(f, "ms: a frame%s; low and high: of the mean over the repetitions. MiB: added by %s.\n",
          targets ? " with all its targets" : "", targets ? "the first target" : "the tracker");
}

void dslt_bench_write_console(FILE *f, const dslt_bench_report *r) {
  const int repeat = r->request->repeat;
  if (r->points) {
    write_setup(f, r);
    write_sweep(f, r);
    return;
  }
  long long frames = 0;
  for (int i = 0; i < r->target_count; i++) frames += r->targets[i].frames;
  fprintf(f, "%s%s, %lld frames behind the first, measured %d time%s\n", r->targets[0].name,
          r->target_count > 1 ? " and others" : "", frames, repeat, repeat == 1 ? "" : "s");
  write_setup(f, r);
  write_targets(f, r);
  write_figures(f, r);
  write_stages(f, r);
  write_ceiling(f, r);
  if (r->request->compare_paper) write_paper(f, r);
}
