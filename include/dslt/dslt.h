/* SPDX-License-Identifier: Apache-2.0 */
/* dslt.h: follow one object through a video, on a GPU or on a CPU.
 *
 * The tracker is DSLT, "Deep Regression Tracking with Shrinkage Loss" (ECCV 2018). Give it the first frame
 * and one box, then frame after frame; it answers with the box of the same object.
 *
 *     dslt_options options;
 *     dslt_options_init(&options, "default");
 *     dslt_weights_load(&weights, "slim");
 *     dslt_tracker_create(&tracker, &options, weights);
 *     dslt_tracker_init(tracker, &first_frame, &box);
 *     while (next_frame(&frame)) dslt_tracker_update(&result, tracker, &frame);
 *     dslt_tracker_free(tracker);
 *     dslt_weights_free(weights);
 *
 * Rules that hold for every function:
 * - It returns DSLT_OK (0) or a negative code of DSLT_ERROR_MAP unless its comment says otherwise. After a
 *   failure dslt_last_error() holds a sentence with what to do; what the out-parameter points to is
 *   unchanged.
 * - Out-parameters come first. A pointer-to-pointer out-parameter hands over an object that the caller frees
 *   with the matching `_free`, which accepts NULL.
 * - The library never prints, never exits and keeps no global state. Objects of two threads never touch;
 *   one object belongs to one thread at a time. Weights are read-only after loading and may be shared.
 * - fork(): OpenMP's threads do not come along. After the parent has tracked on the CPU with more than one thread,
 *   trackers that the child makes run with one (in a thread that the child starts: with all), and those of the
 *   parent give DSLT_ESTATE there. CUDA does not survive fork() at all: fork first, or start new processes
 *   (Python: multiprocessing's "spawn").
 * - Boxes are 0-based and continuous: x and y of the top-left corner, width and height, in pixels of the
 *   frame; pixel (0, 0) covers [0, 1) x [0, 1).
 */
#ifndef DSLT_DSLT_H
#define DSLT_DSLT_H

#include <stddef.h>
#include <stdint.h>

#if defined(DSLT_STATIC)
#define DSLT_API
#elif defined(__GNUC__)
#define DSLT_API __attribute__((visibility("default")))
#else
#define DSLT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version ------------------------------------------------------------------------------------- */

#define DSLT_VERSION_MAJOR 0
#define DSLT_VERSION_MINOR 1
#define DSLT_VERSION_PATCH 0

/* The version of the library at run time, "0.1.0". Static storage. */
DSLT_API const char *dslt_version(void);

/* ---- errors -------------------------------------------------------------------------------------- */

/* One table: XX(name, number, text). DSLT_E<name> is -number. */
#define DSLT_ERROR_MAP(XX)                              \
  XX(ARGUMENT, 1, "invalid argument")                   \
  XX(OPTION, 2, "unknown option or value out of range") \
  XX(MEMORY, 3, "out of memory")                        \
  XX(IO, 4, "file cannot be read or written")           \
  XX(FORMAT, 5, "file is malformed")                    \
  XX(WEIGHTS, 6, "weights do not fit the network")      \
  XX(FRAME, 7, "frame cannot be used")                  \
  XX(BOX, 8, "box cannot be tracked")                   \
  XX(STATE, 9, "call out of order")                     \
  XX(BACKEND, 10, "backend is not available")           \
  XX(DEVICE, 11, "device failed")                       \
  XX(DEVICE_MEMORY, 12, "device is out of memory")      \
  XX(DISPLAY, 13, "no display")                         \
  XX(UNSUPPORTED, 14, "not supported by this build")    \
  XX(INTERNAL, 15, "internal error")

enum {
  DSLT_OK = 0,
#define DSLT_XX(name, number, text) DSLT_E##name = -(number),
  DSLT_ERROR_MAP(DSLT_XX)
#undef DSLT_XX
};

