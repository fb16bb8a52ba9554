/* SPDX-License-Identifier: Apache-2.0 */
/* roofline_write.c: prints rooflines as text, CSV or JSON. */
#include "base/error.h"
#include "base/json.h"
#include "bench/roofline.h"
#include "bench/summary.h"

static const char *const bound_words[] = {"-", "arithmetic", "memory", "nodes"};

static const char *part_words(int part) { return part < DSLT_STAGE_COUNT ? dslt_stage_words[part] : "other"; }

static void write_nodes(FILE *f, int width, int nodes) {
  if (nodes < 0)
    fprintf(f, " %*s", width, "?");
  else
    fprintf(f, " %*d", width, nodes);
}

static void write_console(FILE *f, const dslt_roofline_page *page) {
  fprintf(f, "A frame in which everything runs: preset %s, weights %s, %s of %d x %d\n", page->preset,
          page->weights, page->input, page->width, page->height);
  for (int g = 0; g < page->count; g++) {
    const dslt_roofline *r = &page->list[g];
    fprintf(f, "\n%s, %s: %.3g TFLOP/s in the backbone, %.0f GB/s (%s)\n", r->gpu->name,
            dslt_gpu_precision_name(r->precision), 1e-12 * dslt_gpu_flops(r->gpu, r->precision),
            1e-9 * r->gpu->bandwidth, r->gpu->source);
    fprintf(f, "  %-9s %9s %9s %6s %9s  %s\n", "stage", "GFLOP", "MB", "nodes", "floor us", "bound by");
    for (int i = 0; i < DSLT_NODES_PARTS; i++) {
      const dslt_roofline_part *p = &r->part[i];
      fprintf(f, "  %-9s %9.4f %9.3f", part_words(i), 1e-9 * p->work.flop, 1e-6 * p->work.bytes);
      write_nodes(f, 6, p->nodes);
      fprintf(f, " %9.1f  %s\n", 1e6 * p->floor_s, bound_words[p->bound]);
    }
    fprintf(f, "  floor: %.1f us, %.0f frames per second", 1e6 * r->floor_s, 1.0 / r->floor_s);
    if (r->nodes >= 0) fprintf(f, "; the graph has %d nodes", r->nodes);
    fputc('\n', f);
  }
  if (page->list[0].nodes >= 0)
    fprintf(f, "\nnode: %s\n", dslt_gpu_node_source);
  else
    fprintf(f,
            "\nnodes: not known, since they are counted for presets as they stand, with VGG-16 or the "
            "network that ships\n");
}

static void write_csv(FILE *f, const dslt_roofline_page *page) {
  fputs("gpu,precision,stage,gflop,megabytes,nodes,floor_us,bound\n", f);
  for (int g = 0; g < page->count; g++)
    for (int i = 0; i < DSLT_NODES_PARTS; i++) {
      const dslt_roofline_part *p = &page->list[g].part[i];
      fprintf(f, "%s,%s,%s,%.6g,%.6g,", page->list[g].gpu->name,
              dslt_gpu_precision_name(page->list[g].precision), part_words(i), 1e-9 * p->work.flop,
              1e-6 * p->work.bytes);
      if (p->nodes >= 0) fprintf(f, "%d", p->nodes);
      fprintf(f, ",%.6g,%s\n", 1e6 * p->floor_s, bound_words[p->bound]);
    }
}

static json_t *json_nodes(int nodes) { return nodes < 0 ? json_null() : json_integer(nodes); }

static json_t *json_of(const dslt_roofline *r) {
  json_t *stages = json_array();
  int bad = !stages;
  for (int i = 0; i < DSLT_NODES_PARTS; i++) {
    const dslt_roofline_part *p = &r->part[i];
    bad |= json_array_append_new(stages,
                                 json_pack("{s:s, s:f, s:f, s:o, s:f, s:s}", "name", part_words(i), "gflop",
                                           1e-9 * p->work.flop, "megabytes", 1e-6 * p->work.bytes, "nodes",
                                           json_nodes(p->nodes), "floor_us", 1e6 * p->floor_s, "bound",
                                           bound_words[p->bound])) != 0;
  }
  if (!bad)
    return json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:o, s:f, s:f, s:o}", "gpu", r->gpu->name, "source",
                     r->gpu->source, "precision", dslt_gpu_precision_name(r->precision),
                     "backbone_tflop_per_s", 1e-12 * dslt_gpu_flops(r->gpu, r->precision), "gb_per_s",
                     1e-9 * r->gpu->bandwidth, "node_us", 1e6 * dslt_gpu_node_seconds, "nodes",
                     json_nodes(r->nodes), "floor_us", 1e6 * r->floor_s, "fps_most", 1.0 / r->floor_s,
                     "stages", stages);
  json_decref(stages);
  return NULL;
}

static int write_json(FILE *f, const dslt_roofline_page *page) {
  json_t *root =
      json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:[]}", "program", "dslt bench", "version",
                dslt_version(), "preset", page->preset, "weights", dslt_json_text(page->weights), "input",
                dslt_json_text(page->input), "width", page->width, "height", page->height, "roofline");
  int bad = !root;
  for (int g = 0; g < page->count && !bad; g++)
    bad = json_array_append_new(json_object_get(root, "roofline"), json_of(&page->list[g])) != 0;
  bad = bad || json_dumpf(root, f, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0;
  json_decref(root);
  if (bad && !ferror(f)) return dslt_fail(DSLT_EMEMORY, "Out of memory while writing JSON.");
  fputc('\n', f);
  return DSLT_OK;
}

int dslt_roofline_write(FILE *f, const dslt_roofline_page *page, dslt_bench_output output) {
  switch (output) {
    case DSLT_BENCH_CSV: write_csv(f, page); break;
    case DSLT_BENCH_JSON: DSLT_TRY(write_json(f, page)); break;
    default: write_console(f, page); break;
  }
  return ferror(f) ? dslt_fail(DSLT_EIO, "The results could not be written.") : DSLT_OK;
}
