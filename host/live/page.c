/* SPDX-License-Identifier: Apache-2.0 */
/* page.c: the files of the page, host/live/page/, as bytes of the program. */
#include "live/page.h"

/* The assembler includes them, as it does the weights (nn/shipped.c). */
#define FILE_OF(name, file)                                                            \
  __asm__(                                                                             \
      ".section .rodata\n"                                                             \
      "dslt_live_" #name                                                               \
      ":\n"                                                                            \
      ".incbin \"" DSLT_LIVE_FOLDER "/" file                                           \
      "\"\n"                                                                           \
      "dslt_live_" #name                                                               \
      "_end:\n"                                                                        \
      ".byte 0\n"                                                                      \
      ".previous\n");                                                                  \
  extern const unsigned char dslt_live_##name[] __attribute__((visibility("hidden"))), \
      dslt_live_##name##_end[] __attribute__((visibility("hidden")))

FILE_OF(html, "live.html");
FILE_OF(css, "live.css");
FILE_OF(js, "live.js");
FILE_OF(icon, "icon.svg");

static void give(dslt_live_file *out, const char *type, const unsigned char *begin,
                 const unsigned char *end) {
  *out = (dslt_live_file){type, begin, (size_t)(end - begin)};
}

int dslt_live_page_file(dslt_live_file *out, dslt_live_place place) {
  switch (place) {
    case DSLT_LIVE_PAGE: give(out, "text/html; charset=utf-8", dslt_live_html, dslt_live_html_end); return 1;
    case DSLT_LIVE_STYLE: give(out, "text/css; charset=utf-8", dslt_live_css, dslt_live_css_end); return 1;
    case DSLT_LIVE_SCRIPT:
      give(out, "text/javascript; charset=utf-8", dslt_live_js, dslt_live_js_end);
      return 1;
    case DSLT_LIVE_ICON: give(out, "image/svg+xml", dslt_live_icon, dslt_live_icon_end); return 1;
    default: return 0;
  }
}