/* The code's name, "DSLT_EIO", or "DSLT_E?" for an unknown number. Static storage. */
DSLT_API const char *dslt_error_name(int code);
/* The code's short text from the table. Static storage. */
DSLT_API const char *dslt_error_text(int code);
/* This thread's last failure as a full sentence; "" before the first one. Valid until the next failure in the
 * same thread. */
DSLT_API const char *dslt_last_error(void);

/* ---- boxes and frames ---------------------------------------------------------------------------- */

/* 0-based, continuous, pixels of the frame. */
typedef struct dslt_box {
  double x, y;          /* top-left corner */
  double width, height; /* > 0 */
} dslt_box;

typedef enum dslt_pixel_format {
  DSLT_BGR8 = 0,   /* 3 bytes a pixel, blue first (OpenCV's order) */
  DSLT_RGB8 = 1,   /* 3 bytes a pixel, red first */
  DSLT_GRAY8 = 2,  /* 1 byte; replicated to three channels */
  DSLT_BGRA8 = 3,  /* 4 bytes; alpha is ignored */
  DSLT_RGBA8 = 4,  /* 4 bytes; alpha is ignored */
  DSLT_GRAY16 = 5, /* 2 bytes, native order, 0..65535; the high byte is used */
  DSLT_BGR16 = 6   /* 6 bytes, native order, 0..65535; the high bytes are used */
} dslt_pixel_format;

/* A borrowed frame: the library reads it during the call and keeps no pointer (a prefetch does: see there).
 */
typedef struct dslt_image {
  const void *data;  /* first pixel of the top row */
  int width, height; /* pixels, 1..16384 each */
  size_t stride;     /* bytes from one row to the next, at least width * bytes per pixel */
  dslt_pixel_format format;
} dslt_image;

/* ---- options ------------------------------------------------------------------------------------- */

typedef enum dslt_loss {
  DSLT_LOSS_SHRINKAGE = 0,          /* exp(y) l^2 / (1 + exp(a (c - l))), paper eq. 6 and 7 */
  DSLT_LOSS_L2 = 1,                 /* l^2, paper eq. 3 */
  DSLT_LOSS_L3 = 2,                 /* l^3, paper eq. 4 with gamma = 1 */
  DSLT_LOSS_OHNM = 3,               /* l^2 where l >= ohnm_threshold, else 0; paper section 5.3 */
  DSLT_LOSS_SHRINKAGE_RELEASED = 4, /* the released program's weight and one-signed gradient */
  DSLT_LOSS_TRUNCATED = 5           /* (exp(alpha y) T(p - y))^2, CRT */
} dslt_loss;

typedef enum dslt_layer { DSLT_CONV3_3 = 3, DSLT_CONV4_3 = 4, DSLT_CONV5_3 = 5 } dslt_layer;

typedef enum dslt_subcell {
  DSLT_SUBCELL_NONE = 0,      /* the strongest cell */
  DSLT_SUBCELL_QUADRATIC = 1, /* a parabola through the strongest cell and its neighbours, in x and in y */
  DSLT_SUBCELL_BICUBIC = 2,   /* the maximum of the response enlarged bicubically to the search area */
  DSLT_SUBCELL_GAUSSIAN = 3 /* the prior chooses the peak; a Gaussian through the response's own maximum there
                               and its neighbours gives the place */
} dslt_subcell;

typedef enum dslt_mapping {
  DSLT_MAPPING_RECEPTIVE = 0, /* a cell is the centre of its receptive window: exact */
  DSLT_MAPPING_STRETCH = 1 /* the response is stretched over the search area, as the released program does */
} dslt_mapping;

/* What does not learn on line is applied once: samples are then stored reduced, which takes less memory and
 * time. */
typedef enum dslt_reduction {
  DSLT_REDUCTION_FIXED = 0,  /* reductions and deconvolution stay as they were drawn */
  DSLT_REDUCTION_LEARNS = 1, /* they learn, on the first frame and on line */
  DSLT_REDUCTION_FIRST = 2   /* they learn on the first frame alone */
} dslt_reduction;

