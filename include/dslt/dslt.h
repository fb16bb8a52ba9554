/* SPDX-License-Identifier: Apache-2.0 */
/** @file dslt.h
 * Follow one object through a video, on a GPU or on a CPU.
 *
 * Give a tracker the first frame and one box, then frame after frame; it answers with the box of the same
 * object. There are several trackers. What preset "default" chooses is siamese: a matching network with DSLT's
 * regression. DSLT itself is X. Lu, C. Ma, B. Ni, X. Yang, I. Reid, M.-H. Yang, "Deep Regression Tracking with
 * Shrinkage Loss", ECCV 2018, called "the paper" below.
 *
 *     #include <dslt/dslt.h>
 *     #include <stdio.h>
 *
 *     int next_frame(dslt_image *frame); // yours: 1 and the next frame, or 0 at the end of the video
 *
 *     int follow(const dslt_image *first_frame, const dslt_box *box) {
 *       dslt_options *options = NULL;
 *       dslt_weights *weights = NULL;
 *       dslt_tracker *tracker = NULL;
 *       dslt_image frame;
 *       dslt_result result;
 *       int rc;
 *       if ((rc = dslt_options_create(&options, "default")) < 0) goto done;
 *       if ((rc = dslt_weights_load(&weights, dslt_options_weights(options))) < 0) goto done;
 *       if ((rc = dslt_tracker_create(&tracker, options, weights)) < 0) goto done;
 *       if ((rc = dslt_tracker_init(tracker, first_frame, box)) < 0) goto done;
 *       while (next_frame(&frame)) {
 *         if ((rc = dslt_tracker_update(&result, tracker, &frame)) < 0) goto done;
 *         printf("%.1f %.1f\n", result.box.x, result.box.y);
 *       }
 *     done:
 *       if (rc < 0) fprintf(stderr, "%s\n", dslt_last_error());
 *       dslt_tracker_free(tracker);
 *       dslt_weights_free(weights);
 *       dslt_options_free(options);
 *       return rc;
 *     }
 *
 * Rules that hold for every function:
 * - It returns DSLT_OK (0) or a negative code of DSLT_ERROR_MAP unless its comment says otherwise. After a
 *   failure dslt_last_error() holds a sentence with what to do; what the out-parameters point to is
 *   unchanged. A success leaves dslt_last_error() as it was.
 * - No pointer may be NULL unless the comment allows it; a NULL gives DSLT_EARGUMENT and nothing else
 *   happens.
 * - Out-parameters come first. A pointer-to-pointer out-parameter of a `_create`, `_clone`, `_load` or
 *   `_random` function hands over an object that the caller frees with the matching `_free`, which accepts
 *   NULL. "Static storage" means that the string lives as long as the library is loaded; never free it.
 * - Boxes are 0-based and continuous: x and y of the top-left corner, width and height, in pixels of the
 *   frame; pixel (0, 0) covers [0, 1) x [0, 1).
 * - Threads: different objects may be used in different threads at the same time. One object belongs to one
 *   thread at a time; the caller locks where several share it. Weights are read-only after loading, so
 *   trackers in any number of threads may share them. Options may be read by several threads while none
 *   changes them.
 * - State: the library never prints and never exits, and objects share no state but the weights that they
 *   were given. Beyond the objects it keeps the last error of each thread, and for the process: which process
 *   started OpenMP's pool of threads (below), and the functions of cuBLAS and cuDNN, loaded once. None of
 *   this changes a result. OpenMP, oneDNN and CUDA keep state of their own.
 * - fork(): OpenMP has one pool of threads for the process, and its threads do not exist in a child. The
 *   library remembers the id of the process that first tracked on the CPU with more than one thread. In a
 *   child of that process, trackers that it makes run with one thread (in a thread that the child starts:
 *   with all), and trackers of the parent that have more than one thread give DSLT_ESTATE instead of waiting
 *   for ever. CUDA does not survive fork() at all: fork first, or start new processes (Python:
 *   multiprocessing's "spawn").
 */
#ifndef DSLT_DSLT_H
#define DSLT_DSLT_H

#include <stddef.h>
#include <stdint.h>

/* Users of the static library may define DSLT_STATIC. */
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

/** The version of the library at run time as "MAJOR.MINOR.PATCH", for example "0.2.0". Static storage. Never
 * fails; any thread. */
DSLT_API const char *dslt_version(void);

/* ---- errors -------------------------------------------------------------------------------------- */

