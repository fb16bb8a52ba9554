# SPDX-License-Identifier: Apache-2.0
"""The mutants: one wrong sign, bound, index, missing write or comparison that lets NaN through, each in one place.

`old` must occur exactly once in `file`; where the code moves, the entry moves with it (tests/mutation/mutate.py --check).
`tests` are (program, GoogleTest filter) in the order in which they run: those of the room, not all that might notice.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    tests: tuple[tuple[str, str], ...]


OPE = (("dslt_test_eval", "Convention*:Ope*:ScoresMean*:Got10k*:Tre*:Sre*"), ("dslt_test_dataset", "Ope*"))
PROGRAM = (("dslt_test_eval", "ProgramEval*"),)
VOT = (("dslt_test_eval", "Vot*-VotToolkit*"),)
DATASET = (("dslt_test_dataset", "*"),)
LOSS = (("dslt_test_backend", "Loss*"),)
ADAM = (("dslt_test_backend", "Adam*"),)
LOCATE = (("dslt_test_backend", "*Locate*:ChooseScale*"),)
MATCHING = (("dslt_test_nn", "Matching.*"),)
TEMPLATE = (("dslt_test_backend", "Following.*"),)
FLOW = (("dslt_test_backend", "FrameGraph*"),)
FIRST_SIGHT = (("dslt_test_tracker", "FirstSight*"),)
SAVE = (("dslt_test_tracker", "*Save*:Refusal*"),)
CROP = (("dslt_test_backend", "Crop*:Frame*:Augment*"),)
OPS = (("dslt_test_backend", "*Regress*:*Upsample*:*Conv*"),)
BACKBONE = (("dslt_test_backend", "Backbone.*"),)
HEAD = (("dslt_test_nn", "*Head*"),)
GEOMETRY = (("dslt_test_trackers", "Geometry*:SoftLabel*:State*:SampleRing*"),)
TRACKER = (("dslt_test_trackers", "DsltLearn*:Tally*"), ("dslt_test_api", "TrackerTest*Response*:TrackerTest*FirstFrame*"))


def kernel(name: str) -> tuple[tuple[str, str], ...]:
    """The kernel's tests in the harness, its threads in two orders."""
    return (("dslt_test_kernels", f"*{name}Kernel.*HarnessForward*:*{name}Kernel.*HarnessShuffled*"),)



