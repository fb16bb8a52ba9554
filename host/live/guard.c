/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c: judges requests by their heads. */
#include "live/guard.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/error.h"
#include "live/message.h"

typedef struct place_row {
  const char *path;
  dslt_live_place place;
} place_row;

static const place_row places[] = {
    {"/", DSLT_LIVE_PAGE},           {"/live.css", DSLT_LIVE_STYLE}, {"/live.js", DSLT_LIVE_SCRIPT},
    {"/icon.svg", DSLT_LIVE_ICON},   {"/frame", DSLT_LIVE_FRAME},    {"/options", DSLT_LIVE_OPTIONS},
    {"/command", DSLT_LIVE_COMMAND}, {"/boxes.csv", DSLT_LIVE_CSV},  {"/boxes.jsonl", DSLT_LIVE_JSONL},
};

static dslt_live_place find_place(const char *path) {
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (strcmp(places[i].path, path) == 0) return places[i].place;
  return DSLT_LIVE_NOWHERE;
}

/* The path behind "/TOKEN", NULL where that is not in front. The time does not tell how much of a token was right. */
static const char *behind_token(const char *path, const char *token) {
  if (!token[0]) return path;
  if (strlen(path) < DSLT_LIVE_TOKEN + 2 || path[0] != '/' || path[DSLT_LIVE_TOKEN + 1] != '/') return NULL;
  unsigned difference = 0;
  for (int i = 0; i < DSLT_LIVE_TOKEN; i++) difference |= (unsigned)(path[1 + i] ^ token[i]);
  return difference ? NULL : path + DSLT_LIVE_TOKEN + 1;
}

/* Bytes of the name in "name:port" or "[address]:port". */
static size_t name_length(const char *host) {
  const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
  if (end && *end == ']') end++;
  return end ? (size_t)(end - host) : strlen(host);
}

/* A name of this machine, with any port: a tunnel by SSH has another. */
static int is_local_name(const char *host) {
  static const char *const names[] = {"localhost", "[::1]"};
  const size_t length = name_length(host);
  char address[INET_ADDRSTRLEN];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == length && strncasecmp(names[i], host, length) == 0) return 1;
  if (length >= sizeof address) return 0;
  memcpy(address, host, length);
  address[length] = '\0';
  return dslt_live_is_loopback(address) == 1;
}

/* Is "http://HOST" or "https://HOST" the page's own origin? */
static int is_own_origin(const char *origin, const char *host) {
  static const char *const schemes[] = {"http://", "https://"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    const size_t length = strlen(schemes[i]);
    if (strncasecmp(origin, schemes[i], length) == 0) return strcasecmp(origin + length, host) == 0;
  }
  return 0;
}

static void refuse(dslt_live_verdict *out, int status, const char *why) {
  *out = (dslt_live_verdict){status, why, DSLT_LIVE_NOWHERE};
}

/* 1: from the page itself, from the address bar, or from no browser. A link on another page may open the page. */
static int comes_from_here(const dslt_live_request *r, dslt_live_place place) {
  if (r->origin && !is_own_origin(r->origin, r->host)) return 0;
  if (!r->site || strcasecmp(r->site, "same-origin") == 0 || strcasecmp(r->site, "none") == 0) return 1;
  return place == DSLT_LIVE_PAGE && r->mode && strcasecmp(r->mode, "navigate") == 0;
}

static void judge_message(dslt_live_verdict *out, const dslt_live_request *r) {
  static const char json[] = "application/json";
  if (!r->type || strncasecmp(r->type, json, sizeof json - 1) != 0 ||
      (r->type[sizeof json - 1] && r->type[sizeof json - 1] != ';'))
    refuse(out, 415, "Messages are application/json.");
  else if (r->length < 0)
    refuse(out, 411, "A message needs a Content-Length.");
  else if (r->length > DSLT_LIVE_MESSAGE_BYTES)
    refuse(out, 413, "The message is too long.");
}

void dslt_live_judge(dslt_live_verdict *out, const dslt_live_guard *guard, const dslt_live_request *r) {
  const char *path = r->path ? behind_token(r->path, guard->token) : NULL;
  const dslt_live_place place = path ? find_place(path) : DSLT_LIVE_NOWHERE;
  const int message = place == DSLT_LIVE_COMMAND;
  *out = (dslt_live_verdict){200, "", place};
  if (!r->host)
    refuse(out, 403, "The request names no host.");
  else if (guard->loopback && !is_local_name(r->host))
    refuse(out, 403, "Only localhost, 127.0.0.1 and [::1] are names of this page.");
  else if (!path)
    refuse(out, 403, "Give the whole address that dslt live printed, with its token.");
  else if (!comes_from_here(r, place))
    refuse(out, 403, "Another page asks, which may not.");
  else if (place == DSLT_LIVE_NOWHERE)
    refuse(out, 404, "There is nothing here.");
  else if (!r->method || strcmp(r->method, message ? "POST" : "GET") != 0)
    refuse(out, 405, message ? "Messages come by POST." : "This is to be read by GET.");
  else if (message)
    judge_message(out, r);
}

int dslt_live_token(char out[DSLT_LIVE_TOKEN + 1]) {
  uint8_t bytes[DSLT_LIVE_TOKEN / 2];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return dslt_fail(DSLT_EIO, "The system gave no random numbers for the address' token.");
  for (size_t i = 0; i < sizeof bytes; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
  return DSLT_OK;
}

int dslt_live_is_loopback(const char *address) {
  struct in_addr four;
  struct in6_addr six;
  if (inet_pton(AF_INET, address, &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  if (inet_pton(AF_INET6, address, &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six) != 0;
  return -1;
}