/** All error codes in one table: XX(name, number, text). The constant DSLT_Ename is -number; numbers never
 * change.
 *
 * - DSLT_EARGUMENT: a NULL pointer, or an index or count outside its range
 * - DSLT_EOPTION: no such preset, option or arch, a value outside its range, or options that do not fit
 *   together
 * - DSLT_EMEMORY: the host is out of memory
 * - DSLT_EIO: a file cannot be opened or read; the sentence names it
 * - DSLT_EFORMAT: a file does not follow its format
 * - DSLT_EWEIGHTS: the file is well-formed, but its network cannot be used or the training with it diverges
 * - DSLT_EFRAME: dslt_image holds values outside their ranges, or the frame's size has changed
 * - DSLT_EBOX: the first box is not finite, too small, far too large or outside the frame
 * - DSLT_ESTATE: no dslt_tracker_init() or dslt_group_init() before, or a tracker from before a fork()
 * - DSLT_EBACKEND: this build or machine does not have the backend that was asked for
 * - DSLT_EDEVICE: the GPU failed
 * - DSLT_EDEVICE_MEMORY: the GPU is out of memory
 * - DSLT_EDISPLAY: no window can be opened; only the program `dslt` uses it
 * - DSLT_EUNSUPPORTED: the build or the device lacks what was asked for (ONNX, bfloat16)
 * - DSLT_EINTERNAL: a defect of the library; please report it with the sentence
 */
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

/** The codes as constants: DSLT_OK, and DSLT_E... < 0 for each row of DSLT_ERROR_MAP. */
enum {
  DSLT_OK = 0, /**< success */
#define DSLT_XX(name, number, text) DSLT_E##name = -(number),
  DSLT_ERROR_MAP(DSLT_XX)
#undef DSLT_XX
};

/** The code's name: "DSLT_OK", "DSLT_EIO" and so on, "DSLT_E?" for any other number. Static storage. */
DSLT_API const char *dslt_error_name(int code);
/** The code's short text from DSLT_ERROR_MAP; "success" for DSLT_OK, "unknown error" for a number that is no
 * code. Static storage. */
DSLT_API const char *dslt_error_text(int code);
/** This thread's last failure as a full sentence of at most 1023 bytes; "" before the first one. Owned by the
 * thread: valid until its next failure or its end. Successful calls leave it as it is. */
DSLT_API const char *dslt_last_error(void);

/* ---- boxes and frames ---------------------------------------------------------------------------- */

/** A rectangle in pixels of the frame, 0-based and continuous: it covers [x, x + width) x [y, y + height). */
typedef struct dslt_box {
  double x;      /**< left edge, px; may be negative */
  double y;      /**< top edge, px; may be negative */
  double width;  /**< px, > 0 */
  double height; /**< px, > 0 */
} dslt_box;

/** How the pixels of a frame lie in memory: channels interleaved, rows from top to bottom. */
typedef enum dslt_pixel_format {
  DSLT_BGR8 = 0,   /**< 3 bytes a pixel, blue first (OpenCV's order) */
  DSLT_RGB8 = 1,   /**< 3 bytes a pixel, red first */
  DSLT_GRAY8 = 2,  /**< 1 byte a pixel; replicated to three channels */
  DSLT_BGRA8 = 3,  /**< 4 bytes a pixel, blue first; alpha is ignored */
  DSLT_RGBA8 = 4,  /**< 4 bytes a pixel, red first; alpha is ignored */
  DSLT_GRAY16 = 5, /**< 2 bytes a pixel, native byte order, 0..65535; the high byte is used */
  DSLT_BGR16 = 6   /**< 6 bytes a pixel, native byte order, 0..65535; the high bytes are used */
} dslt_pixel_format;

/** A borrowed frame: the library reads the pixels during the call and keeps no pointer to them, except for
 * dslt_tracker_prefetch() and dslt_group_prefetch(). */
typedef struct dslt_image {
  const void *data;         /**< first pixel of the top row; any alignment */
  int width;                /**< pixels, 1..16384 */
  int height;               /**< pixels, 1..16384 */
  size_t stride;            /**< bytes from one row to the next, at least width * bytes per pixel */
  dslt_pixel_format format; /**< what a pixel holds */
} dslt_image;

/* ---- options ------------------------------------------------------------------------------------- */

