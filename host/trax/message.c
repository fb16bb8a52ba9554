/* SPDX-License-Identifier: Apache-2.0 */
/* message.c: reads and writes one line of the TraX protocol. */
#include "trax/message.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"

enum { PREFIX = sizeof DSLT_TRAX_PREFIX - 1, LONGEST_TYPE = 16 };

static const char *const type_names[] = {"hello", "initialize", "frame", "state", "quit"};

const char *dslt_trax_type_name(dslt_trax_type type) { return type_names[type]; }

int dslt_trax_is_message(const char *line, size_t size) {
  return size >= PREFIX && memcmp(line, DSLT_TRAX_PREFIX, PREFIX) == 0;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static int is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int is_key(const char *text, size_t length) {
  if (length == 0 || length > DSLT_TRAX_LONGEST_KEY) return 0;
  for (size_t i = 0; i < length; i++)
    if (!is_alphanumeric(text[i]) && text[i] != '.' && text[i] != '_') return 0;
  return 1;
}

static int find_type(dslt_trax_type *out, const char *name, size_t length) {
  for (int i = 0; i < (int)(sizeof type_names / sizeof *type_names); i++) {
    if (strlen(type_names[i]) != length || strncasecmp(type_names[i], name, length) != 0) continue;
    *out = (dslt_trax_type)i;
    return DSLT_OK;
  }
  if (length == 6 && strncasecmp(name, "status", length) == 0) {
    *out = DSLT_TRAX_STATE;
    return DSLT_OK;
  }
  return dslt_fail(DSLT_EFORMAT, "TraX has no message of type \"%.*s\".",
                   (int)(length < LONGEST_TYPE ? length : LONGEST_TYPE), name);
}

static int malformed(const dslt_trax_message *m, const char *what) {
  return dslt_fail(DSLT_EFORMAT, "The TraX message %s %s.", type_names[m->type], what);
}

/* The argument that begins at *at, as a string in its own place. *at moves behind it and the blank after it. */
static int take_argument(char **out, char **at, char *end, const dslt_trax_message *m) {
  char *from = *at;
  const int quoted = *from == '"';
  if (quoted) from++;
  char *to = *out = from;
  for (; from < end && *from != (quoted ? '"' : ' '); from++) {
    if (*from != '\\') {
      *to++ = *from;
      continue;
    }
    if (++from == end) return malformed(m, "ends within an escape");
    *to++ = *from == 'n' ? '\n' : *from;
  }
  if (quoted && from == end) return malformed(m, "lacks a closing quote");
  if (quoted && from + 1 < end && from[1] != ' ')
    return malformed(m, "holds text right behind a closing quote");
  *at = from + quoted < end ? from + quoted + 1 : end;
  *to = '\0';
  return DSLT_OK;
}

static int add(dslt_trax_message *m, char *text) {
  char *equals = strchr(text, '=');
  if (!equals || !is_key(text, (size_t)(equals - text))) {
    if (m->arguments == DSLT_TRAX_MOST_ARGUMENTS) return malformed(m, "holds more than 8 arguments");
    m->argument[m->arguments++] = text;
    return DSLT_OK;
  }
  if (m->properties == DSLT_TRAX_MOST_PROPERTIES) return malformed(m, "holds more than 32 properties");
  *equals = '\0';
  m->property[m->properties++] = (dslt_trax_property){text, equals + 1};
  return DSLT_OK;
}

int dslt_trax_parse(dslt_trax_message *out, char *line, size_t size) {
  dslt_trax_message m = {.type = DSLT_TRAX_QUIT};
  if (!dslt_trax_is_message(line, size))
    return dslt_fail(DSLT_EFORMAT, "A TraX message begins with " DSLT_TRAX_PREFIX ".");
  char *at = line + PREFIX, *end = line + size;
  char *type = at;
  while (at < end && is_alphanumeric(*at)) at++;
  DSLT_TRY(find_type(&m.type, type, (size_t)(at - type)));
  if (at < end && *at != ' ') return malformed(&m, "holds text right behind its type");
  if (memchr(line, '\0', size)) return malformed(&m, "holds a zero byte");
  *end = '\0';
  for (;;) {
    char *text;
    while (at < end && *at == ' ') at++;
    if (at == end) break;
    DSLT_TRY(take_argument(&text, &at, end, &m));
    DSLT_TRY(add(&m, text));
  }
  *out = m;
  return DSLT_OK;
}

const char *dslt_trax_property_of(const dslt_trax_message *message, const char *key) {
  for (int i = message->properties - 1; i >= 0; i--)
    if (strcmp(message->property[i].key, key) == 0) return message->property[i].value;
  return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static void write_escaped(FILE *stream, const char *text) {
  for (; *text; text++) {
    if (*text == '"' || *text == '\\' || *text == '\n') fputc('\\', stream);
    fputc(*text == '\n' ? 'n' : *text, stream);
  }
}

void dslt_trax_write(FILE *stream, const dslt_trax_message *message) {
  fprintf(stream, DSLT_TRAX_PREFIX "%s", type_names[message->type]);
  for (int i = 0; i < message->arguments; i++) {
    fputs(" \"", stream);
    write_escaped(stream, message->argument[i]);
    fputc('"', stream);
  }
  for (int i = 0; i < message->properties; i++) {
    fprintf(stream, " \"%s=", message->property[i].key);
    write_escaped(stream, message->property[i].value);
    fputc('"', stream);
  }
  fputc('\n', stream);
}
