/* SPDX-License-Identifier: Apache-2.0 */
/* damage.c: counts what a damaged video lacks, and reports each damaged stretch once good frames follow it. */
#include "media/damage.h"

#include <math.h>
#include <stdio.h>

enum { SPOT_ENDS = 10 }; /* good frames that separate two damaged spots, or settle a complaint */

static dslt_damage_spot *open_spot(dslt_damage *d) {
  dslt_damage_spot *s = &d->spot;
  if (!s->open) *s = (dslt_damage_spot){.open = 1, .before = d->number - 1, .time_before = d->time};
  s->after = -1;
  s->good = 0;
  return s;
}

static void describe_cost(char *out, size_t size, const dslt_damage_spot *s) {
  const int64_t lost = s->lost > s->skipped ? s->lost : s->skipped;
  size_t used = 0;
  if (lost > 0 || s->patched == 0)
    used = (size_t)snprintf(out, size, "%lld frame%s could not be decoded and %s missing", (long long)lost,
                            lost == 1 ? "" : "s", lost == 1 ? "is" : "are");
  if (s->patched > 0 && used < size)
    snprintf(out + used, size - used, "%s%lld %s%s partly made up by the decoder", used ? ", " : "",
             (long long)s->patched, used ? "more " : (s->patched == 1 ? "frame " : "frames "),
             s->patched == 1 ? "is" : "are");
}

static void tell_spot(dslt_damage *d) {
  dslt_damage_spot *s = &d->spot;
  if (!s->open) return;
  s->open = 0;
  d->spots++;
  char cost[160];
  describe_cost(cost, sizeof cost, s);
  if (s->before < 0 && d->live) return;
  if (s->before < 0 && s->after >= 0)
    dslt_notes_add(d->notes, 1, "%s is damaged before frame %lld (%.3f s): %s.", d->name, (long long)s->after,
                   s->time_after, cost);
  else if (s->before >= 0 && s->after < 0)
    dslt_notes_add(d->notes, 1, "%s is damaged after frame %lld (%.3f s), at its end: %s.", d->name,
                   (long long)s->before, s->time_before, cost);
  else if (s->before >= 0)
    dslt_notes_add(d->notes, 1, "%s is damaged between frame %lld (%.3f s) and frame %lld (%.3f s): %s.",
                   d->name, (long long)s->before, s->time_before, (long long)s->after, s->time_after, cost);
}

/* Frames that the container's reader skipped are only visible as gaps in the times. */
static void look_for_gap(dslt_damage *d, double time) {
  const double steps = (time - d->time) * d->fps;
  if (d->number == 0 || !(steps > 1.5) || (!d->complaints && !d->spot.open)) return;
  open_spot(d)->skipped += llround(steps) - 1;
  d->complaints = d->quiet = 0;
}

/* Good frames follow: the complaint was not about the end, and no later gap is due to it. */
static void forget_complaints(dslt_damage *d) {
  if (d->complaints > 0 && ++d->quiet >= SPOT_ENDS) d->complaints = d->quiet = 0;
}

void dslt_damage_complaint(dslt_damage *d) {
  d->complaints++;
  d->quiet = 0;
}

void dslt_damage_lost(dslt_damage *d) { open_spot(d)->lost++; }

void dslt_damage_frame(dslt_damage *d, double time, int patched) {
  look_for_gap(d, time);
  if (patched) open_spot(d)->patched++;
  if (!patched && d->spot.open) {
    if (d->spot.good++ == 0) d->spot.after = d->number, d->spot.time_after = time;
    if (d->spot.good >= SPOT_ENDS) tell_spot(d);
  }
  if (!patched) forget_complaints(d);
  d->time = time;
  d->number++;
}

void dslt_damage_end(dslt_damage *d, int64_t announced, int64_t missing) {
  tell_spot(d);
  if (d->number == 0) return;
  if (missing > 0 && announced >= missing)
    dslt_notes_add(d->notes, 1,
                   "%s is cut off after frame %lld (%.3f s): %lld of its %lld frames are missing.", d->name,
                   (long long)d->number - 1, d->time, (long long)missing, (long long)announced);
  else if (missing > 0 || d->complaints > 0)
    dslt_notes_add(d->notes, 1, "%s is cut off or damaged after frame %lld (%.3f s), its last one.", d->name,
                   (long long)d->number - 1, d->time);
}