/** Every number of a tracker: which tracker, its preset, and what was changed since. Numbers are set and read
 * as text, under the keys that dslt_options_describe() lists and `dslt track --list-options` prints.
 *
 * Preset "paper" takes these values from the paper:
 * - loss=shrinkage with shrink_a=10 and shrink_c=0.2: equations (5) to (7), section 3.2
 * - regress_bias=0: equation (1), section 3.1
 * - low_layer=conv4_3, high_layer=conv5_3, fuse=1: section 4
 * - reduce_channels=128 with reduce_kernel=1, init_rate_low=2e-8, init_rate_high=8e-7, online_rate_low=5e-9,
 *   online_rate_high=2e-7, memory=7 (T), label_sigma=0.1, scale_levels=3, scale_step=1.03: section 5.1
 * - ohnm_threshold=0.01, for loss=ohnm: section 5.3
 *
 * The paper gives no value for lambda of equation (1), the size of the search area, the motion prior, the
 * number of first-frame steps and what follows a lost target; these options, too, have a value in every
 * preset. Its section 5.3 compares fusion=0 (DSLT_m) and the layers conv3_3 with conv4_3 or conv5_3 (DSLT_34,
 * DSLT_35).
 *
 * The paper's tracker taps two layers; this one takes one to four. Of VGG-16: high_layer=none leaves one,
 * low_layer=conv3_3 with mid_layer=conv4_3 makes three; other networks name theirs, see dslt_weights_load().
 * The finest tap's grid is the response's; the coarser ones are enlarged to it and added up with the weights of
 * `fuse`, and the residual regression sees the coarsest. One tap has the base regression alone. */
typedef struct dslt_options dslt_options;

/** Make options from a preset: "default" (what we recommend), "dslt" (DSLT with numbers of our own), "paper"
 * (the publication), "released" (the authors' program), or any other that dslt_preset_describe() lists. The preset decides which tracker the
 * options belong to. The caller frees the result with dslt_options_free().
 * @retval DSLT_EOPTION no such preset; the sentence lists them
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_options_create(dslt_options **out, const char *preset);
/** An independent copy; the caller frees it with dslt_options_free().
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_options_clone(dslt_options **out, const dslt_options *options);
/** Free options; NULL does nothing. Trackers made with them keep their own copy. */
DSLT_API void dslt_options_free(dslt_options *options);

/** Set one option from text, for example ("loss", "l2") or ("shrink_a", "10"). Numbers are decimal with a
 * dot, whatever the locale; whole numbers take digits and a sign alone. Names are those that
 * dslt_options_describe() lists, in upper or lower case. Lists are numbers with commas between, "1,0.5", each in
 * the range. Trackers made before are not affected.
 * @retval DSLT_EOPTION unknown key (the nearest one is named), or a value outside the key's range; nothing is
 *   changed then */
DSLT_API int dslt_options_set(dslt_options *options, const char *key, const char *value);
/** Write one option as text that dslt_options_set() reads back as the same value, with a terminating zero.
 * `out` has room for `size` bytes, of which 64 are always enough.
 * @retval DSLT_EOPTION unknown key
 * @retval DSLT_EARGUMENT too few bytes */
DSLT_API int dslt_options_get(char *out, size_t size, const dslt_options *options, const char *key);
/** Read an option that holds a whole number.
 * @retval DSLT_EOPTION unknown key, or the option holds something else */
DSLT_API int dslt_options_get_integer(int64_t *out, const dslt_options *options, const char *key);
/** Check whether the options fit together; dslt_options_set() has checked each by itself. Creating a tracker
 * or a group makes the same check.
 * @retval DSLT_EOPTION names the first option that does not fit, and what it takes */
DSLT_API int dslt_options_check(const dslt_options *options);

/** Name of the preset that the options started from; "" for NULL. Static storage. */
DSLT_API const char *dslt_options_preset(const dslt_options *options);
/** Name of the weights inside the library that suit the options' tracker, for dslt_weights_load(); "" for
 * NULL. Static storage. */
DSLT_API const char *dslt_options_weights(const dslt_options *options);
/** Name of the tracker that the options belong to, "siamese" or "dslt"; "" for NULL. Static storage. */
DSLT_API const char *dslt_options_tracker(const dslt_options *options);

/** One row of a table of options, for help texts. All strings have static storage. */
typedef struct dslt_option_info {
  const char *key;     /**< for dslt_options_set(), "shrink_a" */
  const char *symbol;  /**< the paper's symbol, "a"; "" where it has none */
  const char *values;  /**< allowed values: "0..1", both ends included, or "shrinkage|l2|l3|..." */
  const char *help;    /**< one line, with the unit where there is one */
  const char *tracker; /**< the tracker that it belongs to, "dslt"; "": all trackers have it */
} dslt_option_info;
/** Describe row `index`, counted from 0, of these options' table: first what all trackers have, then the
 * tracker's own. The table is the same for all options of one tracker.
 * @retval DSLT_EARGUMENT past the end */
DSLT_API int dslt_options_describe(dslt_option_info *out, const dslt_options *options, int index);

/** One preset. All strings have static storage. */
typedef struct dslt_preset_info {
  const char *name;    /**< for dslt_options_create(), "paper" */
  const char *tracker; /**< the tracker that it sets up, "dslt" */
  const char *summary; /**< one line */
} dslt_preset_info;
/** Describe preset `index`, counted from 0 over all trackers.
 * @retval DSLT_EARGUMENT past the end */
