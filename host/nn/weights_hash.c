/* SPDX-License-Identifier: Apache-2.0 */
/* weights_hash.c: SHA-256 of files and layers, and the known hashes of the original VGG-16. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "weights_internal.h"

/* conv1_1 .. conv5_3 of Oxford's VGG-16 as Caffe and Keras publish it: weights, bias; see
 * dslt_weights_layer_sha256(). */
static const char *const original[DSLT_VGG_CONVS][2] = {
    {"0b1cf41d353ae96b186f2cffb6c17b5c89578e1cbaca2570f01bd29b1ae4bff3",
     "39b777679d117e1bf0b5d10f7aa39a06a5b7c2419d37ef018f2dcce04b2b1f4b"},
    {"e0726ea150fbc302519bc612216965b73e54e06edf4eee18bbf3275b2bb5fe8a",
     "02b83a47ae29c4f36f5882286297445b4f1de63236e57c2fd2e1a4d92efaaad3"},
    {"a5afaf85c57ef8bc57b1a6f836f028803c43db7d5a273804c2209940abd63e3a",
     "0bae357e418c37c926b64dd9891c123a9cdba0c5aea6c571b723be9fbe31c6ba"},
    {"301ed9e0f016731a0d40c24d85e64722411d60e71f6abbbfa54b067d37f7ac24",
     "a557d3ffcd15035c8eba506716060701d0f7a8a0c0bdc4428cb048fc864726bc"},
    {"475259f3d0b67228b8ca3ee86d8886aafd426de9c105c313536a3e5a7e2dc21b",
     "9c0511e766da165a93e405cca152c62ecf04537a313f59692d843341a6609dc4"},
    {"849222494fc38d91b48c3ecbf926902b00ac948ad320d0e090adcdf7e8d0c4ea",
     "fb0bd38723825fda7dc2d0420e006c735d5ff2ddba28cc6b8afab52ab532c084"},
    {"c5477b3e8acd8b06a0bb61a911ab8ee8a6d170ee0a472be10e11a34d348a90e1",
     "1e266025a896e451e18e82c9dbc566f937c8d472d5ea26144371652db5fbaee7"},
    {"3b47a57c89a0830ba1d9254b04294d19672cbaaf13b6435468a667c3e8d44719",
     "7c4bb9644cdd0b5597f4bfb4613fdc9603672956330af6931b2a62700b5085ae"},
    {"5bc77036717f670f9a60c3eaaedb99dd20b0ad724b3d9a726d98136f37df6926",
     "104bbb00dd5c08ad1cb9fa0f334e68d543335d35f953f1710a97841db9cb7932"},
    {"30b04aee37776be57ea02a6b3f675f558fa112be093ad04bb154cdba40972217",
     "c5b74eb9033f318179fdcdba8050376c2864b14e8e4db897a32a872eb9bdf27b"},
    {"0762da95abcd9bb50e3f8f3ceb92896248acb11c915560ebff9986d8c0feef6b",
     "358765a638d307302043c63d2b9db87868e45a3815bcf77e275dedbb03a619e6"},
    {"23b9a3044d08e6dc9505eef72e287a3761d5244abc52aa64ba1d4242517f22a3",
     "df27c8839fc4aff5094536eab4fab56007ba03dc80b33743d1f455d6e912e32e"},
    {"4658b83cf8520e863527595824183c7bfc09b29705178e2b95929445a617a403",
     "be2107dcffff80e6098e0fb344dbce3c2939674ad1f510d2987bce51fb16304a"},
};

const char *dslt_vgg16_layer_sha256(int layer, int is_bias) {
  return layer >= 0 && layer < DSLT_VGG_CONVS ? original[layer][is_bias != 0] : NULL;
}

#if DSLT_LIBCRYPTO

#include <openssl/evp.h>

/* EVP_DigestInit_ex() .. Final over pieces. */
typedef struct hasher {
  EVP_MD_CTX *context;
} hasher;

static int failed(void) { return dslt_fail(DSLT_EINTERNAL, "libcrypto cannot compute SHA-256 here."); }

static int hash_begin(hasher *hash) {
  hash->context = EVP_MD_CTX_new();
  if (!hash->context) return dslt_fail(DSLT_EMEMORY, "No memory for SHA-256.");
  if (EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) == 1) return 0;
  EVP_MD_CTX_free(hash->context);
  return failed();
}

static int hash_add(hasher *hash, const void *data, size_t size) {
  return EVP_DigestUpdate(hash->context, data, size) == 1 ? 0 : failed();
}

/* Frees the context; returns `rc`, the result so far, if it is a failure. */
static int hash_end(char *hex, hasher *hash, int rc) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (rc == 0 && EVP_DigestFinal_ex(hash->context, digest, &length) != 1) rc = failed();
  EVP_MD_CTX_free(hash->context);
  for (unsigned i = 0; rc == 0 && i < length; ++i) snprintf(hex + 2 * i, 3, "%02x", (unsigned)digest[i]);
  return rc;
}

