/* SPDX-License-Identifier: Apache-2.0 */
// Matching networks: what a small one of known weights computes, beside plain loops in double; saved and loaded again;
// and what a file can have wrong.
#include "nn/matching.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <list>
#include <map>

#include "backend/backend.h"
#include "backend/precision.h"
#include "nn/network.h"
#include "reference/network.h"
#include "weights_build.h"

namespace {

constexpr int kSearch = 32, kTemplate = 16;

// A convolution of the file.
struct Conv {
  const char *name;
  int in, out, kernel, stride;
  bool relu, bias;
};

const Conv kFine = {"fine", 3, 5, 3, 4, true, true}, kCoarse = {"coarse", 5, 6, 3, 2, true, true},
           kNeck = {"neck", 6, 3, 1, 1, false, true}, kMatch = {"head.match", 3, 4, 1, 1, false, false},
           kMix = {"head.mix", 7, 5, 3, 1, true, true}, kScore = {"head.score", 5, 1, 1, 1, false, true},
           kBox = {"head.box", 5, 4, 1, 1, false, true};

ref::Map weights_of(const Conv &c) {
  ref::Noise noise(std::hash<std::string>()(c.name) % 1000);
  const std::size_t count = std::size_t(c.out * c.in * c.kernel * c.kernel);
  return ref::rounded(noise.map(count, 2.0 / std::sqrt(double(c.in * c.kernel * c.kernel))));
}
ref::Map bias_of(const Conv &c) {
  ref::Noise noise(std::hash<std::string>()(c.name) % 1000 + 7);
  return c.bias ? ref::rounded(noise.map(std::size_t(c.out), 0.3)) : ref::Map(std::size_t(c.out), 0.0);
}

std::string layer(const Conv &c, int input) {
  std::ostringstream text;
  text << "{'name':'" << c.name << "','kind':'conv','inputs':[" << input << "],'channels':" << c.out;
  if (c.relu) text << ",'activation':'relu'";
  if (c.kernel > 1) text << ",'kernel':[3,3],'pad':[1,1,1,1]";
  if (c.stride > 1) text << ",'stride':[" << c.stride << "," << c.stride << "]";
  return text.str() + "}";
}

// A file whose parts a test may change before it is written. Quotes are single ones here.
struct File {
  std::map<std::string, std::string> metadata;
  std::vector<Conv> convs = {kFine, kCoarse, kNeck, kMatch, kMix, kScore, kBox};