DSLT_API int dslt_preset_describe(dslt_preset_info *out, int index);

/* ---- backends ------------------------------------------------------------------------------------ */

/** One backend and what it can do on this machine. Texts end with a zero. */
typedef struct dslt_backend_info {
  const char *name;  /**< for option "backend": "cpu" or "cuda"; static storage */
  int compiled;      /**< 1 when this build contains it, else 0 */
  int available;     /**< 1 when it can run here and now, else 0 */
  int bf16;          /**< 1 when a bfloat16 backbone runs natively, else 0 */
  char device[128];  /**< the device in words, or why there is none */
  char library[128]; /**< vendor libraries and their versions; "" when not compiled */
} dslt_backend_info;
/** Describe backend number `index`: 0 is the CPU, 1 is CUDA. A missing device is not an error: then
 * `available` is 0 and `device` says why.
 * @retval DSLT_EARGUMENT past the end */
DSLT_API int dslt_backend_query(dslt_backend_info *out, int index);

/* ---- weights ------------------------------------------------------------------------------------- */

/** The backbone's weights. Read-only after loading, so any number of trackers and threads may share one
 * object; it must outlive them. */
typedef struct dslt_weights dslt_weights;

/** Load what `name` says. The caller frees the result with dslt_weights_free().
 *
 * - "siamese": the network of tracker siamese, inside the library: weights/siamese.safetensors, a backbone
 *   with a matching head, made by weights/siamese.
 * - "slim": the backbone of tracker DSLT, inside the library: weights/slim.safetensors, VGG-16's topology,
 *   narrower, made by weights/distill.
 * - "trackloss": the network of tracker trackloss, inside the library: weights/trackloss.safetensors, ZF's shape, made by
 *   weights/distill-zf.
 * - "adacfnet": the network of tracker adacf, inside the library: weights/adacfnet.safetensors, CFNet's shape with channel
 *   attention, made by weights/adacfnet.
 * - "random:ARCH" or "random:ARCH:SEED": as dslt_weights_random() makes them, for timing and tests. The seed
 *   is 1 unless given.
 * - A name that ends in .onnx: an ONNX model, in builds with libonnx.
 * - Anything else: a safetensors file. It holds VGG-16's 3 x 3 convolutions, [out, in, 3, 3] with 1..4096
 *   output channels each, under torchvision's names (features.0.weight) or Caffe's (conv1_1.weight), as F32,
 *   F16 or BF16; or any network that `dslt weights convert` wrote.
 *
 * A file is mapped into memory: do not overwrite or shorten it before dslt_weights_free().
 *
 * After a file's name, settings can be given that the file lacks, or that replace its own:
 * "model.onnx?taps=A,B&mean=A,B,C&deviation=A,B,C&channel_order=bgr&scales=A,B". `taps` names the one to four
 * layers that the tracker sees (each stride 1, 2 or 4 times the one before, at most 8 times the finest),
 * `scales` the factors on their features (> 0), the finest first, both for networks other than VGG-16; `mean`
 * (0..255) is subtracted from and `deviation` (> 0) divides pixels of 0..255, in the order of `channel_order`,
 * bgr or rgb. Where a file with the whole name exists, that is loaded.
 * @retval DSLT_EARGUMENT another key after the name, settings after "slim" or "random:...", `taps` for a file
 *   with VGG-16's layers, an ARCH that is too long, or a seed that is no whole number
 * @retval DSLT_EOPTION no such ARCH
 * @retval DSLT_EIO the file cannot be opened or mapped, or is no regular file
 * @retval DSLT_EFORMAT the file is empty, or does not follow its format
 * @retval DSLT_EWEIGHTS a tensor is missing, has the wrong shape or type or holds NaN or infinity; a layer is
 *   not supported; or a value for mean, deviation, channel_order, taps or scales cannot be used
 * @retval DSLT_EUNSUPPORTED an ONNX model in a build without libonnx
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_weights_load(dslt_weights **out, const char *name);
/** Make random weights in memory: normal with the deviation sqrt(2 / inputs of a unit) (He's initialisation),
 * biases 0. `arch` is "vgg16" (64, 128, 256, 512, 512 channels in its five blocks) or "vgg16/N" (each width
 * divided by N: 2, 4, 8, 16); any seed will do. The same arch and seed give the same values on every machine.
 * The caller frees the result with dslt_weights_free().
 * @retval DSLT_EOPTION no such arch
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_weights_random(dslt_weights **out, const char *arch, uint64_t seed);
/** Name of the preset that suits these weights: "default" where they have the matching head that tracker
 * siamese needs, "dslt" otherwise. Static storage. */
