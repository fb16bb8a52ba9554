/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c: opens what targets share, and keeps planned networks for the next target of their size. */
#include "tracker/shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tracker/type.h"

static int check_and_open(dslt_shared *s) {
  const dslt_common_options *o = &s->options->common;
  dslt_backend_config config = {
      .threads = o->threads, .precision = o->precision, .any_order = !o->deterministic};
  DSLT_TRY(dslt_options_check(s->options));
  DSLT_TRY(s->type->open(s));
  return dslt_backend_open_noting(&s->backend, s->note, sizeof s->note, o->backend, &config);
}

int dslt_shared_open(dslt_shared *out, const dslt_options *options, const dslt_weights *weights) {
  dslt_shared s = {.weights = weights};
  DSLT_TRY(options ? dslt_options_clone(&s.options, options)
                   : dslt_options_create(&s.options, dslt_weights_preset(weights)));
  s.type = s.options->type;
  int rc = check_and_open(&s);
  if (rc < 0)
    dslt_options_free(s.options);
  else
    *out = s;
  return rc;
}

void dslt_shared_close(dslt_shared *s) {
  dslt_shared_forget(s);
  free(s->nets);
  s->backend->device->close(s->backend);
  dslt_options_free(s->options);
  memset(s, 0, sizeof *s);
}

/* ---- networks ------------------------------------------------------------------------------------ */

static int make_room(dslt_shared *s) {
  if (s->net_count < s->net_room) return DSLT_OK;
  int room = s->net_room ? 2 * s->net_room : DSLT_NETS_KEPT;
  dslt_planned *nets = realloc(s->nets, (size_t)room * sizeof *nets);
  if (!nets) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  s->nets = nets;
  s->net_room = room;
  return DSLT_OK;
}

/* The first network of a variant; net_count: there is none. */
static int owner_of(const dslt_shared *s, int variant) {
  int i = 0;
  while (i < s->net_count && s->nets[i].variant != variant) ++i;
  return i;
}

int dslt_shared_net(dslt_net **out, dslt_shared *s, int n, int h, int w) {
  for (int i = 0; i < s->net_count; ++i) {
    dslt_planned *p = &s->nets[i];
    if (p->variant != s->variant || p->n != n || p->h != h || p->w != w) continue;
    ++p->users;
    p->used = ++s->uses;
    *out = p->net;
    return DSLT_OK;
  }
  DSLT_TRY(make_room(s));
  const int owner = owner_of(s, s->variant);
  dslt_net *net = NULL;
  DSLT_TRY(s->type->plan_net(&net, s, n, h, w, owner < s->net_count ? s->nets[owner].net : NULL));
  *out = net;
  if (!net) return DSLT_OK; /* these options need none */
  s->nets[s->net_count++] = (dslt_planned){net, s->variant, n, h, w, 1, ++s->uses};
  return DSLT_OK;
}

void dslt_shared_net_release(dslt_shared *s, const dslt_net *net) {
  for (int i = 0; net && i < s->net_count; ++i) {
    dslt_planned *p = &s->nets[i];
    if (p->net != net) continue;
    --p->users;
    p->used = ++s->uses;
  }
}

/* The least recently used network except the owners of the weights; 0: all are in use. */
static int longest_unused(const dslt_shared *s) {
  int found = 0;
  for (int i = 1; i < s->net_count; ++i)
    if (s->nets[i].users == 0 && i != owner_of(s, s->nets[i].variant) &&
        (!found || s->nets[i].used < s->nets[found].used))
      found = i;
  return found;
}

void dslt_shared_trim(dslt_shared *s, int keep) {
  int i;
  while (s->net_count > keep && (i = longest_unused(s)) > 0) {
    s->backend->nn->net_free(s->nets[i].net);
    --s->net_count; /* the order stays: owners come before those that share their weights */
    memmove(&s->nets[i], &s->nets[i + 1], (size_t)(s->net_count - i) * sizeof *s->nets);
  }
}

void dslt_shared_forget(dslt_shared *s) {
  while (s->net_count > 0)
    s->backend->nn->net_free(s->nets[--s->net_count].net); /* the owners of the weights are before the rest */
}

/* ---- helpers ------------------------------------------------------------------------------------- */

int dslt_shared_floats(float **out, dslt_shared *s, size_t count) {
  void *memory;
  DSLT_TRY(s->backend->device->alloc(&memory, s->backend, count * sizeof(float)));
  *out = memory;
  return DSLT_OK;
}

const char *dslt_shared_precision(const dslt_shared *s) {
  static const char *const names[] = {"f32", "bf16", "tf32"};
  return names[s->backend->precision];
}
