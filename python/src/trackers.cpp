/* SPDX-License-Identifier: Apache-2.0 */
/* trackers.cpp: one target, and several in one video. */
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <cstring>
#include <vector>

#include "binding.h"

dslt_box box_of(nb::handle box) {
  double side[4];
  if (nb::len(box) != 4) throw Failure{DSLT_EBOX, "A box has four numbers: x, y, width and height."};
  for (size_t i = 0; i < 4; ++i) side[i] = nb::cast<double>(box[i]);
  return {side[0], side[1], side[2], side[3]};
}

nb::tuple result_tuple(const dslt_result &r) {
  const double *t = r.stage_ms;
  return nb::make_tuple(nb::make_tuple(r.box.x, r.box.y, r.box.width, r.box.height), r.peak, r.lost != 0,
                        r.found != 0, r.scale_level, r.steps, r.loss,
                        nb::make_tuple(t[0], t[1], t[2], t[3], t[4], t[5]));
}
static_assert(DSLT_STAGE_COUNT == 6, "result_tuple() and dslt/_tracker.py list the stages");

nb::object response_array(const dslt_response &response) {
  const size_t height = static_cast<size_t>(response.height), width = static_cast<size_t>(response.width);
  float *copy = new float[height * width];
  nb::capsule owner(copy, [](void *p) noexcept { delete[] static_cast<float *>(p); });
  memcpy(copy, response.data, height * width * sizeof *copy);
  return nb::cast(nb::ndarray<nb::numpy, float, nb::ndim<2>>(copy, {height, width}, owner));
}

namespace {

nb::tuple response_tuple(const dslt_response &response, const std::vector<float> &map) {
  dslt_response copied = response;
  copied.data = map.data();
  const dslt_box &w = response.window;
  return nb::make_tuple(response_array(copied), nb::make_tuple(w.x, w.y, w.width, w.height));
}

std::vector<float> map_of(const dslt_response &r) {
  return std::vector<float>(r.data, r.data + static_cast<size_t>(r.width) * static_cast<size_t>(r.height));
}

/* Each method takes its turn, so that threads may share an object: calls wait for one another. */
class Tracker {
 public:
  Tracker(const Options &options, const Weights &weights) : weights_(weights.handle) {
    nb::gil_scoped_release released;
    check(dslt_tracker_create(&tracker_, options.handle.get(), weights_.get()));
  }
  /* The one that was saved. */
  Tracker(const nb::bytes &state, const Options &options, const Weights &weights) : weights_(weights.handle) {
    const char *bytes = state.c_str();
    const size_t size = state.size();
    nb::gil_scoped_release released;
    check(dslt_tracker_load(&tracker_, bytes, size, options.handle.get(), weights_.get()));
  }
  ~Tracker() { dslt_tracker_free(tracker_); }
  Tracker(const Tracker &) = delete;
  Tracker &operator=(const Tracker &) = delete;

  nb::tuple init(nb::handle array, int format, nb::handle box) {
    const dslt_box target = box_of(box);
    const Frame frame(array, format);
    dslt_result result;
    {
      Turn turn(mutex_);
      check(dslt_tracker_init(tracker_, frame.image(), &target));
      check(dslt_tracker_init_result(&result, tracker_));
    }
    return result_tuple(result);
  }

  nb::tuple update(nb::handle array, int format) {
    const Frame frame(array, format);
    dslt_result result;
    {
      Turn turn(mutex_);
      check(dslt_tracker_update(&result, tracker_, frame.image()));
    }
    return result_tuple(result);
  }

  nb::bytes save() {
    void *state = nullptr;
    size_t size = 0;
    {
      Turn turn(mutex_);
      check(dslt_tracker_save(&state, &size, tracker_));
    }
    const std::unique_ptr<void, void (*)(void *)> owner(state, dslt_state_free);
    return nb::bytes(static_cast<const char *>(state), size);
  }

  nb::tuple result() {
    dslt_result result;
    {
      Turn turn(mutex_);
      check(dslt_tracker_result(&result, tracker_));
    }
    return result_tuple(result);
  }

  nb::tuple response() {
    dslt_response response;
    std::vector<float> map;
    {
      Turn turn(mutex_);
      check(dslt_tracker_response(&response, tracker_));
      map = map_of(response);
    }
    return response_tuple(response, map);
  }

  nb::list init_losses() {
    std::vector<float> losses;
    {
      Turn turn(mutex_);
      const float *values = nullptr;
      int count = 0;
      check(dslt_tracker_init_losses(&values, &count, tracker_));
      losses.assign(values, values + count);
    }
    nb::list out;
    for (float loss : losses) out.append(loss);
    return out;
  }

  const char *backend() const { return dslt_tracker_backend(tracker_); }
  const char *precision() const { return dslt_tracker_precision(tracker_); }
  std::string note() const { return dslt_tracker_note(tracker_); }