typedef enum dslt_precision {
  DSLT_PRECISION_F32 = 0,  /* float32 everywhere */
  DSLT_PRECISION_BF16 = 1, /* bfloat16 backbone with float32 sums; head and training stay float32, but on a
                              GPU the reductions' products take TF32 */
  DSLT_PRECISION_TF32 = 2, /* TF32 products in backbone and reductions on a GPU; float32 on a CPU */
  DSLT_PRECISION_AUTO = 3  /* bfloat16 where the device has it natively, else float32 */
} dslt_precision;

#define DSLT_OPTIONS_VERSION 3u
#define DSLT_NAME_MAX 16

/* Every number of the method. Start from dslt_options_init(), then change what you like; the names below are
 * also the keys of dslt_options_set() and of `dslt track --set key=value`. "Paper" means section 5.1 of the
 * paper unless an equation is named. Where the paper is silent, preset `paper` takes the released program's
 * value for search area, prior, scale and limits, and the plainest choice for training: Adam's own defaults,
 * no augmentation, one step a sample, no more steps once they stop helping. Defaults are given as paper /
 * released. */
typedef struct dslt_options {
  uint32_t version;           /* DSLT_OPTIONS_VERSION, set by dslt_options_init() */
  char preset[DSLT_NAME_MAX]; /* name the options started from; informative */

  /* machine */
  char backend[DSLT_NAME_MAX]; /* "auto", "cpu" or "cuda" */
  int precision;               /* dslt_precision of the backbone; f32 (preset default: auto) */
  int threads;       /* CPU threads, 0..1024; 0 = OpenMP's choice: the cores at hand, or OMP_NUM_THREADS */
  int64_t seed;      /* of the one generator behind every random draw; 1 */
  int deterministic; /* 1: the same run twice gives the same bytes; 0: on a GPU also convolutions that sum in
                        any order, where they are faster; CPU: the same either way; 1 */

  /* search area */
  double frame_scale_side;  /* a larger target is brought to this side, px; 80; 0 = keep the frame */
  double frame_scale_limit; /* ... when a side is longer than this, px, or the area exceeds
                               frame_scale_side^2; 160 */
  double search_width;      /* context left and right, times the target's width, grows with frame scale; 8 */
  double search_height;     /* context above and below, times the target's height, likewise; 4 */
  int search_square;        /* 1: a square of the same area instead; 0 */
  double search_min_area;   /* a smaller search area is enlarged to this, px^2; 40000 */
  double search_max_area;   /* a larger one is reduced to this, px^2; 0 = never; 0 */
  int search_max_side;      /* longest side of the network's input, px; 1024 */

  /* network (figure 2) */
  int low_layer;        /* dslt_layer of the base branch; conv4_3 */
  int high_layer;       /* dslt_layer of the residual branch, above low_layer; conv5_3 */
  int pool3;            /* keep the backbone's third pooling; 1 / 0 */
  int pool4;            /* keep the backbone's fourth pooling; 1 / 0 */
  int reduce_channels;  /* channels after reduction, 1..512; 128 */
  int reduce_kernel;    /* side of the reduction's kernel, 1 or 3; 1 / 3 */
  int train_reduction;  /* dslt_reduction, as text 0, 1 or first; 1 (preset default: first) */
  int fusion;           /* 1: first residual connection; 0: base sees the low layer alone (DSLT_m); 1 */
  double fuse_low;      /* weight of the reduced low layer in the sum; 1 / 0.8 */
  double fuse_high;     /* weight of the upsampled high layer in the sum; 1 / 0.2 */
  int residual;         /* 1: second residual connection, response = base + residual; 1 */
  int regress_max_side; /* longest side of the regression kernel, cells; 64 */
  double regress_sigma; /* deviation of the initial regression weights; 1e-7 */
  int regress_bias;     /* 1: the regressions have a trainable bias; 0 / 1 */
  double feature_scale; /* further factor on both taps, on top of the weight file's own; 1 */

  /* soft label */
  double label_sigma;     /* deviation of the Gaussian, times the target's size in cells; 0.1 / 0.08 */
  double label_min_sigma; /* ... but at least this many cells; 0 */
  int label_on_cell; /* 1: the crop is placed so that the target's centre falls on a cell; 0: between cells; 1
                        / 0 */
  int label_stretch; /* 1: stretched to [0, 1]; 0 / 1 */

  /* loss */
  int loss;                  /* dslt_loss; shrinkage / shrinkage_released */
  double shrink_a;           /* a: shrinkage speed, eq. 5; 10 */
  double shrink_c;           /* c: localisation of the shrinkage, eq. 5; 0.2 */
  double ohnm_threshold;     /* smallest |p - y| that OHNM keeps; 0.01 */
  double truncate_threshold; /* th of CRT's truncated loss; 0.1 */
  double released_alpha;     /* alpha of the released program's weight exp(alpha y) y; 1.6 */
  double truncate_alpha;     /* alpha of CRT's truncated loss; 1 */

  /* optimiser: Adam */
  double adam_beta1;   /* 0.9 / 0.6 */
  double adam_beta2;   /* 0.999 */
  double adam_epsilon; /* added after the root, outside the bias correction; 1e-8 */
  double weight_decay; /* lambda, eq. 1 and 7, added to the gradient; 0 / 5.1e-4 */
  double decay_high;   /* times this for the residual regression; 1 / 40 */
  double rate_bias;    /* learning rate of biases, times the branch's; 2 */
  int branch_rates;    /* 1: eta of the residual branch holds for its reduction and upsampling too; 0: for its
                          regression alone; 1 / 0 */

  /* first-frame training */
  double init_rate_low;    /* eta of the base branch (conv4_3); 2e-8 */
  double init_rate_high;   /* eta of the residual branch (conv5_3); 8e-7 */
  int init_steps;          /* at most this many steps, 1..100000; 100 */
  double init_stop_loss;   /* stop once the summed loss is below; 0 = never; 0 / 0.03 */
  double init_stop_change; /* stop once init_stop_window steps improve the loss by less than this share; 0 =
                              never; 0.001 / 0 */
  int init_stop_window;    /* how many steps are compared with as many before them; 10 */
  int augment;             /* 1: four Gaussian blurs and the mirror image; 0 / 1 */

  /* on-line update */
  int memory;              /* T: stored samples, the first frame's among them, 1..64; 7 */
  int update_interval;     /* update every n-th frame; 0 = never; 1 */
  int update_steps;        /* steps on each stored sample in turn; 1 / 2 */
  double online_rate_low;  /* eta of the base branch; 5e-9 / 1e-8 */
  double online_rate_high; /* eta of the residual branch; 2e-7 / 4e-7 */

  /* localisation */
  double motion_sigma;     /* deviation of the motion prior, times the target's size; 0 = none; 0.65 */
  double motion_min_sigma; /* ... but at least this many cells; 0.5 */
  int subcell;             /* dslt_subcell; quadratic / bicubic */
  int mapping;             /* dslt_mapping; receptive / stretch */

  /* scale pyramid */
  int scale_levels;  /* odd, 1..9; 3 */
  double scale_step; /* ratio of neighbouring levels, > 1; 1.03 */
  int scale_joint;   /* 1: all levels are searched around the last place at once and the best one gives place
                        and scale; 0: first the place, then all levels around the new place; 0 */
  double scale_gate; /* the pyramid is used only where the peak exceeds this; 0.35 */
  double scale_gate_ratio; /* ... and this share of its recent average; 0 */
  double scale_penalty;    /* factor on the score of every level but the middle one; 1 */
  double scale_rate; /* size = (1 - rate) old + rate new, new being the old size times the chosen level's
                        ratio; 0.6 */

  /* limits and loss of the target */
  double min_side;   /* smallest side of a box, px; 5 */
  double lost_ratio; /* lost when the peak falls below this share of its recent average; 0.25 */
  double lost_rate;  /* share of a new peak in that running average; 0.1 */
  int lost_grace;    /* nothing counts as lost in the first frames, this many; 0 */
  int lost_hold;     /* 1: while lost keep the box and skip the update; 0 */
} dslt_options;

