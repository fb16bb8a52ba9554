/* SPDX-License-Identifier: Apache-2.0 */
/** @file dslt.h
 * Follow one object through a video, on a GPU or on a CPU.
 *
 * The tracker is DSLT, "Deep Regression Tracking with Shrinkage Loss" (ECCV 2018). Give it the first frame
 * and one box, then frame after frame; it answers with the box of the same object.
 *
 *     dslt_options_create(&options, "default");
 *     dslt_weights_load(&weights, "slim");
 *     dslt_tracker_create(&tracker, options, weights);
 *     dslt_tracker_init(tracker, &first_frame, &box);
 *     while (next_frame(&frame)) dslt_tracker_update(&result, tracker, &frame);
 *     dslt_tracker_free(tracker);
 *     dslt_weights_free(weights);
 *     dslt_options_free(options);
 *
 * Rules that hold for every function:
 * - It returns DSLT_OK (0) or a negative code of DSLT_ERROR_MAP unless its comment says otherwise. After a
 *   failure dslt_last_error() holds a sentence with what to do; what the out-parameter points to is
 *   unchanged.
 * - Out-parameters come first. A pointer-to-pointer out-parameter hands over an object that the caller frees
 *   with the matching `_free`, which accepts NULL.
 * - The library never prints, never exits and keeps no global state. Objects of different threads share nothing;
 *   one object belongs to one thread at a time. Weights are read-only after loading and may be shared.
 * - fork(): OpenMP's threads do not exist in the child. After the parent has tracked on the CPU with more than one thread,
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

/** The version of this header. */
#define DSLT_VERSION_MAJOR 0
#define DSLT_VERSION_MINOR 2 /**< raised when the interface changes, before 1.0 */
#define DSLT_VERSION_PATCH 0 /**< raised otherwise */

/** The version of the library at run time, "0.2.0". Static storage. */
DSLT_API const char *dslt_version(void);

/* ---- errors -------------------------------------------------------------------------------------- */

/** One table: XX(name, number, text). DSLT_Ename is -number. */
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

/** The code's name, "DSLT_EIO", or "DSLT_E?" for an unknown number. Static storage. */
DSLT_API const char *dslt_error_name(int code);
/** The code's short text from the table. Static storage. */
DSLT_API const char *dslt_error_text(int code);
/** This thread's last failure as a full sentence; "" before the first one. Valid until the next failure in
 * the same thread. */
DSLT_API const char *dslt_last_error(void);

/* ---- boxes and frames ---------------------------------------------------------------------------- */

/** 0-based, continuous, pixels of the frame. */
typedef struct dslt_box {
  double x;      /**< left edge */
  double y;      /**< top edge */
  double width;  /**< > 0 */
  double height; /**< > 0 */
} dslt_box;

/** How the pixels of a frame lie in memory. */
typedef enum dslt_pixel_format {
  DSLT_BGR8 = 0,   /**< 3 bytes a pixel, blue first (OpenCV's order) */
  DSLT_RGB8 = 1,   /**< 3 bytes a pixel, red first */
  DSLT_GRAY8 = 2,  /**< 1 byte; replicated to three channels */
  DSLT_BGRA8 = 3,  /**< 4 bytes; alpha is ignored */
  DSLT_RGBA8 = 4,  /**< 4 bytes; alpha is ignored */
  DSLT_GRAY16 = 5, /**< 2 bytes, native order, 0..65535; the high byte is used */
  DSLT_BGR16 = 6   /**< 6 bytes, native order, 0..65535; the high bytes are used */
} dslt_pixel_format;

/** A borrowed frame: the library reads it during the call and keeps no pointer, except for
 * dslt_tracker_prefetch(). */
typedef struct dslt_image {
  const void *data;         /**< first pixel of the top row */
  int width;                /**< pixels, 1..16384 */
  int height;               /**< pixels, 1..16384 */
  size_t stride;            /**< bytes from one row to the next, at least width * bytes per pixel */
  dslt_pixel_format format; /**< what a pixel holds */
} dslt_image;

/* ---- options ------------------------------------------------------------------------------------- */

/** Every number of a tracker: which tracker, its preset, and what was changed since. Numbers are set and read
 * as text, under the keys that dslt_options_describe() lists and `dslt track --list-options` prints. */
typedef struct dslt_options dslt_options;

/** Make options from a preset: "default" (what we recommend), "paper" (the publication), "released" (the
 * authors' program), or any other that dslt_preset_describe() lists. The preset decides which tracker the
 * options belong to. Free the result with dslt_options_free(). DSLT_EARGUMENT, DSLT_EOPTION: no such preset;
 * DSLT_EMEMORY. */
