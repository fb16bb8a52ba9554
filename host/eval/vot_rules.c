/* SPDX-License-Identifier: Apache-2.0 */
/* vot_rules.c: the rules of VOT-2015 to VOT-2019, which differ in the interval of EAO. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "eval/vot.h"

static const char *const convention_names[] = {"matlab", "python"};

int dslt_vot_convention_parse(dslt_vot_convention *out, const char *name) {
  for (int i = 0; name && i < (int)(sizeof convention_names / sizeof *convention_names); i++) {
    if (strcmp(name, convention_names[i]) == 0) {
      *out = (dslt_vot_convention)i;
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EOPTION, "Unknown VOT convention \"%s\": choose matlab or python.", name ? name : "");
}

const char *dslt_vot_convention_name(dslt_vot_convention convention) { return convention_names[convention]; }

static void fill(dslt_vot_rules *out, dslt_vot_convention convention, int low, int high) {
  /* The Python toolkit takes the published lengths as indices of an array that starts at length 1. */
  const int shift = convention == DSLT_VOT_PYTHON;
  *out = (dslt_vot_rules){.convention = convention,
                          .repetitions = 15,
                          .skip = 5,
                          .burn_in = 10,
                          .no_reset_burn_in = convention == DSLT_VOT_PYTHON ? 10 : 0,
                          .failure_overlap = 0,
                          .eao_low = low + shift,
                          .eao_high = high + shift,
                          .sensitivity = 30};
}

void dslt_vot_rules_init(dslt_vot_rules *out, dslt_vot_convention convention) {
  fill(out, convention, 108, 371);
}

int dslt_vot_rules_year(dslt_vot_rules *out, dslt_vot_convention convention, const char *year) {
  static const struct {
    const char *name;
    int low, high;
  } years[] = {{"VOT2015", 108, 371},
               {"VOT2016", 108, 371},
               {"VOT2017", 100, 356},
               {"VOT2018", 100, 356},
               {"VOT2019", 46, 291}};
  for (size_t i = 0; year && i < sizeof years / sizeof *years; i++) {
    if (strcmp(year, years[i].name) == 0) {
      fill(out, convention, years[i].low, years[i].high);
      return DSLT_OK;
    }
  }
  return dslt_fail(DSLT_EOPTION,
                   "No supervised rules for \"%s\": choose VOT2015, VOT2016, VOT2017, VOT2018 or VOT2019.",
                   year ? year : "");
}
