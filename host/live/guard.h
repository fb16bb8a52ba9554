/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h: which requests dslt live answers: the address' token, the host's name, where a request comes from, its size. Other
 * pages in the same browser must not be able to see or drive it. No sockets here. */
#ifndef DSLT_LIVE_GUARD_H
#define DSLT_LIVE_GUARD_H

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of a token, without the zero at the end: 128 random bits. */
#define DSLT_LIVE_TOKEN 32

typedef struct dslt_live_guard {
  char token[DSLT_LIVE_TOKEN + 1]; /* "" = none is asked for */
  int loopback;                    /* 1: only names of this machine are accepted as the host */
} dslt_live_guard;

/* What a path names. */
typedef enum dslt_live_place {
  DSLT_LIVE_NOWHERE = 0,
  DSLT_LIVE_PAGE = 1,    /* / */
  DSLT_LIVE_STYLE = 2,   /* /live.css */
  DSLT_LIVE_SCRIPT = 3,  /* /live.js */
  DSLT_LIVE_ICON = 4,    /* /icon.svg */
  DSLT_LIVE_FRAME = 5,   /* /frame?after=N&picture=N: the state and the picture once they are newer */
  DSLT_LIVE_OPTIONS = 6, /* /options: the tracker's table of options */
  DSLT_LIVE_COMMAND = 7, /* /command: a message by POST */
  DSLT_LIVE_CSV = 8,     /* /boxes.csv */
  DSLT_LIVE_JSONL = 9,   /* /boxes.jsonl */
  DSLT_LIVE_PLACES = 10  /* how many there are */
} dslt_live_place;

/* A request's head; NULL for what it does not have. */
typedef struct dslt_live_request {
  const char *method, *path; /* without the query */
  const char *host, *origin; /* headers Host and Origin */
  const char *site, *mode;   /* Sec-Fetch-Site and Sec-Fetch-Mode */
  const char *type;          /* Content-Type */
  long long length;          /* of the body; -1 = it is not said */
} dslt_live_request;

typedef struct dslt_live_verdict {
  int status;            /* 200, or why it is refused: 403, 404, 405, 411, 413, 415 */
  const char *why;       /* a sentence for the one who asked; "" with 200. Static storage */
  dslt_live_place place; /* with 200 */
} dslt_live_verdict;

void dslt_live_judge(dslt_live_verdict *out, const dslt_live_guard *guard, const dslt_live_request *request);

/* Draw a token. DSLT_EIO: the system has no random numbers. */
int dslt_live_token(char out[DSLT_LIVE_TOKEN + 1]);
/* 1: `address` (an IPv4 or IPv6 address in numbers) is this machine alone; 0: it is not; -1: it is no address. */
int dslt_live_is_loopback(const char *address);

#ifdef __cplusplus
}
#endif

#endif
