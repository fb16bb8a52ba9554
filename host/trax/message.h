/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: the lines of the TraX protocol (Visual Tracking eXchange, what VOT's toolkit speaks with trackers):
 * "@@TRAX:type argument ... key=value ...", arguments in quotes where they hold blanks, with \", \\ and \n as
 * escapes. */
#ifndef DSLT_TRAX_MESSAGE_H
#define DSLT_TRAX_MESSAGE_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DSLT_TRAX_PREFIX "@@TRAX:"

enum { DSLT_TRAX_MOST_ARGUMENTS = 8, DSLT_TRAX_MOST_PROPERTIES = 32, DSLT_TRAX_LONGEST_KEY = 64 };

typedef enum dslt_trax_type {
  DSLT_TRAX_HELLO = 0,
  DSLT_TRAX_INITIALIZE = 1,
  DSLT_TRAX_FRAME = 2,
  DSLT_TRAX_STATE = 3, /* "status" is read as the same */
  DSLT_TRAX_QUIT = 4
} dslt_trax_type;

typedef struct dslt_trax_property {
  char *key; /* letters, digits, dots and underscores, at most DSLT_TRAX_LONGEST_KEY */
  char *value;
} dslt_trax_property;

/* Strings are borrowed. */
typedef struct dslt_trax_message {
  dslt_trax_type type;
  int arguments;
  char *argument[DSLT_TRAX_MOST_ARGUMENTS];
  int properties;
  dslt_trax_property property[DSLT_TRAX_MOST_PROPERTIES];
} dslt_trax_message;

/* The type's name, "frame". Static storage. */
const char *dslt_trax_type_name(dslt_trax_type type);

/* Does the text begin as a message does? */
int dslt_trax_is_message(const char *line, size_t size);

/* Read one line without its end. The text is changed (escapes are replaced, strings ended by a zero), and the
 * strings of `out` lie in it; line[size] must be writable too. What has the form of a property is one, also where
 * an argument is meant, as in the protocol's own library. DSLT_EFORMAT. */
int dslt_trax_parse(dslt_trax_message *out, char *line, size_t size);

/* The value of the last property of this name, or NULL. */
const char *dslt_trax_property_of(const dslt_trax_message *message, const char *key);

/* Write the line with its end. Errors show in the stream. */
void dslt_trax_write(FILE *stream, const dslt_trax_message *message);

#ifdef __cplusplus
}
#endif

#endif
