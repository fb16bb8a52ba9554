/* SPDX-License-Identifier: Apache-2.0 */
/* marks.c: which stage has ended, told to the kernel that takes its time. That is the next one that can, so that stamps
 * need no launches of their own. Calls of vendor libraries take none: they only wait until the last kernel's end has been
 * noted, or else a stamp is launched before them. While a frame is recorded in whose graph blocks are conditional nodes,
 * kernels note their ends, and a stage that ends with such a block is told to a kernel behind it. */
#include "base/error.h"
#include "cuda.h"

int dslt_cuda_marks_open(dslt_cuda_marks *marks, dslt_cuda *cuda, dslt_clock *clock, dslt_mark *there) {
  marks->there = there;
  for (int stage = -1; stage <= DSLT_STAGE_COUNT; ++stage)
    marks->here[marks->count++] = (dslt_mark){.clock = clock, .stage = stage};
  return dslt_cuda_marks_upload(marks, cuda);
}

int dslt_cuda_marks_upload(dslt_cuda_marks *marks, dslt_cuda *cuda) {
  if (marks->uploaded == marks->count) return DSLT_OK;
  DSLT_TRY(
      dslt_cuda_upload(&cuda->base, marks->there, marks->here, (size_t)marks->count * sizeof *marks->here));
  marks->uploaded = marks->count;
  return DSLT_OK;
}

static const dslt_mark *plain(const dslt_cuda_marks *marks, int stage) { return &marks->there[stage + 1]; }

static const dslt_mark *here(const dslt_cuda_marks *marks, const dslt_mark *there) {
  return &marks->here[there - marks->there];
}

static int same(const dslt_mark *a, const dslt_mark *b) {
  return a->stage == b->stage && a->end == b->end && a->first == b->first && a->ran == b->ran &&
         a->before == b->before;
}

/* Where the mark lies, or will lie when the recorded graph is launched; NULL: there are too many. */
static const dslt_mark *find(dslt_cuda_marks *marks, const dslt_mark *mark) {
  for (int i = 0; i < marks->count; ++i)
    if (same(&marks->here[i], mark)) return &marks->there[i];
  if (marks->count == DSLT_CUDA_MARKS) return NULL;
  marks->here[marks->count] = *mark;
  return &marks->there[marks->count++];
}

/* 1: the time of the mark that is due can be taken as well later. */
static int can_wait(const dslt_cuda *cuda) {
  const dslt_mark *mark = here(cuda->marks, cuda->due);
  return mark->end != DSLT_END_NONE && !mark->ran;
}

static const dslt_mark *take_due(dslt_cuda *cuda) {
  const dslt_mark *mark = cuda->due;
  cuda->due = NULL;
  return mark;
}

/* ---- arguments of launches ----------------------------------------------------------------------- */

const int32_t *dslt_cuda_when(dslt_cuda *cuda) {
  cuda->noted = DSLT_END_NONE;
  if (!cuda->due || cuda->when) return cuda->when;
  return dslt_when_marked(take_due(cuda), DSLT_END_NONE);
}

/* 1: to take the time that is due, an end of such a kernel is read. */
static int reads_end(const dslt_cuda *cuda, dslt_end end) {
  for (const dslt_mark *mark = cuda->due; mark; mark = here(cuda->marks, mark)->before) {
    const dslt_mark *m = here(cuda->marks, mark);
    if (m->end == (int)end || (m->first && here(cuda->marks, m->first)->end == (int)end)) return 1;
  }
  return 0;
}

const int32_t *dslt_cuda_when_noting(dslt_cuda *cuda, dslt_end end) {
  if (!cuda->notes || cuda->when || reads_end(cuda, end)) return dslt_cuda_when(cuda);
  cuda->noted = end;
  return dslt_when_marked(cuda->due ? take_due(cuda) : plain(cuda->marks, DSLT_STAGE_COUNT), end);
}

int dslt_cuda_stamp(dslt_cuda *cuda) {
  cuda->noted = DSLT_END_NONE;
  return cuda->due ? dslt_kernel_stamp(cuda->now, dslt_when_marked(take_due(cuda), DSLT_END_NONE)) : DSLT_OK;
}

int dslt_cuda_settle(dslt_cuda *cuda) {
  cuda->noted = DSLT_END_NONE;
  return cuda->due && can_wait(cuda) ? DSLT_OK : dslt_cuda_stamp(cuda);
}

/* ---- stages that end ----------------------------------------------------------------------------- */

int dslt_cuda_mark_stage(dslt_cuda *cuda, dslt_cuda_marks *marks, int stage) {
  dslt_mark mark = *here(marks, plain(marks, stage));
  mark.end = cuda->noted;
  if (cuda->due && can_wait(cuda) && !here(marks, cuda->due)->first) mark.first = take_due(cuda);
  DSLT_TRY(dslt_cuda_stamp(cuda));
  cuda->marks = marks;
  cuda->due = find(marks, &mark);
  if (!cuda->due) {
    cuda->due = mark.first;
    DSLT_TRY(dslt_cuda_stamp(cuda));
    cuda->due = plain(marks, stage);
  }
  /* where the next kernel may be skipped, it cannot take the time */
  return cuda->when ? dslt_cuda_stamp(cuda) : DSLT_OK;
}

int dslt_cuda_mark_block(dslt_cuda *cuda, const int32_t *flag, const dslt_mark *before) {
  const dslt_mark *inside = cuda->due;
  cuda->noted = DSLT_END_NONE;
  if (inside == before) return DSLT_OK; /* true either way */
  dslt_mark mark = *here(cuda->marks, inside ? inside : plain(cuda->marks, DSLT_STAGE_COUNT));
  mark.ran = flag;
  mark.before = before;
  const dslt_mark *after = find(cuda->marks, &mark);
  if (!after) return dslt_cuda_stamp(cuda); /* in the block */
  cuda->due = after;
  return DSLT_OK;
}