DSLT_API const char *dslt_weights_preset(const dslt_weights *weights);
/** Free weights; NULL does nothing. Free the trackers and groups that use them first. */
DSLT_API void dslt_weights_free(dslt_weights *weights);

/* ---- tracker ------------------------------------------------------------------------------------- */

/** Tracks one target. Belongs to one thread at a time; it may move from thread to thread between calls. */
typedef struct dslt_tracker dslt_tracker;

/** The stages whose time is measured; indices of dslt_result.stage_ms. */
typedef enum dslt_stage {
  DSLT_STAGE_CROP = 0,     /**< crop, resize, normalise */
  DSLT_STAGE_BACKBONE = 1, /**< the backbone up to the tapped layers */
  DSLT_STAGE_HEAD = 2,     /**< reduction, fusion, regression: the response maps */
  DSLT_STAGE_LOCATE = 3,   /**< motion prior, maximum, scale choice */
  DSLT_STAGE_STORE = 4,    /**< copy features and label into the sample memory */
  DSLT_STAGE_UPDATE = 5,   /**< forward, loss, backward, Adam over the stored samples */
  DSLT_STAGE_COUNT = 6     /**< how many there are */
} dslt_stage;

/** The result of one frame. Options named here are described by dslt_options_describe(). */
typedef struct dslt_result {
  /** The target in this frame, px. With DSLT, CRT and CFNet it keeps the first box's aspect ratio; it may reach
   * beyond the frame's edges. With lost_hold=1 a lost target keeps its last box. */
  dslt_box box;
  /** DSLT and CRT: the response at the chosen place, without the motion prior, about 1 on a well-learnt target,
   * because labels range from 0 to 1 (section 3.1 of the paper). Siamese: the score, 0..1. 0 where nothing is
   * positive and finite. */
  double peak;
  /** 1: the peak fell below lost_ratio times its running average (after lost_grace frames), siamese: below
   * lost_score, or no response is positive and finite; and where the first
   * frame shows noise, as long as no later one shows it again: the box stays and `peak` is 0, unless option
   * first_sight is 0. Else 0. */
  int lost;
  int found; /**< 1: found again in this frame, after it was lost in the one before; else 0 */
  /** Chosen level of the scale pyramid: 0 = same size, 1 = larger by the factor scale_step, -1 = smaller by
   * it, up to (scale_levels - 1) / 2 either way. */
  int scale_level;
  int steps;   /**< training steps done in this call */
  double loss; /**< of the last training step, summed over the response map, >= 0; 0 without a step */
  /** Time of each stage by dslt_stage, milliseconds; 0 for a stage that did not run. A GPU's are by its own
   * clock, without the upload of the frame. */
  double stage_ms[DSLT_STAGE_COUNT];
} dslt_result;

/** Make a tracker. `options` is copied (NULL: the preset that suits the weights); `weights` is borrowed and must outlive the
 * tracker. The caller frees the result with dslt_tracker_free(). Option "backend" says where it runs: "auto"
 * falls back to the CPU where the GPU cannot be used, and dslt_tracker_note() tells why. Memory that depends
 * on the target's shape is planned by dslt_tracker_init().
 * @retval DSLT_EOPTION options that dslt_options_check() refuses
 * @retval DSLT_EWEIGHTS the weights lack a layer that the options name, or their taps cannot be fused
 * @retval DSLT_EBACKEND option backend=cuda where it cannot run
 * @retval DSLT_EUNSUPPORTED option precision=bf16 where the device has none
 * @retval DSLT_EDEVICE the GPU failed
 * @retval DSLT_EDEVICE_MEMORY the GPU is out of memory
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_tracker_create(dslt_tracker **out, const dslt_options *options, dslt_weights *weights);
/** Learn the target: `box` on `frame`, both borrowed for the call. The one expensive call: up to init_steps
 * training steps. May be called again to start over on another target or video. The box must be finite, at
 * least 1 px wide and high, at most 4 times the frame's width and height, and overlap the frame by at least 1
 * px of area.
 *
 * After DSLT_EARGUMENT, DSLT_EFRAME and DSLT_EBOX a target learnt before is still tracked; any other error
 * leaves the tracker without a target.
 * @retval DSLT_EFRAME the frame's values lie outside the ranges of dslt_image
 * @retval DSLT_EBOX the box cannot be tracked
 * @retval DSLT_EWEIGHTS the training loss is not finite: the learning rates do not suit the weights; or the
 *   network does not fit the search area's size
 * @retval DSLT_ESTATE in a child of fork(), see the rules above
 * @retval DSLT_EDEVICE the GPU failed
 * @retval DSLT_EDEVICE_MEMORY the GPU is out of memory
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_tracker_init(dslt_tracker *tracker, const dslt_image *frame, const dslt_box *box);
/** What dslt_tracker_init() did: `box` as given, `peak` 1, `steps` and last `loss` of the training, times of
 * the stages. `lost` 1: the frame has one colour in the box and around it (within 2 levels of 255, one box
 * size to each side), nothing could be learnt, and updates give the same box, lost.
 * @retval DSLT_ESTATE before dslt_tracker_init() */
