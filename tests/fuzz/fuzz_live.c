/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer entry for what may come to the page's server of dslt live: the first byte picks messages or request heads, without and
 * with a token. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dslt/dslt.h"
#include "live/guard.h"
#include "live/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
  if (!truth) abort();
}

static void fuzz_message(const char *text, size_t size) {
  dslt_live_message m;
  const int rc = dslt_live_message_parse(&m, text, size);
  if (rc < 0) {
    require(rc == DSLT_EFORMAT && dslt_last_error()[0]);
    return;
  }
  require(m.action < DSLT_LIVE_ACTIONS && m.target >= 0);
  require(memchr(m.key, '\0', sizeof m.key) && memchr(m.value, '\0', sizeof m.value));
  if (m.action == DSLT_LIVE_BOX)
    require(m.box.width > 0 && m.box.height > 0 && isfinite(m.box.x) && isfinite(m.box.y) &&
            isfinite(m.box.width) && isfinite(m.box.height));
  require(m.target > 0 || m.action != DSLT_LIVE_REMOVE);
}

/* The next line, as a string in its own place; NULL where it is empty or there is none. */
static char *next_line(char **at) {
  char *line = *at, *end = line ? strchr(line, '\n') : NULL;
  *at = end ? end + 1 : NULL;
  if (end) *end = '\0';
  return line && line[0] ? line : NULL;
}

static void fuzz_head(char *text, const char *token) {
  dslt_live_guard guard = {.loopback = !token[0]};
  dslt_live_request r = {0};
  dslt_live_verdict verdict;
  strcpy(guard.token, token);
  r.method = next_line(&text);
  r.path = next_line(&text);
  r.host = next_line(&text);
  r.origin = next_line(&text);
  r.site = next_line(&text);
  r.mode = next_line(&text);
  r.type = next_line(&text);
  const char *length = next_line(&text);
  r.length = length ? strtoll(length, NULL, 10) : -1;
  dslt_live_judge(&verdict, &guard, &r);
  require(verdict.why && (verdict.status == 200) == (verdict.why[0] == '\0'));
  require((verdict.status == 200) == (verdict.place != DSLT_LIVE_NOWHERE) &&
          verdict.place < DSLT_LIVE_PLACES);
  if (verdict.status != 200) return;
  require(r.host && r.path && r.method);
  require(!token[0] || strncmp(r.path + 1, token, DSLT_LIVE_TOKEN) == 0);
  require(verdict.place != DSLT_LIVE_COMMAND || (r.length >= 0 && r.length <= DSLT_LIVE_MESSAGE_BYTES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  char *text = malloc(size); /* the first byte's place is the zero at the end */
  if (!text) return 0;
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  switch (data[0] % 3) {
    case 0: fuzz_message(text, size - 1); break;
    case 1: fuzz_head(text, ""); break;
    default: fuzz_head(text, "0123456789abcdef0123456789abcdef");
  }
  free(text);
  return 0;
}