/* Fill `out` with a preset: "default" (what we recommend), "paper" (the publication) or "released" (the
 * authors' program). */
DSLT_API int dslt_options_init(dslt_options *out, const char *preset);
/* Set one field from text, e.g. ("loss", "l2") or ("shrink_a", "10"). Enumerations take the lower-case names
 * that dslt_options_describe() lists. DSLT_EOPTION: unknown key (the nearest is named) or bad value. */
DSLT_API int dslt_options_set(dslt_options *options, const char *key, const char *value);
/* Write one field as text that dslt_options_set() accepts; `out` holds `size` bytes, 64 are always enough. */
DSLT_API int dslt_options_get(char *out, size_t size, const dslt_options *options, const char *key);
/* Check every field and their combinations; DSLT_EOPTION names the first offender and its range. */
DSLT_API int dslt_options_check(const dslt_options *options);

/* One row of the options table, for help texts. All strings are static. */
typedef struct dslt_option_info {
  const char *key;    /* "shrink_a" */
  const char *symbol; /* the paper's symbol or "" */
  const char *values; /* allowed values, "0..1" or "shrinkage|l2|l3|..." */
  const char *help;   /* one line */
} dslt_option_info;
/* Row `index` counted from 0; DSLT_EARGUMENT past the end. */
DSLT_API int dslt_options_describe(dslt_option_info *out, int index);

