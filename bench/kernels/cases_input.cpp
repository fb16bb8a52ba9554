/* SPDX-License-Identifier: Apache-2.0 */
// cases_input.cpp: from a frame to the network's input, and first weights.
#include <memory>

#include "cases.h"
#include "pack.h"

namespace bench {
namespace {

Entry crop(int levels, double ratio, dslt_type type, int channels) {
  std::string shape = std::to_string(levels) + " of " + times(kInputWidth, kInputHeight) + "x" +
                      std::to_string(channels) + (type == DSLT_TYPE_F32 ? " f32" : " bf16") + " ratio " +
                      std::to_string(ratio).substr(0, 3);
  return {"crop " + shape, [=](Memory &m, dslt_backend *cpu) {
            dslt_search g = geometry(8, DSLT_SUBCELL_NONE, levels);
            g.area.ratio_x = g.area.ratio_y = ratio;
            dslt_input_norm norm = {0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}};
            auto pixels = std::make_shared<std::vector<uint8_t>>();
            for (float v : noise(640 * 480 * 3, 1)) pixels->push_back(uint8_t(127.5f + 127.5f * v));
            dslt_frame_view view;
            must(dslt_kernel_frame_view(&view, m.put(*pixels), 640 * 3, 640, 480, DSLT_BGR8));
            const dslt_frame_view *frame = m.put(std::vector<dslt_frame_view>{view});
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
            c.tolerance = type == DSLT_TYPE_F32 ? 2e-5 : 1.0 / 256;
            c.launch = [=](dslt_stream s) {
              return dslt_kernel_crop(s, out, type, channels, frame, &g, &norm, there, first, levels,
                                      nullptr);
            };
            c.error = [=] {
              dslt_image image = {};
              image.data = pixels->data();
              image.width = 640;
              image.height = 480;
              image.stride = 640 * 3;
              image.format = DSLT_BGR8;
              std::vector<float> want(values * 3), got;
              must(cpu->device->begin(cpu));
              must(cpu->device->frame(cpu, &image, NULL));
              must(cpu->vision->crop(cpu, want.data(), nullptr, &g, &norm, &state, first, levels));
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
        const dslt_input_norm norm = {0, {103.939f, 116.779f, 123.68f}, {1, 1, 1}};
        auto pixels = std::make_shared<std::vector<uint8_t>>();
        for (float v : noise(640 * 480 * 3, 1)) pixels->push_back(uint8_t(127.5f + 127.5f * v));
        dslt_frame_view view;
        must(dslt_kernel_frame_view(&view, m.put(*pixels), 640 * 3, 640, 480, DSLT_BGR8));
        const dslt_frame_view *frame = m.put(std::vector<dslt_frame_view>{view});
        std::vector<dslt_box> boxes;
        for (int i = 0; i < count; ++i)
          boxes.push_back({i * 2.1 - 20, 400 - i * 1.7, 30 + i * 0.9, 160 - i * 0.5});
        const dslt_box *there = m.put(boxes);
        const std::size_t values = std::size_t(count) * side * side * 3;
        float *out = m.zeros<float>(values);
        Case c;
        c.bytes = 4.0 * double(values) + 3.0 * 640 * 480;
        c.flops = double(values) * 2 * 6;
        c.tolerance = 2e-5;
        c.launch = [=](dslt_stream s) {
          return dslt_kernel_crop_boxes(s, out, DSLT_TYPE_F32, 3, frame, side, side, &norm, there, count,
                                        nullptr);
        };
        c.error = [=] {
          const dslt_image image = {pixels->data(), 640, 480, 640 * 3, DSLT_BGR8};
          std::vector<float> want(values);
          must(cpu->device->frame(cpu, &image, NULL));
          must(cpu->vision->crop_boxes(cpu, want.data(), nullptr, side, side, &norm, boxes.data(), count));
          return difference(get(out, values), want);
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
  };
}

}  // namespace bench