MUTANTS = [
    # ---- host/eval: scores ----
    Mutant("overlap_pixel_inclusive", "host/eval/convention.c", "right - fmax(a->x, b->x) + 1",
           "right - fmax(a->x, b->x)", OPE),
    Mutant("success_threshold_from_above", "host/eval/convention.c", "1 - (20 - bin) * 0.05", "1 - (19 - bin) * 0.05", OPE),
    Mutant("nan_error_is_a_hit", "host/eval/convention.c", "isnan(error) ? INFINITY : error", "isnan(error) ? 0 : error",
           OPE),
    Mutant("pysot_centre_bound", "host/eval/convention.c", "if (centre_x(truth) > 0 && centre_y(truth) > 0)",
           "if (centre_x(truth) >= 0 && centre_y(truth) >= 0)", OPE),
    Mutant("norm_error_axis", "host/eval/convention.c", "centre_y(result) / height - centre_y(truth) / height",
           "centre_y(result) / width - centre_y(truth) / width", OPE),
    Mutant("success_strictness", "host/eval/ope.c", "frame->overlap > rules->success_threshold(i)",
           "frame->overlap >= rules->success_threshold(i)", OPE),
    Mutant("precision_strictness", "host/eval/ope.c", "frame->error <= i;", "frame->error < i;", OPE),
    Mutant("norm_precision_strictness", "host/eval/ope.c", "frame->norm_error <= rules->norm_precision_threshold(i)",
           "frame->norm_error < rules->norm_precision_threshold(i)", OPE),
    Mutant("precision_index", "host/eval/ope.c", "ope->precision20 = ope->precision_count[20] / scored",
           "ope->precision20 = ope->precision_count[19] / scored", OPE),
    Mutant("first_row_is_repaired", "host/eval/ope.c", "if (i > 0 && needs_repair(", "if (needs_repair(", OPE),
    Mutant("negative_height_is_accepted", "host/eval/ope.c", "|| results[i].width < 0 || results[i].height < 0)",
           "|| results[i].width < 0)", OPE),
    Mutant("got10k_threshold", "host/eval/got10k.c", "got.count75 += overlap > 0.75", "got.count75 += overlap >= 0.75", OPE),
    Mutant("got10k_clip", "host/eval/got10k.c", "clip(box.height, 0, scene->height - box.y)",
           "clip(box.height, 0, scene->height)", OPE),
    Mutant("mean_counts_dropped_curves", "host/eval/scores.c", "if (drop_zero && !(mean_of(curve, bins) > 0)) continue;\n"
           "    used++;", "used++;\n    if (drop_zero && !(mean_of(curve, bins) > 0)) continue;", OPE),
    Mutant("sre_left_edge", "host/eval/tre_sre.c", "if (box.x < 1) box.x = 1;", "if (box.x < 0) box.x = 1;", OPE),
    Mutant("sre_right_edge", "host/eval/tre_sre.c", "box.width = width - box.x + 1;", "box.width = width - box.x;", OPE),
    Mutant("tre_omitted_bound", "host/eval/tre_sre.c", "frame <= omitted[i].last", "frame < omitted[i].last", OPE),
    Mutant("two_results_of_one_run", "host/eval/evaluate_cell.c", "if (files[i].run == files[i - 1].run)",
           "if (files[i].run < files[i - 1].run)", PROGRAM),
    Mutant("invalid_error_is_kept", "host/eval/evaluate_cell.c",
           "frames[i].counted && frames[i].valid && isfinite(frames[i].error) ? frames[i].error : NAN",
           "frames[i].counted && isfinite(frames[i].error) ? frames[i].error : NAN", PROGRAM),
    # ---- host/eval: VOT ----
    Mutant("vot_burn_in", "host/eval/vot_measures.c", "if (i < fresh_until || !dslt_vot_is_region(one->kinds[i])) continue;",
           "if (i <= fresh_until || !dslt_vot_is_region(one->kinds[i])) continue;", VOT),
    Mutant("vot_eao_upper_bound", "host/eval/vot_measures.c", "i + 1 > rules->eao_high", "i + 1 >= rules->eao_high", VOT),
    Mutant("vot_curve_mean", "host/eval/vot_measures.c", "weight * (i > 0 ? sum / i : 1)", "weight * (i > 0 ? sum / (i + 1) : 1)",
           VOT),
    Mutant("vot_failure_at_zero", "host/eval/vot_supervised.c", "overlap <= session->rules.failure_overlap",
           "overlap < session->rules.failure_overlap", VOT),
    Mutant("vot_ties", "host/eval/vot_rank.c", "ties / 24", "ties / 12", VOT),
    Mutant("vot_continuity", "host/eval/vot_rank.c", "off < 0 ? -0.5 : 0;", "0;", VOT),
    Mutant("vot_too_few_frames", "host/eval/vot_rank.c", "return used < TOO_FEW &&", "return used <= TOO_FEW &&", VOT),
    Mutant("vot_nan_pair", "host/eval/vot_rank.c", "if (isnan(x[i]) || isnan(y[i])) continue;", "if (isnan(x[i])) continue;",
           VOT),
    Mutant("vot_overlap_last_pair", "host/eval/vot_overlap.c", "if (at[i] == at[i + 1] && i < count - 2)",
           "if (at[i] == at[i + 1] && i < count - 1)", VOT),
    Mutant("vot_run_starts_twice", "host/eval/vot_runs.c", "if (kind == DSLT_VOT_INIT) running = 1;", "", VOT),
    # ---- host/dataset ----
    Mutant("polygon_corner", "host/dataset/box_parse.c", "next_y = next[1]", "next_y = next[0]", DATASET),
    Mutant("box_number_bound", "host/dataset/box_parse.c", "!(fabs(values[count]) <= max_coordinate)",
           "!(values[count] <= max_coordinate)", DATASET),
    Mutant("published_rows", "host/dataset/dataset_truth.c", "out->start = fact->first - 1 + fact->omit;",
           "out->start = fact->first + fact->omit;", DATASET),
    Mutant("nan_box_is_whole", "host/dataset/dataset_truth.c",
           "return isnan(box->x) || isnan(box->y) || isnan(box->width) || isnan(box->height);", "return isnan(box->x);", DATASET),
    # ---- host/math ----
    Mutant("loss_ohnm_bound", "host/math/loss.h", "if (l >= spec->ohnm)", "if (l > spec->ohnm)", LOSS),
    Mutant("adam_epsilon", "host/math/adam.h", "(sqrtf(*v) + rule->epsilon)", "sqrtf(*v + rule->epsilon)", ADAM),
    Mutant("parabola_nan", "host/math/locate.h", "if (!(curvature < 0.0f)) return 0.0f;", "if (curvature >= 0.0f) return 0.0f;",
           LOCATE),
    Mutant("nan_peak_is_believed", "host/math/locate.h", "peak->response > 0.0f && peak->response < 1e30f;",
           "!(peak->response <= 0.0f) && !(peak->response >= 1e30f);", LOCATE),
    Mutant("lost_bound", "host/math/locate.h", "state->score < g->lost.ratio * mean", "state->score <= g->lost.ratio * mean",
           LOCATE),
    Mutant("scale_gate_bound", "host/math/locate.h", "peak >= g->scale.gate_ratio * mean", "peak > g->scale.gate_ratio * mean",
           LOCATE),
    Mutant("cubic_weight", "host/math/resample.h", "w[3] = a * (t2 - t3);", "w[3] = a * (t3 - t2);", LOCATE),
    Mutant("match_lost_bound", "host/math/match.h", "m->score >= (away ? g->found : g->lost);",
           "m->score > (away ? g->found : g->lost);", LOCATE),
    Mutant("seek_step", "host/math/seek.h", "(late / period - 1) % tiles + 1", "late / period % tiles + 1", LOCATE),
    Mutant("seek_without_rest", "host/math/seek.h", "late < 1 || was_away ||", "late < 1 ||", LOCATE),
    Mutant("doubt_in_the_mean", "host/math/match.h", "state->score < (double)g->doubt * state->mean_score",
           "state->score < (double)g->doubt", LOCATE),
    Mutant("match_nan_is_believed", "host/math/match.h", "int usable = m->score >= 0.0f && m->score <= 1.0f &&",
           "int usable = !(m->score < 0.0f) && !(m->score > 1.0f) &&", LOCATE),
    Mutant("match_centre", "host/math/match.h", "m.y = cy + 0.5f * (d[3] - d[1]);", "m.y = cy + 0.5f * (d[3] + d[1]);", LOCATE),
    Mutant("match_shape", "host/math/match.h", "return v < 1.0f ? 1.0f / v : v;", "return v;", LOCATE),
    Mutant("match_template_size", "host/nn/matching.c", "1.0f / sqrtf((float)shape->map[DSLT_MATCHING_NECK].channels)",
           "1.0f / (float)shape->map[DSLT_MATCHING_NECK].channels", MATCHING),
    Mutant("template_learns_while_doubted", "host/math/template.h", "!state->lost && state->missed == 0 &&", "!state->lost &&",
           TEMPLATE),
    Mutant("template_share_reversed", "host/math/template.h", "(1.0f - share) * first + share * *mean",
           "share * first + (1.0f - share) * *mean", TEMPLATE),
    Mutant("matching_head_is_too_wide", "host/nn/matching.c", "map->c == channels && map->h == side && map->w == side;",
           "map->c == channels && map->h == side;", MATCHING),
    Mutant("training_goes_on_after_infinity", "host/math/early_stopping.h", "t->failed = !(loss - loss == 0.0f);",
           "t->failed = loss != loss;", FLOW),
    Mutant("convergence_window", "host/math/early_stopping.h", "steps < 2 * rule->window", "steps <= 2 * rule->window", FLOW),
    # ---- host/backend/cpu ----
    Mutant("match_last_of_equals", "host/backend/cpu/locate_match.c", "if (rank > highest)", "if (rank >= highest)", LOCATE),
    Mutant("crop_rows_by_column", "host/backend/cpu/crop.c", "(float)(state->cy + state->look_y)",
           "(float)(state->cx + state->look_y)", CROP),
    Mutant("mirror_axis", "host/backend/cpu/augment.c", "2 * axis - 1 - x", "2 * axis - x", CROP),
    Mutant("regression_adds_to_what_was_there", "host/backend/cpu/regress.c",
           "    memset(row, 0, (size_t)columns * sizeof *row);\n", "", OPS),
    Mutant("upsampling_adds_to_what_was_there", "host/backend/cpu/upsample.c",
           "for (int i = begin; i < c; ++i) out[i] = 0.0f;", "", OPS),
    Mutant("filter_gradient_adds_to_what_was_there", "host/backend/cpu/upsample.c",
           "for (int i = begin; i < end; ++i) d_w[(size_t)tap * (size_t)c + (size_t)i] = 0.0f;", "{}", OPS),
    Mutant("nan_cell_wins", "host/backend/cpu/locate.c", "if (score > best)\n", "if (!(score <= best))\n", LOCATE),
    Mutant("nan_pixel_wins", "host/backend/cpu/locate.c", "if (score > peak.score) peak", "if (!(score <= peak.score)) peak",
           LOCATE),
    Mutant("noise_counts_as_seen", "host/tracker/first_sight.c", "s->channels) < plain_below * noise) return 0;",
           "s->channels) < noise) return 0;", FIRST_SIGHT),
    Mutant("half_cells_are_not_tried", "host/tracker/first_sight.c", "half < 4", "half < 1", FIRST_SIGHT),
    # ---- saved trackers ----
    Mutant("moments_are_not_saved", "host/nn/head.c", "!is_regression(which) ? 1 : 3;", "!is_regression(which) ? 1 : 1;", SAVE),
    Mutant("frozen_weights_are_not_saved", "host/nn/head.c", "!is_regression(which) ? 1 : 3;", "!is_regression(which) ? 0 : 3;", SAVE),
    Mutant("step_count_is_not_saved", "host/nn/head.c",
           'return dslt_archive_memory(a, "head steps", head->backend, head->step, sizeof *head->step);', "return DSLT_OK;", SAVE),
    Mutant("labels_are_not_saved", "host/tracker/samples.c",
           'return dslt_archive_memory(a, "labels", backend, s->label, slots * s->label_values * sizeof(float));',
           "return DSLT_OK;", SAVE),
    Mutant("altered_state_is_taken", "host/base/archive.c", "get64(bytes + AT_CHECKSUM) != checksum_of(bytes, size)", "0", SAVE),
    Mutant("nan_passes_as_saved_number", "host/base/archive.c", "return value >= f->low && value <= f->high",
           "return !(value < f->low) && !(value > f->high)", SAVE),
    Mutant("frames_twice_are_taken", "host/dataset/dataset_frames.c", "  if (entry->twins)\n", "  if (0)\n", DATASET),
    Mutant("learns_while_lost", "host/math/decision.h", " && !(state->lost && policy->hold) &&", " &&", FLOW),
    Mutant("sample_store_overfull", "host/math/sample_ring.h", "ring->count < ring->capacity ? ring->count + 1",
           "ring->count <= ring->capacity ? ring->count + 1", FLOW),
    Mutant("first_sample_is_replaced", "host/math/sample_ring.h", "(ring->rolling ? 0 : 1)",
           "0", FLOW),
    Mutant("stage_times_add_up", "host/backend/cpu/frame_graph.c", "  memset(graph->stage_ms, 0, sizeof graph->stage_ms);\n", "",
           FLOW),
    Mutant("adam_step_count", "host/backend/cpu/elementwise.c", "  *step = dslt_step_after(*step);\n  float correction",
           "  float correction", ADAM),
    Mutant("frame_rows_packed", "host/backend/cpu/frame.c", "src + image->stride * (size_t)y", "src + stride * (size_t)y",
           (("dslt_test_api", "TrackerTest.*Pixel*"), *CROP)),
    # ---- host/nn ----
    Mutant("fuse_low_is_forgotten", "host/nn/head.c", "if (s->fusion && fuse_low != 1.0f)",
           "if (s->fusion && fuse_low > 1.0f)", HEAD),
    Mutant("merged_taps_weigh_twice", "host/nn/head_plan.c", "p->branch[0].fuse = 1.0f", "p->branch[0].fuse = s->tap[0].fuse", HEAD),
    Mutant("middle_taps_are_left_out", "host/nn/head.c", "for (int t = 1; t < dslt_head_coarsest(s); ++t)", "for (int t = 1; t < 0; ++t)",
           HEAD),
    Mutant("residual_decay", "host/nn/head.c", "(i == DSLT_HEAD_RESIDUAL ? rates->decay_high : 1.0f)",
           "(i == DSLT_HEAD_BASE ? rates->decay_high : 1.0f)", HEAD),
    Mutant("bias_rate", "host/nn/head.c", "(i ? rates->high : rates->low)", "(i ? rates->low : rates->high)", HEAD),
    Mutant("frozen_reductions_move", "host/nn/head.c", "(head->frozen && !is_regression(i))",
           "(head->frozen && i && !is_regression(i))", HEAD),
    Mutant("optimiser_keeps_its_step", "host/nn/head.c", "return head->backend->device->clear(head->backend, head->step, sizeof *head->step);",
           "return DSLT_OK;", HEAD),
    Mutant("tap_scale_is_kept", "host/nn/backbone.c", "index > 0 ? on_output / c->scale[index - 1] : on_output",
           "on_output", BACKBONE),
    # ---- host/tracker ----
    Mutant("window_height", "host/tracker/search_area.c", "-a->stride * ((double)a->centre_y + 0.5)",
           "-a->stride * ((double)a->centre_x + 0.5)", GEOMETRY),
    Mutant("largest_scale", "host/trackers/dslt/search.c", "at_most(frame_width / box->width, frame_height / box->height)",
           "at_least(frame_width / box->width, frame_height / box->height)", GEOMETRY),
    Mutant("label_sigma_height", "host/trackers/dslt/search.c", "cells_y = a->target_height / (a->ratio_y * a->stride)",
           "cells_y = a->target_width / (a->ratio_y * a->stride)", GEOMETRY),
    Mutant("learns_from_one_slot_less", "host/math/decision.h", "d->update ? dslt_ring_count_after(ring) : ring->count",
           "ring->count", (("dslt_test_trackers", "DsltLearn*"),)),
    Mutant("optimiser_is_not_reset", "host/trackers/dslt/learn.c", "return dslt_head_reset_optimiser(own->head);", "return DSLT_OK;",
           TRACKER),
    Mutant("last_slot_is_not_learnt", "host/trackers/dslt/learn.c", "for (int slot = 0; slot < o->memory; ++slot)",
           "for (int slot = 0; slot < o->memory - 1; ++slot)", TRACKER),
    Mutant("scale_level_offset", "host/trackers/dslt/frame.c", "out->scale_level = level - middle;", "out->scale_level = level;", TRACKER),
    Mutant("old_response_is_returned", "host/tracker/target.c", "  t->response_fetched = 0;\n", "", TRACKER),
    # ---- kernels, as the CPU harness runs them ----
    Mutant("kernel_ticket", "kernels/regress.cu", "a.kh * (int)gridDim.y", "a.kh * (int)gridDim.y - 1", kernel("Regress")),
    Mutant("kernel_last_column", "kernels/regress_backward.cu", "if (first + t < a.w) dslt_store(", "if (first + t <= a.w) dslt_store(",
           kernel("Regress")),
    Mutant("kernel_step_is_counted_too_early", "kernels/regress_backward.cu", "!came_last(learn.ticket, tiles)", "!came_last(learn.ticket, 1)",
           kernel("Regress")),
    Mutant("kernel_takes_the_next_tap", "kernels/take_taps.cu", "(size_t)tap.pitch + channel", "(size_t)tap.channels + channel",
           kernel("Network")),
    Mutant("kernel_reads_the_decision_late", "kernels/decide.cu", "  __syncthreads(); /* all have read the decision */\n", "",
           kernel("Samples")),
    Mutant("kernel_blends_too_early", "kernels/crop_tile.h", "    __syncthreads(); /* the samples before are made */\n", "", kernel("Crop")),
    Mutant("kernel_nan_wins", "kernels/locate.cu", "if (score > mine.score) { /* false for NaN */",
           "if (!(score <= mine.score)) {", kernel("Locate")),
    Mutant("kernel_match_nan_wins", "kernels/locate_match.cu", "if (rank > mine.score) { /* false for NaN */",
           "if (!(rank <= mine.score)) {", kernel("LocateMatch")),
    Mutant("kernel_store_of_one_slot", "kernels/store_sample.cu", "if (ring->capacity < 2) return;",
           "if (ring->capacity < 1) return;", kernel("Samples")),
    Mutant("kernel_fused_sum", "kernels/upsample.cu", "fuse_low * other.v[v] + fuse_high * sum.v[v]",
           "fuse_low * other.v[v] + sum.v[v]", kernel("Upsample")),
]