DSLT_API int dslt_tracker_init_result(dslt_result *out, const dslt_tracker *tracker);
/** Track into the next frame, borrowed for the call, then learn from it. Frames must keep the first one's
 * width and height; stride and format may change. From the third call after an init on, the library itself
 * allocates no memory while they stay as they are.
 *
 * After DSLT_EARGUMENT, DSLT_EFRAME and DSLT_ESTATE the tracker goes on as if the call had not been made;
 * after any other error call dslt_tracker_init() again or free it.
 * @retval DSLT_ESTATE before dslt_tracker_init(), or in a child of fork(), see the rules above
 * @retval DSLT_EFRAME another size, or values outside the ranges of dslt_image
 * @retval DSLT_EDEVICE the GPU failed
 * @retval DSLT_EDEVICE_MEMORY the GPU is out of memory
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_tracker_update(dslt_result *out, dslt_tracker *tracker, const dslt_image *frame);
/** What the last dslt_tracker_init() or dslt_tracker_update() that succeeded gave; after dslt_tracker_load() that of the
 * tracker that was saved, without its times.
 * @retval DSLT_ESTATE before dslt_tracker_init() */
DSLT_API int dslt_tracker_result(dslt_result *out, const dslt_tracker *tracker);
/** Free a tracker; NULL does nothing. Options and weights are the caller's and stay. */
DSLT_API void dslt_tracker_free(dslt_tracker *tracker);

/** A response map, for drawing and debugging: W * X of equation (1) of the paper, base and residual added,
 * before the motion prior, at the chosen scale level. */
typedef struct dslt_response {
  const float *data; /**< [height, width], row-major; about 0..1, may be negative; owned by the tracker */
  int width;         /**< cells */
  int height;        /**< cells */
  /** Where the map lies in the frame, px: its cells tile this box, each window.width / width by window.height
   * / height. */
  dslt_box window;
} dslt_response;
/** Get the last response map. Its data is owned by the tracker and valid until the next dslt_tracker_init(),
 * dslt_tracker_update() or dslt_tracker_free(). On a GPU it is downloaded by this call.
 * @retval DSLT_ESTATE before the first dslt_tracker_update(), or in a child of fork(), see the rules above
 * @retval DSLT_EDEVICE the GPU failed */
DSLT_API int dslt_tracker_response(dslt_response *out, dslt_tracker *tracker);

/** The loss of each first-frame training step, in order, summed over the response map: `*count` values, as
 * many as dslt_tracker_init_result() gives steps; none, and NULL, of a tracker that solves in closed form. Owned by
 * the tracker, valid until the next dslt_tracker_init() or dslt_tracker_free().
 * @retval DSLT_ESTATE before dslt_tracker_init() */
DSLT_API int dslt_tracker_init_losses(const float **out, int *count, const dslt_tracker *tracker);

/** How far the response's maximum stood out at each of these steps: exp(maximum - mean), the signal-to-noise ratio
 * of CRT's equation 6. `*count` is 0 for trackers that do not measure it. Owned by the tracker, valid as the
 * losses are.
 * @retval DSLT_ESTATE before dslt_tracker_init() */
DSLT_API int dslt_tracker_init_snr(const float **out, int *count, const dslt_tracker *tracker);

/** What a block of channel attention (squeeze-and-excitation) multiplies the channels of a map by. */
typedef struct dslt_channel_weights {
  const char *layer;   /**< the layer that gives them, as the weights name it; valid as long as the weights */
  int count;           /**< channels */
  const float *values; /**< [count], between 0 and 1; owned by the tracker */
} dslt_channel_weights;
/** The channel weights that block `index`, counted from 0 in the network's order, gave the target's crop in the first
 * frame: AdaCFNet's figure 7. Valid until the next dslt_tracker_init() or dslt_tracker_free().
 * @retval DSLT_ESTATE before dslt_tracker_init()
 * @retval DSLT_EARGUMENT the tracker's network has no such block */
DSLT_API int dslt_tracker_init_channels(dslt_channel_weights *out, const dslt_tracker *tracker, int index);

/** Name of the backend the tracker runs on: "cpu" or "cuda"; "" for NULL. Static storage. */
DSLT_API const char *dslt_tracker_backend(const dslt_tracker *tracker);
/** Arithmetic of its backbone, which option precision=auto leaves to the device: "f32", "bf16" or "tf32"; ""
 * for NULL. Static storage. */
