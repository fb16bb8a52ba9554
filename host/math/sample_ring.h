/* SPDX-License-Identifier: Apache-2.0 */
/* sample_ring.h: which slot of a sample store gets the next sample. Slot 0 keeps the first frame's sample and
 * the others are used in turn, or all are. The only definition of this rule, for host, kernels and cost
 * model. */
#ifndef DSLT_MATH_SAMPLE_RING_H
#define DSLT_MATH_SAMPLE_RING_H

#include <stdint.h>

#include "base/hd.h"

enum {
  DSLT_SAMPLES_MAX = 64,   /* slots of a store */
  DSLT_SAMPLE_MAPS_MAX = 8 /* feature maps of a sample */
};

typedef struct dslt_sample_ring {
  int32_t capacity; /* slots, 1 .. DSLT_SAMPLES_MAX */
  int32_t count;    /* filled, the first frame's among them */
  int32_t next;     /* slot of the next sample; 0 where the capacity is 1 */
  uint32_t ticket;  /* scratch of kernels, 0 before and after each */
  int32_t rolling;  /* 1: slot 0 is used again like the others; 0: it keeps the first frame's sample */
} dslt_sample_ring;

/* A store that holds only the first frame's sample. */
DSLT_HD dslt_sample_ring dslt_ring_first(int capacity) {
  dslt_sample_ring ring = {capacity, 1, capacity > 1 ? 1 : 0, 0, 0};
  return ring;
}

/* A store of past frames alone, `capacity` of them (2 or more): every slot holds the first frame's sample
 * until later ones take its place. */
DSLT_HD dslt_sample_ring dslt_ring_rolling(int capacity) {
  dslt_sample_ring ring = {capacity, capacity, 0, 0, 1};
  return ring;
}

/* Number of samples after one more is stored. */
DSLT_HD int dslt_ring_count_after(const dslt_sample_ring *ring) {
  return ring->count < ring->capacity ? ring->count + 1 : ring->capacity;
}

/* How many samples ago that of `slot` was stored; 0 for the next one's slot. */
DSLT_HD int dslt_ring_age(const dslt_sample_ring *ring, int slot) {
  int turns = ring->rolling ? ring->capacity : ring->capacity - 1;
  return turns > 0 ? (ring->next - slot + turns) % turns : 0;
}

/* The slot for a new sample, which counts as filled from here on; -1 where only the first one is kept. */
DSLT_HD int dslt_ring_advance(dslt_sample_ring *ring) {
  if (ring->capacity < 2) return -1;
  int slot = ring->next;
  ring->count = dslt_ring_count_after(ring);
  ring->next = slot + 1 < ring->capacity ? slot + 1 : (ring->rolling ? 0 : 1);
  return slot;
}

#endif