  File() {
    metadata["dslt.graph"] = "[{'name':'picture','kind':'input','channels':3}," + layer(kFine, 0) + "," +
                             layer(kCoarse, 1) + "," + layer(kNeck, 2) + "]";
    metadata["dslt.taps"] = "fine,coarse";
    metadata["dslt.matching"] = "[{'name':'head.search','kind':'input','channels':3}," + layer(kMatch, 0) +
                                ",{'name':'head.both','kind':'concat','inputs':[1,0]}," + layer(kMix, 2) +
                                "," + layer(kScore, 3) + "," + layer(kBox, 3) + "]";
    metadata["dslt.matching_tap"] = "neck";
    metadata["dslt.matching_sides"] = "16,32";
  }
  void replace(const std::string &key, const std::string &old, const std::string &now) {
    std::string &text = metadata[key];
    const std::size_t at = text.find(old);
    ASSERT_NE(at, std::string::npos) << key << " has no " << old;
    text.replace(at, old.size(), now);
  }
  std::string bytes() const {
    WeightFileBuilder file;
    for (const auto &entry : metadata) {
      std::string text;
      for (char c : entry.second) text += c == '\'' ? std::string("\\\"") : std::string(1, c);
      file.set_metadata(entry.first, text);
    }
    for (const Conv &c : convs) {
      file.add(std::string(c.name) + ".weight", "F32", {c.out, c.in, c.kernel, c.kernel},
               float_bytes(ref::f32(weights_of(c))));
      if (c.bias) file.add(std::string(c.name) + ".bias", "F32", {c.out}, float_bytes(ref::f32(bias_of(c))));
    }
    return file.to_bytes();
  }
};

// ---- plain loops -------------------------------------------------------------------------------------

struct Square {
  int side;
  ref::Map value;  // [side][side][channels]
};

Square run(const Conv &c, const Square &x, const ref::Map &w) {
  const ref::Map bias = bias_of(c);
  const int pad = c.kernel / 2, side = (x.side + 2 * pad - c.kernel) / c.stride + 1;
  Square y = {side, ref::Map(std::size_t(side * side * c.out))};
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      for (int o = 0; o < c.out; ++o) {
        double sum = bias[std::size_t(o)];
        for (int ky = 0; ky < c.kernel; ++ky)
          for (int kx = 0; kx < c.kernel; ++kx) {
            const int v = row * c.stride + ky - pad, u = column * c.stride + kx - pad;
            if (v < 0 || u < 0 || v >= x.side || u >= x.side) continue;
            for (int i = 0; i < c.in; ++i)
              sum += x.value[std::size_t((v * x.side + u) * c.in + i)] *
                     w[std::size_t(((o * c.in + i) * c.kernel + ky) * c.kernel + kx)];
          }
        y.value[std::size_t((row * side + column) * c.out + o)] = c.relu ? std::max(sum, 0.0) : sum;
      }
  return y;
}
Square run(const Conv &c, const Square &x) { return run(c, x, weights_of(c)); }

struct HeadMaps {
  ref::Map scores, distances;
};

HeadMaps run_head(const Square &features, const Square &search) {
  Square both = {search.side, {}};
  for (int cell = 0; cell < search.side * search.side; ++cell) {
    const double *here = &search.value[std::size_t(3 * cell)];
    for (int place = 0; place < 4; ++place) {
      double product = 0;
      for (int i = 0; i < 3; ++i) product += here[i] * features.value[std::size_t(3 * place + i)];
      both.value.push_back(product / std::sqrt(3.0));
    }
    both.value.insert(both.value.end(), here, here + 3);
  }
  const Square mixed = run(kMix, both);
  return {run(kScore, mixed).value, run(kBox, mixed).value};
}

Square noise_map(int side, int channels, unsigned seed) {
  return {side, ref::rounded(ref::Noise(seed).map(std::size_t(side * side * channels)))};
}

// ---- the library -------------------------------------------------------------------------------------

class Matching : public WeightFolder {
 protected:
  void SetUp() override {
    WeightFolder::SetUp();
    const dslt_backend_config config = {1, DSLT_PRECISION_F32, 0};
    ASSERT_EQ(dslt_backend_open(&backend_, "cpu", &config), DSLT_OK) << dslt_last_error();
    ASSERT_EQ(backend_->device->begin(backend_), DSLT_OK);
  }
  void TearDown() override {
    for (dslt_net *net : nets_) backend_->nn->net_free(net);
    backend_->device->end(backend_);
    backend_->device->close(backend_);
    WeightFolder::TearDown();
  }
  // The weights are views of the bytes, which live as long as the test.
  void load(Weights *out, const std::string &file) {
    const std::string &bytes = *files_.insert(files_.end(), file);
    ASSERT_EQ(dslt_weights_from_memory(&out->handle, bytes.data(), bytes.size(), "test"), DSLT_OK)
        << dslt_last_error();
  }
  // The taps of a planned network, on the CPU's memory.
  std::vector<std::vector<float>> taps(dslt_net *net, const Square &input, std::vector<std::size_t> sizes) {
    nets_.push_back(net);
    std::vector<std::vector<float>> out;
    std::vector<float *> places;
    for (std::size_t size : sizes) out.emplace_back(size, NAN);
    for (std::vector<float> &map : out) places.push_back(map.data());
    const std::vector<float> pixels = ref::f32(input.value);
    EXPECT_EQ(backend_->nn->net_run(net, pixels.data(), places.data()), DSLT_OK) << dslt_last_error();
    return out;
  }
  std::vector<std::vector<float>> head(const Weights &weights, const Square &features, const Square &search) {
    dslt_net *net = nullptr;
    dslt_matching_shape shape;
    EXPECT_EQ(dslt_matching_shape_of(&shape, weights.handle), DSLT_OK) << dslt_last_error();
    EXPECT_EQ(dslt_matching_plan_head(&net, backend_, weights.handle), DSLT_OK) << dslt_last_error();
    std::vector<float> filters(12), matched(16 * 7);
    for (int place = 0; place < 4; ++place)
      for (int i = 0; i < 3; ++i)
        filters[std::size_t(4 * i + place)] =
            dslt_matching_factor(&shape) * float(features.value[std::size_t(3 * place + i)]);
    EXPECT_EQ(backend_->nn->match_template(backend_, matched.data(), ref::f32(search.value).data(),
                                           filters.data(), 16, 3, 4),
              DSLT_OK);
    const Square both = {4, ref::Map(matched.begin(), matched.end())};
    return net ? taps(net, both, {16, 64}) : std::vector<std::vector<float>>(2);
  }