DSLT_API const char *dslt_tracker_precision(const dslt_tracker *tracker);
/** A sentence on why backend "auto" uses no GPU although this build supports one, or a GPU no cuDNN, else "";
 * "" for NULL. Owned by the tracker, valid until dslt_tracker_free(). */
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
 * `frame` itself is copied; its pixels are borrowed and must stay readable and unchanged until the second
 * dslt_tracker_update() from here has returned, or until dslt_tracker_init() or dslt_tracker_free(). This is
 * a hint and changes no result: a second announcement replaces the first, another frame than the announced
 * one may follow, and on the CPU nothing is done.
 * @retval DSLT_ESTATE before dslt_tracker_init()
 * @retval DSLT_EFRAME as for dslt_tracker_update() */
DSLT_API int dslt_tracker_prefetch(dslt_tracker *tracker, const dslt_image *frame);

/* ---- saving a tracker ---------------------------------------------------------------------------- */

/** Save all that a tracker knows: options, last place and size, what its head has learnt with the optimiser's moments, the
 * stored samples, whether the target is lost and where it is sought. A tracker that dslt_tracker_load() makes of the bytes
 * goes on as if it had never been saved: the same frames give the same results, bit by bit, on the same machine, backend and
 * version of the library. The tracker itself is not changed and goes on too.
 *
 *     void *state = NULL;
 *     size_t size;
 *     if (dslt_tracker_save(&state, &size, tracker) == DSLT_OK) fwrite(state, 1, size, file);
 *     dslt_state_free(state);
 *
 * *out becomes `size` bytes that the caller frees with dslt_state_free(). They hold no pixels of the frames but the features
 * of samples, and not the weights but a hash of them; a few hundred kB to some ten MB. The same run gives the same bytes.
 * They may be kept in a file: an altered or shortened one is refused. Groups cannot be saved.
 * @retval DSLT_ESTATE before dslt_tracker_init(), or in a child of fork(), see the rules above
 * @retval DSLT_EUNSUPPORTED this tracker cannot be saved
 * @retval DSLT_EDEVICE the GPU failed
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_tracker_save(void **out, size_t *size, dslt_tracker *tracker);
/** Free what dslt_tracker_save() gave; NULL does nothing. */
DSLT_API void dslt_state_free(void *state);

/** Make a tracker that goes on where the saved one was: the next call is dslt_tracker_update() with the frame that followed.
 * The caller frees it with dslt_tracker_free(). `state` is borrowed for the call, `weights` must outlive the tracker and be
 * those that it was saved with, from whatever place. `options` NULL: those it was saved with; else options of the same tracker
 * that differ at most in backend, precision, threads and deterministic, as dslt_options_load() gives them to be changed. A
 * state does not depend on the backend: what a GPU learnt can go on on a CPU, with results that differ in rounding. Bytes
 * from a stranger can give a tracker that tracks nothing, but do no harm.
 * @retval DSLT_EFORMAT no saved state, one of another format or byte order, one that was cut short or altered; the sentence
 *   says which
 * @retval DSLT_EWEIGHTS it was saved with other weights
 * @retval DSLT_EOPTION `options` differ in more, or the library lacks the tracker, preset or option
 *
 * Other errors as for dslt_tracker_create() and dslt_tracker_init(). */
DSLT_API int dslt_tracker_load(dslt_tracker **out, const void *state, size_t size,
                               const dslt_options *options, dslt_weights *weights);
/** The options that a tracker was saved with, borrowed `state` as for dslt_tracker_load(). The caller frees them with
 * dslt_options_free().
 * @retval DSLT_EFORMAT as for dslt_tracker_load()
 * @retval DSLT_EOPTION the library lacks the tracker, preset or option
 * @retval DSLT_EMEMORY out of memory */
DSLT_API int dslt_options_load(dslt_options **out, const void *state, size_t size);

/* ---- several targets in one video ---------------------------------------------------------------- */

/** Targets that are tracked together: they share the frame, the backend, one copy of the weights and the
 * memory for intermediate results, and on a GPU targets of equal input size go through the backbone as one
 * batch. Each target has a model of its own and gets the box that a separate tracker would give (on the CPU
 * the same bits). Belongs to one thread at a time. */
typedef struct dslt_group dslt_group;

/** The largest number of targets in a group. */
#define DSLT_GROUP_TARGETS 64

/** Make a group. `options` is copied (NULL: the preset that suits the weights) and holds for every target; `weights` is
 * borrowed and must outlive the group. The caller frees the result with dslt_group_free(). Errors as for
 * dslt_tracker_create(). */
