/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: progress output: a bar on a terminal, plain lines elsewhere. */
#include "cli/progress.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/console.h"

enum { BAR = 24 };
static const double redraw_interval = 0.1; /* s */
static const double plain_interval = 5;    /* s */

void dslt_progress_start(dslt_progress *out, FILE *stream, int64_t total, int quiet) {
  memset(out, 0, sizeof *out);
  if (quiet) return;
  out->stream = stream;
  out->terminal = isatty(fileno(stream));
  out->total = total;
  out->started = dslt_seconds();
  out->shown = out->started;
}

static void format_time(char *out, size_t size, double seconds) {
  long long whole = (long long)(seconds + 0.5);
  if (whole >= 3600)
    snprintf(out, size, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    snprintf(out, size, "%lld:%02lld", whole / 60, whole % 60);
}

static void print_state(const dslt_progress *progress, int64_t done, double now) {
  double elapsed = now - progress->started;
  double rate = elapsed > 0 ? (double)done / elapsed : 0;
  if (progress->total <= 0 || (progress->estimate && done >= progress->total)) {
    fprintf(progress->stream, "%lld frames, %.1f fps", (long long)done, rate);
    return;
  }
  if (progress->estimate) {
    fprintf(progress->stream, "%lld of about %lld frames, %.1f fps", (long long)done,
            (long long)progress->total, rate);
    return;
  }
  char left[32];
  format_time(left, sizeof left, rate > 0 ? (double)(progress->total - done) / rate : 0);
  fprintf(progress->stream, "%lld/%lld frames, %.1f fps, %s left", (long long)done,
          (long long)progress->total, rate, left);
}

static void redraw(dslt_progress *progress, int64_t done, double now) {
  fputs("\r\033[K", progress->stream);
  if (progress->total > 0) {
    char bar[BAR + 1];
    int filled = (int)(done * BAR / progress->total);
    if (filled > BAR) filled = BAR;
    memset(bar, '#', (size_t)filled);
    memset(bar + filled, '.', (size_t)(BAR - filled));
    bar[BAR] = '\0';
    fprintf(progress->stream, "[%s] ", bar);
  }
  print_state(progress, done, now);
  fflush(progress->stream);
  progress->dirty = 1;
}

void dslt_progress_update(dslt_progress *progress, int64_t done) {
  if (!progress->stream) return;
  double now = dslt_seconds();
  if (progress->terminal) {
    if (now - progress->shown < redraw_interval && done != progress->total) return;
    redraw(progress, done, now);
    progress->shown = now;
    return;
  }
  int tenths = progress->total > 0 ? (int)(done * 10 / progress->total) : 0;
  int due = progress->total > 0 ? tenths > progress->tenths : now - progress->shown >= plain_interval;
  if (!due) return;
  print_state(progress, done, now);
  fputc('\n', progress->stream);
  fflush(progress->stream);
  progress->tenths = tenths;
  progress->shown = now;
}

void dslt_progress_end(dslt_progress *progress) {
  if (progress->stream && progress->dirty) {
    fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
  }
  progress->dirty = 0;
}