DSLT_API int dslt_options_create(dslt_options **out, const char *preset);
/** An independent copy; free it with dslt_options_free(). DSLT_EARGUMENT, DSLT_EMEMORY. */
DSLT_API int dslt_options_clone(dslt_options **out, const dslt_options *options);
/** Free options; NULL does nothing. Trackers made with them keep their own copy. */
DSLT_API void dslt_options_free(dslt_options *options);

/** Set one option from text, for example ("loss", "l2") or ("shrink_a", "10"). Numbers are decimal with a
 * dot, whatever the locale; enumerations take the lower-case names that dslt_options_describe() lists.
 * DSLT_EOPTION: unknown key (the nearest one is named) or a value outside the key's range; nothing is changed
 * then. */
DSLT_API int dslt_options_set(dslt_options *options, const char *key, const char *value);
/** Write one option as text that dslt_options_set() accepts; `out` holds `size` bytes, of which 64 are always
 * enough. DSLT_EOPTION: unknown key; DSLT_EARGUMENT: too few bytes. */
DSLT_API int dslt_options_get(char *out, size_t size, const dslt_options *options, const char *key);
/** Read an option that holds a whole number. DSLT_EOPTION: unknown key, or the option holds something
 * else. */
DSLT_API int dslt_options_get_integer(int64_t *out, const dslt_options *options, const char *key);
/** Check whether the options fit together. DSLT_EOPTION names the first one that does not, and what it
 * takes. */
DSLT_API int dslt_options_check(const dslt_options *options);

/** Name of the preset that the options started from; "" for NULL. Static storage. */
DSLT_API const char *dslt_options_preset(const dslt_options *options);
/** Name of the tracker that the options belong to, "dslt"; "" for NULL. Static storage. */
DSLT_API const char *dslt_options_tracker(const dslt_options *options);

/** One row of a table of options, for help texts. All strings have static storage. */
typedef struct dslt_option_info {
  const char *key;     /**< "shrink_a" */
  const char *symbol;  /**< the paper's symbol or "" */
  const char *values;  /**< allowed values, "0..1" or "shrinkage|l2|l3|..." */
  const char *help;    /**< one line */
  const char *tracker; /**< its tracker, "dslt"; "" for options of all trackers */
} dslt_option_info;
/** Describe row `index`, counted from 0, of these options' table: first what all trackers have, then the
 * tracker's own. DSLT_EARGUMENT past the end. */
DSLT_API int dslt_options_describe(dslt_option_info *out, const dslt_options *options, int index);

/** One preset. All strings have static storage. */
typedef struct dslt_preset_info {
  const char *name;    /**< "paper" */
  const char *tracker; /**< the tracker that it sets up, "dslt" */
  const char *summary; /**< one line */
} dslt_preset_info;
/** Describe preset `index`, counted from 0 over all trackers. DSLT_EARGUMENT past the end. */
DSLT_API int dslt_preset_describe(dslt_preset_info *out, int index);

/* ---- backends ------------------------------------------------------------------------------------ */

/** One backend and what it can do on this machine. */
typedef struct dslt_backend_info {
  const char *name;  /**< "cpu", "cuda"; static storage */
  int compiled;      /**< 1 when this build contains it */
  int available;     /**< 1 when it can run here and now */
  int bf16;          /**< 1 when a bfloat16 backbone runs natively */
  char device[128];  /**< the device in words, or why there is none */
  char library[128]; /**< vendor libraries and their versions */
} dslt_backend_info;
/** Describe backend number `index` counted from 0; DSLT_EARGUMENT past the end. A missing device is not an
 * error: then `available` is 0. */
DSLT_API int dslt_backend_query(dslt_backend_info *out, int index);

/* ---- weights ------------------------------------------------------------------------------------- */

/** The backbone's weights. Read-only, so many trackers and threads may share
 * one object; it must outlive them. */
typedef struct dslt_weights dslt_weights;

/** Load what `name` says: "slim", the backbone inside the library (weights/slim.safetensors: VGG-16's
 * topology, narrower, made by weights/distill); "random:ARCH[:SEED]", as dslt_weights_random() makes them,
 * seed 1 unless given, for timing and tests; anything else names a safetensors file, which is mapped:
 * VGG-16's topology with any channel widths, torchvision's names (features.0.weight) or Caffe's
 * (conv1_1.weight), F32, F16 or BF16; or any network that `dslt weights convert` wrote; a name that ends in
 * .onnx is an ONNX model (in builds with libonnx). After a network's name, settings that its file lacks can
 * be given: "model.onnx?taps=LOW,HIGH&mean=A,B,C&deviation=A,B,C&channel_order=bgr&scales=A,B". DSLT_EIO,
 * DSLT_EFORMAT, DSLT_EWEIGHTS, DSLT_EMEMORY; DSLT_EARGUMENT: no such arch. */
