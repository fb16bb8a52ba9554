/* SPDX-License-Identifier: Apache-2.0 */
// cases_input.cpp: from a frame to the network's input.
#include "cases.h"
#include "math/level_cut.h"

namespace bench {
namespace {

// Samples of a frame 640 pixels wide: a place in it is known to 3e-5 pixels in float32, and neighbours of these random
// pixels differ by up to the whole range.
constexpr double kSampled = 1e-4;

Entry crop(int levels, double ratio, dslt_type type, int channels) {
  std::string shape = std::to_string(levels) + " of " + times(kInputWidth, kInputHeight) + "x" +
                      std::to_string(channels) + (type == DSLT_TYPE_F32 ? " f32" : " bf16") + " ratio " +
                      std::to_string(ratio).substr(0, 3);
  return {"crop " + shape, [=](Memory &m, dslt_backend *cpu) {
            dslt_search g = geometry(8, DSLT_SUBCELL_NONE, levels);
            g.area.ratio_x = g.area.ratio_y = ratio;
            const Frame frame = frame_on(m);
            dslt_target_state state = state_in_the_middle();
            const dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            std::size_t values = std::size_t(levels) * kInputWidth * kInputHeight;
            std::size_t element = type == DSLT_TYPE_F32 ? 4 : 2;
            void *out = m.zeros<char>(values * std::size_t(channels) * element);
            int first = -(levels - 1) / 2;
            Case c;
            double side = std::min(480.0, kInputHeight * ratio) * std::min(640.0, kInputWidth * ratio);
            c.bytes = double(values) * channels * double(element) + side * 3;
            c.flops = double(values) * 3 * 2 * (ratio > 1 ? 4 * ratio * ratio : 4);
            c.tolerance = type == DSLT_TYPE_F32 ? kSampled : 1.0 / 256;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_crop(s, out, type, channels, frame.there, &g, &kNorm, there, first, levels,
                                      nullptr);
            };
            c.error = [=] {
              const dslt_image image = frame.image();
              std::vector<float> want(values * 3), got;
              must(cpu->device->begin(cpu));
              must(cpu->device->frame(cpu, &image, NULL));
              must(cpu->vision->crop(cpu, want.data(), nullptr, &g, &kNorm, &state, first, levels));
              must(cpu->device->end(cpu));
              std::vector<float> all;
              if (type == DSLT_TYPE_F32)
                all = get(static_cast<const float *>(out), values * std::size_t(channels));
              else
                for (dslt_bf16 v : get(static_cast<const dslt_bf16 *>(out), values * std::size_t(channels)))
                  all.push_back(dslt_from_bf16(v));
              for (std::size_t i = 0; i < all.size(); ++i)
                if (i % std::size_t(channels) < 3) got.push_back(all[i]);
              return difference(got, want);
            };
            return c;
          }};
}

Entry augment(float sigma) {
  return {std::string("augment ") + times(kInputWidth, kInputHeight) + (sigma > 0 ? " blur" : " mirror"),
          [=](Memory &m, dslt_backend *cpu) {
            std::vector<float> in = noise(3 * kInputWidth * kInputHeight, 1, 120);
            float *from = m.put(in), *out = m.zeros<float>(in.size());
            Case c;
            c.bytes = 8.0 * double(in.size());
            c.flops = sigma > 0 ? 75.0 * double(in.size()) : 0;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_augment(s, out, DSLT_TYPE_F32, 3, from, kInputHeight, kInputWidth, sigma,
                                         200);
            };
            c.error = [=] {
              std::vector<float> want(in.size());
              must(cpu->vision->augment(cpu, want.data(), in.data(), kInputHeight, kInputWidth, sigma, 200));
              return difference(get(out, want.size()), want);
            };
            return c;
          }};
}

