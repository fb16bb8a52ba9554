/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: what the page of dslt live asks for: one JSON object for each message. */
#ifndef DSLT_LIVE_MESSAGE_H
#define DSLT_LIVE_MESSAGE_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest message, bytes. */
#define DSLT_LIVE_MESSAGE_BYTES 4096
/* Room for an option's name and for its value, with the zero at the end. */
#define DSLT_LIVE_WORD 128

typedef enum dslt_live_action {
  DSLT_LIVE_BOX = 0,     /* {"do":"box","box":[x,y,width,height]}, with "target":N to learn target N anew */
  DSLT_LIVE_REMOVE = 1,  /* {"do":"remove","target":N} */
  DSLT_LIVE_CLEAR = 2,   /* {"do":"clear"}: remove all targets */
  DSLT_LIVE_PAUSE = 3,   /* {"do":"pause"} */
  DSLT_LIVE_PLAY = 4,    /* {"do":"play"} */
  DSLT_LIVE_STEP = 5,    /* {"do":"step"}: one frame, then pause */
  DSLT_LIVE_RESTART = 6, /* {"do":"restart"}: from the input's first frame, without targets */
  DSLT_LIVE_SET = 7,     /* {"do":"set","key":"...","value":"..."}: an option of the tracker */
  DSLT_LIVE_RECORD = 8,  /* {"do":"record","on":true}: frames go into the video that the command line names */
  DSLT_LIVE_PACE = 9,    /* {"do":"pace","on":true}: a file at its own rate; false: as fast as it goes */
  DSLT_LIVE_QUIT = 10,   /* {"do":"quit"}: end the program */
  DSLT_LIVE_ACTIONS = 11 /* how many there are */
} dslt_live_action;

typedef struct dslt_live_message {
  dslt_live_action action;
  int target;   /* number of the target, from 1; 0 = none given */
  dslt_box box; /* px; finite, width and height > 0 */
  int on;
  char key[DSLT_LIVE_WORD], value[DSLT_LIVE_WORD];
} dslt_live_message;

/* Read `size` bytes of JSON; members that the action does not have are refused. DSLT_EFORMAT with a sentence for the page;
 * `out` is unchanged then. */
int dslt_live_message_parse(dslt_live_message *out, const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