DSLT_API int dslt_weights_load(dslt_weights **out, const char *name);
/** He-initialised random weights in memory. `arch`: "vgg16" (64, 128, 256, 512, 512 channels) or "vgg16/N"
 * (each width divided by N: 2, 4, 8, 16). The same arch and seed give the same values on every machine. */
DSLT_API int dslt_weights_random(dslt_weights **out, const char *arch, uint64_t seed);
/** Free weights; NULL does nothing. No tracker may use them any more. */
DSLT_API void dslt_weights_free(dslt_weights *weights);

/* ---- tracker ------------------------------------------------------------------------------------- */

/** Follows one target. Belongs to one thread at a time. */
typedef struct dslt_tracker dslt_tracker;

/** The stages whose time is measured. */
typedef enum dslt_stage {
  DSLT_STAGE_CROP = 0,     /**< crop, resize, normalise */
  DSLT_STAGE_BACKBONE = 1, /**< VGG-16 up to the taps */
  DSLT_STAGE_HEAD = 2,     /**< reduction, fusion, regression: the response maps */
  DSLT_STAGE_LOCATE = 3,   /**< motion prior, maximum, scale choice */
  DSLT_STAGE_STORE = 4,    /**< into the sample store */
  DSLT_STAGE_UPDATE = 5,   /**< forward, loss, backward, Adam over the stored samples */
  DSLT_STAGE_COUNT = 6
} dslt_stage;

/** The result of one frame. */
typedef struct dslt_result {
  dslt_box box;    /**< the target in this frame */
  double peak;     /**< the response at the chosen place, about 1 on a well-learnt target */
  int lost;        /**< 1 when the peak fell below lost_ratio times its recent average */
  int found;       /**< 1: found again in this frame, after it was lost in the one before */
  int scale_level; /**< chosen level of the pyramid, 0 = same size, -1 = smaller ... */
  int steps;       /**< training steps done in this call */
  double loss;     /**< loss of the last training step, summed over the response map; 0 without a step */
  double stage_ms[DSLT_STAGE_COUNT]; /**< wall time of each stage, milliseconds */
} dslt_result;

/** Make a tracker. `options` is copied (NULL: preset "default"); `weights` is borrowed and must outlive the
 * tracker. Memory that depends on the target's shape is planned by dslt_tracker_init(). */
DSLT_API int dslt_tracker_create(dslt_tracker **out, const dslt_options *options, dslt_weights *weights);
/** Learn the target: `box` on `frame`. May be called again to start over on another target or video. The
 * box must overlap the frame with at least one pixel of area and be finite (DSLT_EBOX). */
DSLT_API int dslt_tracker_init(dslt_tracker *tracker, const dslt_image *frame, const dslt_box *box);
/** What first-frame training did: steps, last loss, times of the stages. `lost` 1: the frame has one colour
 * in the box and around it, nothing could be learnt, and updates give the same box, lost. DSLT_ESTATE before
 * an init. */
DSLT_API int dslt_tracker_init_result(dslt_result *out, const dslt_tracker *tracker);
/** Track into the next frame. Frames must keep the first one's size (DSLT_EFRAME otherwise, the tracker stays
 * usable). DSLT_ESTATE before dslt_tracker_init(). */
DSLT_API int dslt_tracker_update(dslt_result *out, dslt_tracker *tracker, const dslt_image *frame);
/** Free a tracker; NULL does nothing. */
DSLT_API void dslt_tracker_free(dslt_tracker *tracker);

/** The last response map, for drawing and debugging. */
typedef struct dslt_response {
  const float *data; /**< height x width, row-major, about 0..1; valid until the tracker's next call */
  int width;         /**< cells */
  int height;        /**< cells */
  dslt_box window;   /**< where the map lies in the frame: its cells tile this box */
} dslt_response;
/** Get the last response map. DSLT_ESTATE before the first dslt_tracker_update(). */
DSLT_API int dslt_tracker_response(dslt_response *out, dslt_tracker *tracker);

/** The loss of each first-frame step, in order. `*count` values, owned by the tracker, valid until its next
 * init. */
DSLT_API int dslt_tracker_init_losses(const float **out, int *count, const dslt_tracker *tracker);

