/* SPDX-License-Identifier: Apache-2.0 */
/* onednn_memory.c: the steps of a network and the memory between them. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "onednn_net.h"

enum { ALIGNMENT = 64 };

/* Room for one more item, zeroed. */
static int grow(void **items, int count, int *room, size_t item) {
  if (count < *room) return DSLT_OK;
  const int wanted = *room ? 2 * *room : 32;
  void *grown = realloc(*items, (size_t)wanted * item);
  if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  memset((char *)grown + (size_t)count * item, 0, (size_t)(wanted - count) * item);
  *items = grown;
  *room = wanted;
  return DSLT_OK;
}

int dslt_net_new_store(dslt_net *net, size_t bytes) {
  void *items = net->store;
  DSLT_TRY(grow(&items, net->stores, &net->store_room, sizeof *net->store));
  net->store = items;
  net->store[net->stores] = (dslt_store){
      .bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1), .first = net->steps, .last = -1};
  return net->stores++;
}

int dslt_net_new_step(dslt_net_step **out, dslt_net *net, int layer) {
  void *items = net->step;
  DSLT_TRY(grow(&items, net->steps, &net->step_room, sizeof *net->step));
  net->step = items;
  *out = &net->step[net->steps++];
  **out = (dslt_net_step){.layer = layer, .runs = 1};
  return DSLT_OK;
}

int dslt_net_bind(dslt_net *net, int arg, int store, size_t offset, size_t stride) {
  const int at = net->steps - 1;
  dslt_net_step *step = &net->step[at];
  dslt_binding *grown = realloc(step->binding, (size_t)(step->bindings + 1) * sizeof *grown);
  if (!grown) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  step->binding = grown;
  step->binding[step->bindings++] =
      (dslt_binding){.arg = arg, .store = store, .offset = offset, .stride = stride};
  if (store < 0) return DSLT_OK;
  dslt_store *s = &net->store[store];
  if (s->last < 0) s->first = at;
  s->last = at;
  return DSLT_OK;
}

/* The lowest place at or above *at that a store in use with `s` leaves free. 0: it overlaps one, and *at was
 * moved. */
static int fits(size_t *at, const dslt_store *s, const dslt_store *other) {
  if (other->last < s->first || other->first > s->last) return 1;
  if (*at + s->bytes <= other->offset || other->offset + other->bytes <= *at) return 1;
  *at = other->offset + other->bytes;
  return 0;
}

/* The largest first, each at the lowest place that is free while it is in use. */
int dslt_net_place_stores(dslt_net *net) {
  int *placed = malloc((size_t)(net->stores + 1) * sizeof *placed);
  unsigned char *done = calloc((size_t)net->stores + 1, 1);
  const int failed = !placed || !done;
  for (int count = 0; !failed && count < net->stores; ++count) {
    int next = -1;
    for (int i = 0; i < net->stores; ++i)
      if (!done[i] && (next < 0 || net->store[i].bytes > net->store[next].bytes)) next = i;
    dslt_store *s = &net->store[next];
    size_t at = 0;
    for (int k = 0; k < count; ++k)
      if (!fits(&at, s, &net->store[placed[k]])) k = -1; /* moved: check all of them again */
    s->offset = at;
    if (at + s->bytes > net->arena_bytes) net->arena_bytes = at + s->bytes;
    placed[count] = next;
    done[next] = 1;
  }
  free(placed);
  free(done);
  if (failed) return dslt_fail(DSLT_EMEMORY, "Out of memory while planning the network.");
  return DSLT_OK;
}
