/* SPDX-License-Identifier: Apache-2.0 */
/* variants.h: the runs that the paper's ablations need (section 5.3), and the paper's numbers for them. */
#ifndef DSLT_EXPERIMENT_VARIANTS_H
#define DSLT_EXPERIMENT_VARIANTS_H

#include "dslt/dslt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DSLT_VARIANTS = 7 };

typedef struct dslt_variant {
  const char *name; /* as in the paper's figure 10; also its folder's name */
  const char *what; /* what it changes, as text */
  int losses;       /* 1: part of the comparison of losses */
  int layers;       /* 1: part of the comparison of layers; DSLT is in both */
  struct {
    const char *key, *value;
  } settings[3]; /* against DSLT; key NULL behind the last */
  /* From the paper's text, OTB-2015, one pass; NaN where it prints none. */
  double paper_precision, paper_auc;
  /* The same for a table, per cent: "87.0", "DSLT - 0.3", "-". */
  const char *paper_precision_words, *paper_auc_words;
} dslt_variant;

/* Number `index` counted from 0; NULL past the end. DSLT itself is number 0. Static storage. */
const dslt_variant *dslt_variant_at(int index);
/* Check that `options` are DSLT's: shrinkage loss, both layers fused, conv4_3 and conv5_3. DSLT_EOPTION names
 * what is not. */
int dslt_variant_check_base(const dslt_options *options);
/* Change `options` into the variant's. DSLT_EOPTION when the result does not fit together. */
int dslt_variant_apply(dslt_options *options, const dslt_variant *variant);
/* Which numbers the paper gives for them; a few sentences. Static storage. */
const char *dslt_variants_paper_note(void);

#ifdef __cplusplus
}
#endif

#endif