 private:
  WeightsPtr weights_; /* outlives the tracker */
  dslt_tracker *tracker_ = nullptr;
  std::mutex mutex_;
};

class Group {
 public:
  Group(const Options &options, const Weights &weights) : weights_(weights.handle) {
    nb::gil_scoped_release released;
    check(dslt_group_create(&group_, options.handle.get(), weights_.get()));
  }
  ~Group() { dslt_group_free(group_); }
  Group(const Group &) = delete;
  Group &operator=(const Group &) = delete;

  nb::list init(nb::handle array, int format, nb::handle boxes) {
    std::vector<dslt_box> targets;
    for (nb::handle box : boxes) targets.push_back(box_of(box));
    if (targets.empty() || targets.size() > DSLT_GROUP_TARGETS)
      throw Failure{DSLT_EARGUMENT, "A group takes 1 to " + std::to_string(DSLT_GROUP_TARGETS) +
                                        " boxes, not " + std::to_string(targets.size()) + "."};
    const Frame frame(array, format);
    std::vector<dslt_result> results(targets.size());
    {
      Turn turn(mutex_);
      check(dslt_group_init(group_, frame.image(), targets.data(), static_cast<int>(targets.size())));
      for (size_t i = 0; i < results.size(); ++i)
        check(dslt_group_init_result(&results[i], group_, static_cast<int>(i)));
    }
    return list_of(results);
  }

  nb::list update(nb::handle array, int format) {
    const Frame frame(array, format);
    std::vector<dslt_result> results;
    {
      Turn turn(mutex_);
      results.resize(static_cast<size_t>(dslt_group_count(group_)) +
                     1); /* a group without targets says so itself */
      check(dslt_group_update(results.data(), group_, frame.image()));
      results.pop_back();
    }
    return list_of(results);
  }

  nb::tuple add(nb::handle array, int format, nb::handle box) {
    const dslt_box target = box_of(box);
    const Frame frame(array, format);
    dslt_result result;
    {
      Turn turn(mutex_);
      check(dslt_group_add(group_, frame.image(), &target));
      check(dslt_group_init_result(&result, group_, dslt_group_count(group_) - 1));
    }
    return result_tuple(result);
  }

  void remove(int target) {
    Turn turn(mutex_);
    check(dslt_group_remove(group_, target));
  }

  nb::tuple response(int target) {
    dslt_response response;
    std::vector<float> map;
    {
      Turn turn(mutex_);
      check(dslt_group_response(&response, group_, target));
      map = map_of(response);
    }
    return response_tuple(response, map);
  }

  int count() {
    Turn turn(mutex_);
    return dslt_group_count(group_);
  }

  const char *backend() const { return dslt_group_backend(group_); }
  const char *precision() const { return dslt_group_precision(group_); }
  std::string note() const { return dslt_group_note(group_); }

 private:
  static nb::list list_of(const std::vector<dslt_result> &results) {
    nb::list out;
    for (const dslt_result &result : results) out.append(result_tuple(result));
    return out;
  }

  WeightsPtr weights_; /* outlives the group */
  dslt_group *group_ = nullptr;
  std::mutex mutex_;
};

}  // namespace

void bind_trackers(nb::module_ &m) {
  m.attr("GROUP_TARGETS") = DSLT_GROUP_TARGETS;
  nb::class_<Tracker>(m, "Tracker")
      .def(nb::init<const Options &, const Weights &>(), nb::arg("options"), nb::arg("weights"))
      .def("init", &Tracker::init, nb::arg("frame"), nb::arg("format"), nb::arg("box"))
      .def("update", &Tracker::update, nb::arg("frame"), nb::arg("format"))
      .def_static(
          "load",
          [](const nb::bytes &state, const Options &options, const Weights &weights) {
            return new Tracker(state, options, weights);
          },
          nb::arg("state"), nb::arg("options"), nb::arg("weights"))
      .def("save", &Tracker::save)
      .def("result", &Tracker::result)
      .def("response", &Tracker::response)
      .def("init_losses", &Tracker::init_losses)
      .def_prop_ro("backend", &Tracker::backend)
      .def_prop_ro("precision", &Tracker::precision)
      .def_prop_ro("note", &Tracker::note);
  nb::class_<Group>(m, "Group")
      .def(nb::init<const Options &, const Weights &>(), nb::arg("options"), nb::arg("weights"))
      .def("init", &Group::init, nb::arg("frame"), nb::arg("format"), nb::arg("boxes"))
      .def("update", &Group::update, nb::arg("frame"), nb::arg("format"))
      .def("add", &Group::add, nb::arg("frame"), nb::arg("format"), nb::arg("box"))
      .def("remove", &Group::remove, nb::arg("target"))
      .def("response", &Group::response, nb::arg("target"))
      .def("count", &Group::count)
      .def_prop_ro("backend", &Group::backend)
      .def_prop_ro("precision", &Group::precision)
      .def_prop_ro("note", &Group::note);
}