int dslt_sha256(char *hex, const void *data, size_t size) {
  hasher hash;
  DSLT_TRY(hash_begin(&hash));
  return hash_end(hex, &hash, hash_add(&hash, data, size));
}

/* The header numpy before 1.14 wrote: a dictionary, at least one space, a newline, in multiples of 16
 * bytes. */
static int add_npy_header(hasher *hash, const int64_t *shape, int rank) {
  char dictionary[160] = "", block[256];
  size_t used =
      (size_t)snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < rank; ++i) {
    used += (size_t)snprintf(dictionary + used, sizeof dictionary - used, "%s%lld", i ? ", " : "",
                             (long long)shape[i]);
  }
  used += (size_t)snprintf(dictionary + used, sizeof dictionary - used, "%s), }", rank == 1 ? "," : "");
  const size_t total = ((10 + used + 1) / 16 + 1) * 16;
  memset(block, ' ', sizeof block);
  memcpy(block, "\x93NUMPY\x01\x00", 8);
  block[8] = (char)(total - 10);
  block[9] = 0;
  memcpy(block + 10, dictionary, used);
  block[total - 1] = '\n';
  return hash_add(hash, block, total);
}

static void store_f32(unsigned char *out, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int b = 0; b < 4; ++b) out[b] = (unsigned char)(bits >> (8 * b));
}

static int add_bias(hasher *hash, const dslt_tensor_view *view) {
  const int64_t count = view->shape[0];
  DSLT_TRY(add_npy_header(hash, &count, 1));
  for (int64_t i = 0; i < count; ++i) {
    float value;
    unsigned char bytes[4];
    dslt_tensor_to_f32(&value, view, (size_t)i, 1);
    store_f32(bytes, value);
    DSLT_TRY(hash_add(hash, bytes, sizeof bytes));
  }
  return 0;
}

/* [out, in, 3, 3] as [3, 3, in, out]; `values` and `row` are the caller's: the whole tensor, and `out`
 * values. */
static int add_weight(hasher *hash, const dslt_tensor_view *view, int reverse_input, float *values,
                      unsigned char *row) {
  const size_t out = (size_t)view->shape[0], in = (size_t)view->shape[1];
  const int64_t shape[4] = {3, 3, view->shape[1], view->shape[0]};
  dslt_tensor_to_f32(values, view, 0, out * in * 9);
  DSLT_TRY(add_npy_header(hash, shape, 4));
  for (size_t tap = 0; tap < 9; ++tap) {
    for (size_t i = 0; i < in; ++i) {
      const size_t channel = reverse_input ? in - 1 - i : i;
      for (size_t o = 0; o < out; ++o) store_f32(row + 4 * o, values[(o * in + channel) * 9 + tap]);
      DSLT_TRY(hash_add(hash, row, 4 * out));
    }
  }
  return 0;
}

int dslt_weights_layer_sha256(char *hex, const dslt_weights *weights, int layer, int is_bias) {
  if (!hex || !weights || layer < 0 || layer >= weights->layers || (is_bias && !weights->bias[layer].data)) {
    return dslt_fail(DSLT_EARGUMENT, "The weights hold no %s of layer %d; they have %d layers.",
                     is_bias ? "bias" : "weight", layer, weights ? weights->layers : 0);
  }
  const dslt_tensor_view *view = is_bias ? &weights->bias[layer] : &weights->weight[layer];
  const int reverse_input = layer == 0 && !weights->preprocess.rgb;
  hasher hash;
  if (is_bias) {
    DSLT_TRY(hash_begin(&hash));
    return hash_end(hex, &hash, add_bias(&hash, view));
  }
  float *values = malloc(dslt_tensor_elements(view) * sizeof *values);
  unsigned char *row = malloc((size_t)view->shape[0] * 4);
  int rc = values && row ? hash_begin(&hash)
                         : dslt_fail(DSLT_EMEMORY, "No memory to hash %s.", dslt_vgg_layers[layer].caffe);
  if (rc == 0) rc = hash_end(hex, &hash, add_weight(&hash, view, reverse_input, values, row));
  free(values);
  free(row);
  return rc;
}

#else

static int unsupported(void) {
  return dslt_fail(DSLT_EUNSUPPORTED, "This build has no SHA-256: install libssl-dev and build again.");
}

int dslt_sha256(char *hex, const void *data, size_t size) {
  (void)hex, (void)data, (void)size;
  return unsupported();
}

int dslt_weights_layer_sha256(char *hex, const dslt_weights *weights, int layer, int is_bias) {
  (void)hex, (void)weights, (void)layer, (void)is_bias;
  return unsupported();
}

#endif