/* ---- backends ------------------------------------------------------------------------------------ */

typedef struct dslt_backend_info {
  const char *name;  /* "cpu", "cuda"; static storage */
  int compiled;      /* 1 when this build contains it */
  int available;     /* 1 when it can run here and now */
  int bf16;          /* 1 when a bfloat16 backbone runs natively */
  char device[128];  /* the device in words, or why there is none */
  char library[128]; /* vendor libraries and their versions */
} dslt_backend_info;
/* Describe backend number `index` counted from 0; DSLT_EARGUMENT past the end. Never fails for want of a
 * device: that is what `available` says. */
DSLT_API int dslt_backend_query(dslt_backend_info *out, int index);

/* ---- weights ------------------------------------------------------------------------------------- */

/* The backbone's weights. Read-only, so many trackers and threads may share
 * one; it must outlive them. */
typedef struct dslt_weights dslt_weights;

/* Load what `name` says: "slim", the backbone inside the library (weights/slim.safetensors: VGG-16's
 * topology, narrower, made by weights/distill); "random:ARCH[:SEED]", as dslt_weights_random() makes them,
 * seed 1 unless given, for timing and tests; anything else names a safetensors file, which is mapped:
 * VGG-16's topology with any channel widths, torchvision's names (features.0.weight) or Caffe's
 * (conv1_1.weight), F32, F16 or BF16. DSLT_EIO, DSLT_EFORMAT, DSLT_EWEIGHTS, DSLT_EMEMORY; DSLT_EARGUMENT: no
 * such arch. */
DSLT_API int dslt_weights_load(dslt_weights **out, const char *name);
/* He-initialised random weights in memory. `arch`: "vgg16" (64, 128, 256, 512, 512 channels) or "vgg16/N"
 * (each width divided by N: 2, 4, 8, 16). The same arch and seed give the same values on every machine. */
DSLT_API int dslt_weights_random(dslt_weights **out, const char *arch, uint64_t seed);
DSLT_API void dslt_weights_free(dslt_weights *weights);