Entry crop_boxes() {
  return {
      "crop_boxes 256 of 107x107", [](Memory &m, dslt_backend *cpu) {
        const int count = 256, side = 107;
        const Frame frame = frame_on(m);
        std::vector<dslt_box> boxes;
        for (int i = 0; i < count; ++i)
          boxes.push_back({i * 2.1 - 20, 400 - i * 1.7, 30 + i * 0.9, 160 - i * 0.5});
        const dslt_box *there = m.put(boxes);
        const std::size_t values = std::size_t(count) * side * side * 3;
        float *out = m.zeros<float>(values);
        Case c;
        c.bytes = 4.0 * double(values) + 3.0 * 640 * 480;
        c.flops = double(values) * 2 * 6;
        c.tolerance = kSampled;
        c.launch = [=](dslt_stream s) {
          return dslt_kernel_crop_boxes(s, out, DSLT_TYPE_F32, 3, frame.there, side, side, &kNorm, there,
                                        count, nullptr);
        };
        c.error = [=] {
          const dslt_image image = frame.image();
          std::vector<float> want(values);
          must(cpu->device->frame(cpu, &image, NULL));
          must(cpu->vision->crop_boxes(cpu, want.data(), nullptr, side, side, &kNorm, boxes.data(), count));
          return difference(get(out, values), want);
        };
        return c;
      }};
}

// CFNet's pyramid of whole pixels: 255 of the network for a square of twice a target of 64 x 60 with its context.
Entry crop_levels() {
  return {"crop_levels 3 of 255x255", [](Memory &m, dslt_backend *cpu) {
            dslt_search g = geometry(8, DSLT_SUBCELL_NONE, 3);
            g.area.input_width = g.area.input_height = 255;
            g.area.ratio_x = g.area.ratio_y = 0.976;
            g.scale.step = 1.0575;
            const Frame frame = frame_on(m);
            dslt_target_state state = state_in_the_middle();
            state.cx = 100;  // over the frame's edge, as for many targets
            const std::vector<float> colour = {1, -2, 3};
            const float *fill = m.put(colour);
            const dslt_target_state *there = m.put(std::vector<dslt_target_state>{state});
            const std::size_t side = std::size_t(dslt_region_side_max(&g)), values = 3 * 255 * 255 * 3;
            const dslt_level_cut cut = dslt_level_cut_of(&g, &state, &state);
            float *out = m.zeros<float>(values), *region = m.zeros<float>(3 * side * side);
            Case c;
            const double pixels = double(values) / 3, cells = double(cut.region) * cut.region;
            c.bytes = 3.0 * (cut.x + cut.side) * cut.side + 4.0 * double(values);  // x is left of the frame
            c.flops = 120 * (pixels + cells);  // 4 x 4 taps along one axis, then the other, of three colours
            c.tolerance = kSampled;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_crop_levels(s, out, region, frame.there, &g, &kNorm, fill, there, there, 0,
                                             3, nullptr);
            };
            c.error = [=] {
              const dslt_image image = frame.image();
              std::vector<float> want(values), between(3 * side * side);
              must(cpu->device->frame(cpu, &image, NULL));
              must(cpu->vision->crop_levels(cpu, want.data(), between.data(), &g, &kNorm, colour.data(),
                                            &state, &state, 0, 3));
              return difference(get(out, values), want);
            };
            return c;
          }};
}

Entry mean_colour() {
  return {"mean_colour 640x480", [](Memory &m, dslt_backend *cpu) {
            const Frame frame = frame_on(m);
            float *out = m.zeros<float>(3);
            Case c;
            c.bytes = 3.0 * 640 * 480;
            c.flops = 3.0 * 640 * 480;
            c.tolerance = 2e-5;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_mean_colour(s, out, frame.there, &kNorm, nullptr);
            };
            c.error = [=] {
              const dslt_image image = frame.image();
              std::vector<float> want(3);
              must(cpu->device->frame(cpu, &image, NULL));
              must(cpu->vision->mean_colour(cpu, want.data(), &kNorm));
              return difference(get(out, 3), want);
            };
            return c;
          }};
}

}  // namespace

std::vector<Entry> input_cases() {
  return {
      crop(1, 0.8, DSLT_TYPE_F32, 3),
      crop(3, 0.8, DSLT_TYPE_F32, 3),
      crop(3, 0.8, DSLT_TYPE_BF16, 8),
      crop(3, 2.5, DSLT_TYPE_BF16, 8),
      augment(1.0f),
      augment(0.0f),
      crop_boxes(),
      crop_levels(),
      mean_colour(),
  };
}

}  // namespace bench