/** Name of the backend the tracker runs on: "cpu" or "cuda"; "" for NULL. Static storage. */
DSLT_API const char *dslt_tracker_backend(const dslt_tracker *tracker);
/** Arithmetic of its backbone, which option precision=auto leaves to the device: "f32", "bf16" or "tf32"; ""
 * for NULL. Static storage. */
DSLT_API const char *dslt_tracker_precision(const dslt_tracker *tracker);
/** A sentence on why backend "auto" uses no GPU although this build supports one, else "". Owned by the
 * tracker. */
DSLT_API const char *dslt_tracker_note(const dslt_tracker *tracker);

/** Announce the frame after the next one, so that a GPU backend uploads it while the next one is tracked:
 *
 *     while (have) {
 *       have_next = next_frame(&next);
 *       if (have_next) dslt_tracker_prefetch(tracker, &next);
 *       dslt_tracker_update(&result, tracker, &frame);
 *       frame = next, have = have_next;
 *     }
 *
 * Its pixels must stay readable and unchanged until the second dslt_tracker_update() from here has returned,
 * or until dslt_tracker_init() or dslt_tracker_free(). This is a hint and changes no result: a second
 * announcement replaces the first, another frame than the announced one may follow, and on the CPU nothing is
 * done. DSLT_EFRAME as for dslt_tracker_update(), DSLT_ESTATE before dslt_tracker_init(). */
DSLT_API int dslt_tracker_prefetch(dslt_tracker *tracker, const dslt_image *frame);

/* ---- several targets in one video ---------------------------------------------------------------- */

/** Targets that are tracked together: they share the frame, the backend, one copy of the weights and the
 * memory for intermediate results, and on a GPU targets of equal input size go through the backbone as one
 * batch. Each target has a model of its own and gets the box that a separate tracker would give (on the CPU
 * the same bits). */
typedef struct dslt_group dslt_group;

#define DSLT_GROUP_TARGETS 64 /**< of a group, at most */

/** Make a group. `options` is copied (NULL: preset "default") and holds for every target; `weights` is
 * borrowed and must outlive the group. Errors as dslt_tracker_create(). */
DSLT_API int dslt_group_create(dslt_group **out, const dslt_options *options, dslt_weights *weights);
/** Learn `count` targets (1..DSLT_GROUP_TARGETS): boxes[0..count-1] on `frame`, target number i being
 * boxes[i]. All or none: DSLT_EARGUMENT, DSLT_EFRAME and DSLT_EBOX, which says which box cannot be tracked
 * ("Box 2 of 3" is boxes[1]), keep the targets learnt before; any other error leaves the group without
 * targets. May be called again to start over. */
DSLT_API int dslt_group_init(dslt_group *group, const dslt_image *frame, const dslt_box *boxes, int count);
/** How many targets the group follows; 0 before an init, after one that left none, and for NULL. */
DSLT_API int dslt_group_count(const dslt_group *group);
/** What first-frame training of target number `target` did. DSLT_ESTATE before an init, DSLT_EARGUMENT where
 * there is no such target. */
DSLT_API int dslt_group_init_result(dslt_result *out, const dslt_group *group, int target);
/** Track all targets into the next frame: results[i] is target number i's, room for dslt_group_count() of
 * them, all unchanged after a failure. The time of a stage that several targets shared is divided evenly
 * among them, so that the times add up to the frame's. Frames must keep the first one's size (DSLT_EFRAME
 * otherwise, the group stays usable). DSLT_ESTATE before dslt_group_init(). */
DSLT_API int dslt_group_update(dslt_result *results, dslt_group *group, const dslt_image *frame);
/** As dslt_tracker_prefetch(), for all targets at once. */
DSLT_API int dslt_group_prefetch(dslt_group *group, const dslt_image *frame);
/** The last response map of target number `target`; its data is owned by the group and valid until the
 * group's next init or update. DSLT_ESTATE before the first dslt_group_update(), DSLT_EARGUMENT where there
 * is no such target. */
DSLT_API int dslt_group_response(dslt_response *out, dslt_group *group, int target);
/** As dslt_tracker_backend(). */
DSLT_API const char *dslt_group_backend(const dslt_group *group);
/** As dslt_tracker_precision(). */
DSLT_API const char *dslt_group_precision(const dslt_group *group);
/** As dslt_tracker_note(). */
DSLT_API const char *dslt_group_note(const dslt_group *group);
/** Free a group; NULL does nothing. */
DSLT_API void dslt_group_free(dslt_group *group);

#ifdef __cplusplus
}
#endif

#endif