/* ---- tracker ------------------------------------------------------------------------------------- */

typedef struct dslt_tracker dslt_tracker;

typedef enum dslt_stage {
  DSLT_STAGE_CROP = 0,     /* crop, resize, normalise */
  DSLT_STAGE_BACKBONE = 1, /* VGG-16 up to the taps */
  DSLT_STAGE_HEAD = 2,     /* reduction, fusion, regression: the response maps */
  DSLT_STAGE_LOCATE = 3,   /* motion prior, maximum, scale choice */
  DSLT_STAGE_STORE = 4,    /* into the sample store */
  DSLT_STAGE_UPDATE = 5,   /* forward, loss, backward, Adam over the stored samples */
  DSLT_STAGE_COUNT = 6
} dslt_stage;

typedef struct dslt_result {
  dslt_box box;    /* the target in this frame */
  double peak;     /* the response at the chosen place, about 1 on a well-learnt target */
  int lost;        /* 1 when the peak fell below lost_ratio times its recent average */
  int scale_level; /* chosen level of the pyramid, 0 = same size, -1 = smaller ... */
  int steps;       /* training steps done in this call */
  double loss;     /* loss of the last training step, summed over the response map; 0 without a step */
  double stage_ms[DSLT_STAGE_COUNT]; /* wall time of each stage, milliseconds */
} dslt_result;

/* Make a tracker. `options` is copied (NULL: preset "default"); `weights` is borrowed and must outlive the
 * tracker. Memory that depends on the target's shape is planned by dslt_tracker_init(). */
DSLT_API int dslt_tracker_create(dslt_tracker **out, const dslt_options *options, dslt_weights *weights);
/* Learn the target: `box` on `frame`. May be called again to start over on another target or video. The
 * box must overlap the frame with at least one pixel of area and be finite (DSLT_EBOX). */
DSLT_API int dslt_tracker_init(dslt_tracker *tracker, const dslt_image *frame, const dslt_box *box);
/* What first-frame training did: steps, last loss, times of the stages. DSLT_ESTATE before an init. */
DSLT_API int dslt_tracker_init_result(dslt_result *out, const dslt_tracker *tracker);
/* Track into the next frame. Frames must keep the first one's size (DSLT_EFRAME otherwise, the tracker stays
 * usable). DSLT_ESTATE before dslt_tracker_init(). */
DSLT_API int dslt_tracker_update(dslt_result *out, dslt_tracker *tracker, const dslt_image *frame);
DSLT_API void dslt_tracker_free(dslt_tracker *tracker);

/* The last response map, for drawing and debugging. */
typedef struct dslt_response {
  const float
      *data; /* height x width, row-major; about 0..1; owned by the tracker, valid until its next call */
  int width, height; /* cells */
  dslt_box window;   /* where the map lies in the frame: its cells tile this box */
} dslt_response;
/* DSLT_ESTATE before the first dslt_tracker_update(). */
DSLT_API int dslt_tracker_response(dslt_response *out, dslt_tracker *tracker);

/* The loss of each first-frame step, in order. `*count` values, owned by the tracker, valid until its next
 * init. */
DSLT_API int dslt_tracker_init_losses(const float **out, int *count, const dslt_tracker *tracker);

/* Name of the backend the tracker runs on: "cpu" or "cuda"; "" for NULL. Static storage. */
DSLT_API const char *dslt_tracker_backend(const dslt_tracker *tracker);
/* Arithmetic of its backbone, which option precision=auto leaves to the device: "f32", "bf16" or "tf32"; ""
 * for NULL. Static storage. */
DSLT_API const char *dslt_tracker_precision(const dslt_tracker *tracker);
/* Why backend "auto" does without a GPU although this build could use one: a sentence, else "". Owned by the
 * tracker. */
DSLT_API const char *dslt_tracker_note(const dslt_tracker *tracker);