  dslt_backend *backend_ = nullptr;
  std::vector<dslt_net *> nets_;
  std::list<std::string> files_;
};

TEST_F(Matching, MeasuresWhatTheFileDescribes) {
  Weights weights;
  load(&weights, File().bytes());
  dslt_matching_shape shape;
  ASSERT_EQ(dslt_matching_shape_of(&shape, weights.handle), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(shape.template_side, kTemplate);
  EXPECT_EQ(shape.search_side, kSearch);
  const int wanted[][4] = {{5, 8, 4, 4}, {6, 4, 8, 2}, {3, 4, 8, 2}};
  for (int i = 0; i < DSLT_MATCHING_TAPS; ++i) {
    EXPECT_EQ(shape.map[i].channels, wanted[i][0]) << i;
    EXPECT_EQ(shape.map[i].cells, wanted[i][1]) << i;
    EXPECT_EQ(shape.map[i].stride, wanted[i][2]) << i;
    EXPECT_EQ(shape.map[i].template_cells, wanted[i][3]) << i;
  }
}

TEST_F(Matching, WorkIsCountedFromTheLayers) {
  Weights weights;
  load(&weights, File().bytes());
  double backbone, head_flop, parameters;
  dslt_matching_work(&backbone, &head_flop, &parameters, weights.handle);
  EXPECT_EQ(backbone, 2.0 * (64 * 5 * 27 + 16 * 6 * 45 + 16 * 3 * 6));
  EXPECT_EQ(head_flop, 2.0 * 16 * (4 * 3 + 5 * 63 + 1 * 5 + 4 * 5));
  double count = 0;
  for (const Conv &c : File().convs) count += c.out * (c.in * c.kernel * c.kernel + c.bias);
  EXPECT_EQ(parameters, count);
}

TEST_F(Matching, BackboneMapsEqualPlainLoops) {
  Weights weights;
  load(&weights, File().bytes());
  for (int side : {kSearch, kTemplate}) {
    dslt_net *net = nullptr;
    ASSERT_EQ(dslt_matching_plan_backbone(&net, backend_, weights.handle, 1, side, nullptr), DSLT_OK)
        << dslt_last_error();
    const Square picture = noise_map(side, 3, unsigned(side)), fine = run(kFine, picture),
                 coarse = run(kCoarse, fine), neck = run(kNeck, coarse);
    const auto got = taps(net, picture, {fine.value.size(), coarse.value.size(), neck.value.size()});
    EXPECT_LT(ref::relative_error(got[DSLT_MATCHING_FINE], fine.value), 1e-5);
    EXPECT_LT(ref::relative_error(got[DSLT_MATCHING_COARSE], coarse.value), 1e-5);
    EXPECT_LT(ref::relative_error(got[DSLT_MATCHING_NECK], neck.value), 1e-5);
  }
}

TEST_F(Matching, HeadMapsEqualPlainLoops) {
  Weights weights;
  load(&weights, File().bytes());
  std::vector<HeadMaps> wanted;
  for (unsigned seed : {1u, 2u, 3u}) {  // three templates
    const Square features = noise_map(2, 3, seed), search = noise_map(4, 3, 40 + seed);
    wanted.push_back(run_head(features, search));
    const auto got = head(weights, features, search);
    EXPECT_LT(ref::relative_error(got[0], wanted.back().scores), 1e-5) << seed;
    EXPECT_LT(ref::relative_error(got[1], wanted.back().distances), 1e-5) << seed;
  }
  EXPECT_GT(ref::relative_error(wanted[0].scores, wanted[1].scores), 0.01);
}

TEST_F(Matching, SavedAndLoadedItIsTheSame) {
  Weights first, second;
  load(&first, File().bytes());
  const Square features = noise_map(2, 3, 5), search = noise_map(4, 3, 6);
  ASSERT_EQ(dslt_weights_save(first.handle, in_folder("a").c_str(), DSLT_DTYPE_F32), DSLT_OK)
      << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&second.handle, in_folder("a").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(second->matching_tap, first->matching_tap);
  EXPECT_EQ(second->matching_side[0], kTemplate);
  EXPECT_EQ(second->matching_side[1], kSearch);
  EXPECT_EQ(head(second, features, search), head(first, features, search));
  ASSERT_EQ(dslt_weights_save(second.handle, in_folder("b").c_str(), DSLT_DTYPE_F32), DSLT_OK);
  EXPECT_EQ(read_file("a"), read_file("b"));
}

TEST_F(Matching, TheFactorAroundTheTargetIsKept) {
  File file;
  Weights without, with, saved;
  load(&without, file.bytes());
  EXPECT_EQ(without->matching_around, 1.0f);
  file.metadata["dslt.matching_around"] = "0.3";
  load(&with, file.bytes());
  EXPECT_EQ(with->matching_around, 0.3f);
  EXPECT_NE(dslt_weights_identity(with.handle), dslt_weights_identity(without.handle));
  ASSERT_EQ(dslt_weights_save(with.handle, in_folder("c").c_str(), DSLT_DTYPE_F32), DSLT_OK)
      << dslt_last_error();
  ASSERT_EQ(dslt_weights_load(&saved.handle, in_folder("c").c_str()), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(saved->matching_around, 0.3f);
  EXPECT_EQ(dslt_weights_identity(saved.handle), dslt_weights_identity(with.handle));
  dslt_matching_shape shape;
  ASSERT_EQ(dslt_matching_shape_of(&shape, saved.handle), DSLT_OK) << dslt_last_error();
  EXPECT_EQ(shape.around, 0.3f);
}

TEST_F(Matching, TheShippedNetworkFits) {
  Weights weights;
  ASSERT_EQ(dslt_weights_load(&weights.handle, "siamese"), DSLT_OK) << dslt_last_error();
  dslt_matching_shape shape;
  ASSERT_EQ(dslt_matching_shape_of(&shape, weights.handle), DSLT_OK) << dslt_last_error();
  const dslt_matching_map *map = shape.map;
  EXPECT_GT(shape.search_side, shape.template_side);
  EXPECT_EQ(2 * map[DSLT_MATCHING_FINE].stride, map[DSLT_MATCHING_COARSE].stride);
  EXPECT_EQ(map[DSLT_MATCHING_NECK].stride, map[DSLT_MATCHING_COARSE].stride);
  Weights file;
  ASSERT_EQ(dslt_weights_load(&file.handle, "weights/siamese.safetensors"), DSLT_OK) << dslt_last_error();
  ASSERT_EQ(file->map_bytes, weights->map_bytes);
  EXPECT_EQ(std::memcmp(file->map, weights->map, file->map_bytes), 0);
}

// ---- what is wrong with a file -----------------------------------------------------------------------

struct Wrong {
  const char *what;
  std::function<void(File *)> change;
  const char *sentence;  // a part of it
};

void expect_refused_when_loaded(const std::vector<Wrong> &cases) {
  for (const Wrong &wrong : cases) {
    SCOPED_TRACE(wrong.what);
    File file;
    wrong.change(&file);
    const std::string bytes = file.bytes();
    Weights weights;
    EXPECT_FAILURE(dslt_weights_from_memory(&weights.handle, bytes.data(), bytes.size(), "test"),
                   DSLT_EWEIGHTS, wrong.sentence);
    EXPECT_EQ(weights.handle, nullptr);
  }
}

auto set(const char *key, const char *text) {
  return [=](File *file) { file->metadata[key] = text; };
}
auto without(const char *key) {
  return [=](File *file) { file->metadata.erase(key); };
}
auto replaced(const char *key, const char *old, const char *now) {
  return [=](File *file) { file->replace(key, old, now); };
}

TEST_F(Matching, BadMetadataIsNamed) {
  expect_refused_when_loaded({
      {"no tap", without("dslt.matching_tap"), "dslt.matching_tap"},
      {"a tap that is no layer", set("dslt.matching_tap", "nape"), "dslt.matching_tap"},
      {"no sides", without("dslt.matching_sides"), "dslt.matching_sides"},
      {"one side", set("dslt.matching_sides", "127"), "dslt.matching_sides"},
      {"three sides", set("dslt.matching_sides", "16,32,64"), "dslt.matching_sides"},
      {"a side too small", set("dslt.matching_sides", "15,32"), "dslt.matching_sides"},
      {"a side too large", set("dslt.matching_sides", "16,1025"), "dslt.matching_sides"},
      {"a side that is no number", set("dslt.matching_sides", "16,nan"), "dslt.matching_sides"},
      {"a factor above 1", set("dslt.matching_around", "1.1"), "dslt.matching_around"},
      {"a factor below 0", set("dslt.matching_around", "-0.1"), "dslt.matching_around"},
      {"a factor that is no number", set("dslt.matching_around", "nan"), "dslt.matching_around"},
      {"two factors", set("dslt.matching_around", "0.3,0.3"), "dslt.matching_around"},
  });
}

TEST_F(Matching, ABadHeadIsNamed) {
  expect_refused_when_loaded({
      {"no list", set("dslt.matching", "{}"), "matching head"},
      {"no JSON", set("dslt.matching", "["), "matching head"},
      {"empty", set("dslt.matching", "[]"), "matching head"},
      {"an unknown kind", replaced("dslt.matching", "concat", "attention"), "matching head"},
      {"reads a later layer", replaced("dslt.matching", "'inputs':[2]", "'inputs':[5]"), "matching head"},
      {"a tensor that is not there", [](File *file) { file->convs.pop_back(); }, "head.box"},
      {"a tensor of another size", [](File *file) { file->convs[6].in = 6; }, "head.box"},
  });
}

TEST_F(Matching, AHeadThatDoesNotFitIsRefused) {
  const char match_text[] = "'name':'head.match','kind':'conv','inputs':[0],'channels':4";
  const std::vector<Wrong> cases = {
      {"no layer of the score",
       [](File *file) {
         file->replace("dslt.matching", "head.score", "head.points");
         file->convs[5].name = "head.points";
       },
       "head.score"},
      {"a template of another size", set("dslt.matching_sides", "24,32"), "does not fit"},
      {"a tap of other channels", set("dslt.matching_tap", "coarse"), "does not fit"},
      {"a match of 3 x 3 cells",
       [&](File *file) {
         file->replace("dslt.matching", match_text,
                       (std::string(match_text) + ",'kernel':[3,3],'pad':[1,1,1,1]").c_str());
         file->convs[3].kernel = 3;
       },
       "does not fit"},
      {"scores twice as wide",
       [](File *file) {
         file->replace("dslt.matching", "{'name':'head.score'", "{'name':'points'");
         std::string &text = file->metadata["dslt.matching"];
         text.insert(text.size() - 1, ",{'name':'head.score','kind':'upsample','inputs':[4],'factor':[1,2]}");
         file->convs[5].name = "points";
       },
       "does not fit"},
      {"scores twice as high",
       [](File *file) {
         file->replace("dslt.matching", "{'name':'head.score'", "{'name':'points'");
         std::string &text = file->metadata["dslt.matching"];
         text.insert(text.size() - 1, ",{'name':'head.score','kind':'upsample','inputs':[4],'factor':[2,1]}");
         file->convs[5].name = "points";
       },
       "does not fit"},
      {"a match that is no convolution",
       [](File *file) {
         file->replace("dslt.matching", "head.match", "products");
         std::string &text = file->metadata["dslt.matching"];
         text.insert(text.size() - 1, ",{'name':'head.match','kind':'concat','inputs':[1]}");
         file->convs[3].name = "products";
       },
       "lay the responses"},
      {"a match that another layer reads, too",
       [](File *file) {
         file->replace("dslt.matching", "'inputs':[3],'channels':1", "'inputs':[1],'channels':1");
         file->convs[5].in = 4;
       },
       "lay the responses"},
      {"an input that another layer reads, too",
       [](File *file) {
         file->replace("dslt.matching", "'inputs':[3],'channels':1", "'inputs':[0],'channels':1");
         file->convs[5].in = 3;
       },
       "lay the responses"},
      {"the input before the responses",
       [](File *file) { file->replace("dslt.matching", "'inputs':[1,0]", "'inputs':[0,1]"); },
       "lay the responses"},
      {"maps that are not square",
       [](File *file) { file->replace("dslt.graph", "'stride':[2,2]", "'stride':[2,4]"); }, "not square"},
      {"a template's map that is not square",
       [](File *file) {
         // 32 px: 8 x 8 cells; 17 px: 5 x 4
         file->replace("dslt.graph", "'pad':[1,1,1,1]", "'pad':[1,1,1,0]");
         file->metadata["dslt.matching_sides"] = "17,32";
       },
       "not square"},
      {"one tap", set("dslt.taps", "fine"), "two"},
  };
  for (const Wrong &wrong : cases) {
    SCOPED_TRACE(wrong.what);
    File file;
    wrong.change(&file);
    const std::string bytes = file.bytes();
    Weights weights;
    dslt_matching_shape shape;
    ASSERT_EQ(dslt_weights_from_memory(&weights.handle, bytes.data(), bytes.size(), "test"), DSLT_OK)
        << dslt_last_error();
    ASSERT_EQ(dslt_matching_shape_of(&shape, weights.handle), DSLT_EWEIGHTS);
    EXPECT_NE(std::string(dslt_last_error()).find(wrong.sentence), std::string::npos) << dslt_last_error();
    EXPECT_NE(std::string(dslt_last_error()).find("test"), std::string::npos) << dslt_last_error();
    dslt_net *net = nullptr;
    EXPECT_EQ(dslt_matching_plan_head(&net, backend_, weights.handle), DSLT_EWEIGHTS);
    EXPECT_EQ(net, nullptr);
  }
}

TEST_F(Matching, OtherWeightsSayThatTheTrackerNeedsAHead) {
  File file;
  for (const char *key : {"dslt.matching", "dslt.matching_tap", "dslt.matching_sides"})
    file.metadata.erase(key);
  Weights network, vgg;
  load(&network, file.bytes());
  ASSERT_EQ(dslt_weights_random(&vgg.handle, "vgg16/16", 1), DSLT_OK);
  dslt_options *options = nullptr;
  ASSERT_EQ(dslt_options_create(&options, "default"), DSLT_OK) << dslt_last_error();
  for (const Weights *weights : {&network, &vgg}) {
    dslt_matching_shape shape;
    EXPECT_FAILURE(dslt_matching_shape_of(&shape, weights->handle), DSLT_EWEIGHTS, "no matching head");
    dslt_tracker *tracker = nullptr;
    EXPECT_FAILURE(dslt_tracker_create(&tracker, options, weights->handle), DSLT_EWEIGHTS,
                   "no matching head");
    EXPECT_EQ(tracker, nullptr);
  }
  dslt_options_free(options);
}

}  // namespace