DSLT_API int dslt_group_create(dslt_group **out, const dslt_options *options, dslt_weights *weights);
/** Learn `count` targets (1..DSLT_GROUP_TARGETS): boxes[0..count-1] on `frame`, target number i being
 * boxes[i]; both are borrowed for the call. May be called again to start over. All or none: after
 * DSLT_EARGUMENT, DSLT_EFRAME and DSLT_EBOX the targets learnt before are still tracked; any other error
 * leaves the group without targets.
 * @retval DSLT_EARGUMENT `count` outside its range
 * @retval DSLT_EBOX says which box cannot be tracked: "Box 2 of 3" is boxes[1]
 *
 * Other errors as for dslt_tracker_init(). */
DSLT_API int dslt_group_init(dslt_group *group, const dslt_image *frame, const dslt_box *boxes, int count);
/** Let one more target join: learn `box` on `frame`, both borrowed for the call. The frame has the size of those before;
 * usually it is the one tracked last. The new target's number is dslt_group_count() - 1 after the call, and the next
 * dslt_group_update() tracks it with the others, which are not touched: after a failure the group is as it was. In a group
 * without targets this is dslt_group_init() with one box.
 * @retval DSLT_EARGUMENT there are DSLT_GROUP_TARGETS targets
 * @retval DSLT_EFRAME another size, or values outside the ranges of dslt_image
 * @retval DSLT_EBOX the box cannot be tracked
 *
 * Other errors as for dslt_tracker_init(). */
DSLT_API int dslt_group_add(dslt_group *group, const dslt_image *frame, const dslt_box *box);
/** Track target number `target` no further. The numbers of those behind it become one smaller; their boxes do not change.
 * After the last one the group has no targets, as before dslt_group_init().
 * @retval DSLT_ESTATE before dslt_group_init()
 * @retval DSLT_EARGUMENT no such target */
DSLT_API int dslt_group_remove(dslt_group *group, int target);
/** How many targets the group tracks, 0..DSLT_GROUP_TARGETS; 0 before an init, after one that left none or the
 * last dslt_group_remove(), and for NULL. Never fails. */
DSLT_API int dslt_group_count(const dslt_group *group);
/** As dslt_tracker_init_result(), for target number `target`.
 * @retval DSLT_ESTATE before dslt_group_init()
 * @retval DSLT_EARGUMENT no such target */
DSLT_API int dslt_group_init_result(dslt_result *out, const dslt_group *group, int target);
/** As dslt_tracker_init_channels(), for target number `target`.
 * @retval DSLT_ESTATE before dslt_group_init()
 * @retval DSLT_EARGUMENT no such target or block */
DSLT_API int dslt_group_init_channels(dslt_channel_weights *out, const dslt_group *group, int target,
                                      int index);
/** Track all targets into the next frame, then learn from it: results[i] is target number i's, with room for
 * dslt_group_count() of them, all unchanged after a failure. The time of a stage that several targets shared
 * is divided evenly among them, so that the times add up to the frame's. Frames, and what holds after a
 * failure, as for dslt_tracker_update().
 * @retval DSLT_ESTATE before dslt_group_init(), or in a child of fork(), see the rules above
 * @retval DSLT_EFRAME another size, or values outside the ranges of dslt_image
 *
 * Other errors as for dslt_tracker_update(). */
DSLT_API int dslt_group_update(dslt_result *results, dslt_group *group, const dslt_image *frame);
/** As dslt_tracker_prefetch(), for all targets at once.
 * @retval DSLT_ESTATE before dslt_group_init()
 * @retval DSLT_EFRAME as for dslt_group_update() */
DSLT_API int dslt_group_prefetch(dslt_group *group, const dslt_image *frame);
/** The last response map of target number `target`; its data is owned by the group and valid until the next
 * dslt_group_init(), dslt_group_update(), dslt_group_remove() or dslt_group_free().
 * @retval DSLT_ESTATE before the first dslt_group_update(), or in a child of fork(), see the rules above
 * @retval DSLT_EARGUMENT no such target
 * @retval DSLT_EDEVICE the GPU failed */
DSLT_API int dslt_group_response(dslt_response *out, dslt_group *group, int target);
/** As dslt_tracker_backend(). Static storage. */
DSLT_API const char *dslt_group_backend(const dslt_group *group);
/** As dslt_tracker_precision(). Static storage. */
DSLT_API const char *dslt_group_precision(const dslt_group *group);
/** As dslt_tracker_note(). Owned by the group, valid until dslt_group_free(). */
DSLT_API const char *dslt_group_note(const dslt_group *group);
/** Free a group; NULL does nothing. Options and weights are the caller's and stay. */
DSLT_API void dslt_group_free(dslt_group *group);

#ifdef __cplusplus
}
#endif

#endif