/* Announce the frame behind the next one, so that a GPU's backend brings it over while the next one is
 * tracked:
 *
 *     while (have) {
 *       have_next = next_frame(&next);
 *       if (have_next) dslt_tracker_prefetch(tracker, &next);
 *       dslt_tracker_update(&result, tracker, &frame);
 *       frame = next, have = have_next;
 *     }
 *
 * Its pixels must stay readable and unchanged until the second update from here returns, the one that takes
 * it or another frame in its place; a new init or _free ends that earlier. This is a hint and changes no
 * result: of two announcements the later one counts, and on the CPU nothing is brought anywhere. DSLT_EFRAME
 * as for dslt_tracker_update(), DSLT_ESTATE before dslt_tracker_init(). */
DSLT_API int dslt_tracker_prefetch(dslt_tracker *tracker, const dslt_image *frame);

/* ---- several targets in one video ---------------------------------------------------------------- */

/* Targets that are followed together: they share the frame, the backend, one copy of the weights and the
 * memory that only a running calculation needs, and on a GPU those of one input size go through the backbone
 * as one batch. What is learnt of a target is its own: each gets the box that a tracker of its own would
 * find (on the CPU to the last bit). */
typedef struct dslt_group dslt_group;

#define DSLT_GROUP_TARGETS 64 /* of a group, at most */

/* Make a group. `options` is copied (NULL: preset "default") and holds for every target; `weights` is
 * borrowed and must outlive the group. Errors as dslt_tracker_create(). */
DSLT_API int dslt_group_create(dslt_group **out, const dslt_options *options, dslt_weights *weights);
/* Learn `count` targets (1..DSLT_GROUP_TARGETS): boxes[0..count-1] on `frame`, target number i being
 * boxes[i]. All or none: DSLT_EARGUMENT, DSLT_EFRAME and DSLT_EBOX, which says which box cannot be tracked
 * ("Box 2 of 3" is boxes[1]), leave the targets learnt before; any other error leaves the group without
 * targets. May be called again to start over. */
DSLT_API int dslt_group_init(dslt_group *group, const dslt_image *frame, const dslt_box *boxes, int count);
/* How many targets the group follows; 0 before an init, after one that left none, and for NULL. */
DSLT_API int dslt_group_count(const dslt_group *group);
/* What first-frame training of target number `target` did. DSLT_ESTATE before an init, DSLT_EARGUMENT where
 * there is no such target. */
DSLT_API int dslt_group_init_result(dslt_result *out, const dslt_group *group, int target);
/* Track all targets into the next frame: results[i] is target number i's, room for dslt_group_count() of
 * them, all unchanged after a failure. The time of a stage that several targets shared is shared out evenly
 * among them, so that their sum is the frame's. Frames must keep the first one's size (DSLT_EFRAME otherwise,
 * the group stays usable). DSLT_ESTATE before dslt_group_init(). */
DSLT_API int dslt_group_update(dslt_result *results, dslt_group *group, const dslt_image *frame);
/* As dslt_tracker_prefetch(), for all targets at once. */
DSLT_API int dslt_group_prefetch(dslt_group *group, const dslt_image *frame);
/* The last response map of target number `target`; its data is owned by the group and valid until the group's
 * next init or update. DSLT_ESTATE before the first dslt_group_update(), DSLT_EARGUMENT where there is no
 * such target. */
DSLT_API int dslt_group_response(dslt_response *out, dslt_group *group, int target);
/* As dslt_tracker_backend(), dslt_tracker_precision() and dslt_tracker_note(). */
DSLT_API const char *dslt_group_backend(const dslt_group *group);
DSLT_API const char *dslt_group_precision(const dslt_group *group);
DSLT_API const char *dslt_group_note(const dslt_group *group);
/* NULL does nothing. */
DSLT_API void dslt_group_free(dslt_group *group);

#ifdef __cplusplus
}
#endif

#endif
