/* SPDX-License-Identifier: Apache-2.0 */
/* tables.cpp: errors, presets, backends, options and weights. */
#include <nanobind/stl/string.h>

#include "binding.h"

namespace {

constexpr size_t kValueSize = 4096; /* more than any option's text */

nb::list errors() {
  nb::list out;
#define DSLT_XX(name, number, text) out.append(nb::make_tuple(-(number), "DSLT_E" #name, text));
  DSLT_ERROR_MAP(DSLT_XX)
#undef DSLT_XX
  return out;
}

nb::list presets() {
  nb::list out;
  dslt_preset_info info;
  for (int i = 0; dslt_preset_describe(&info, i) == DSLT_OK; ++i)
    out.append(nb::make_tuple(info.name, info.tracker, info.summary));
  return out;
}

nb::list backends() {
  nb::list out;
  dslt_backend_info info;
  for (int i = 0; dslt_backend_query(&info, i) == DSLT_OK; ++i)
    out.append(nb::make_tuple(info.name, info.compiled != 0, info.available != 0, info.bf16 != 0, info.device,
                              info.library));
  return out;
}

std::string get(const Options &options, const std::string &key) {
  std::string text(kValueSize, 0);
  check(dslt_options_get(&text[0], text.size(), options.handle.get(), key.c_str()));
  text.resize(text.find('\0'));
  return text;
}

void set(Options &options, const std::string &key, const std::string &value) {
  check(dslt_options_set(options.handle.get(), key.c_str(), value.c_str()));
}

nb::list describe(const Options &options) {
  nb::list out;
  dslt_option_info info;
  for (int i = 0; dslt_options_describe(&info, options.handle.get(), i) == DSLT_OK; ++i)
    out.append(
        nb::make_tuple(info.key, get(options, info.key), info.symbol, info.values, info.help, info.tracker));
  return out;
}

}  // namespace

Options::Options(const char *preset) : handle(nullptr, dslt_options_free) {
  dslt_options *made = nullptr;
  check(dslt_options_create(&made, preset));
  handle.reset(made);
}

Options::Options(const nb::bytes &state) : handle(nullptr, dslt_options_free) {
  dslt_options *made = nullptr;
  check(dslt_options_load(&made, state.c_str(), state.size()));
  handle.reset(made);
}

Weights::Weights(const std::string &given) : name(given) {
  nb::gil_scoped_release released;
  dslt_weights *made = nullptr;
  check(dslt_weights_load(&made, name.c_str()));
  handle.reset(made, dslt_weights_free);
}

void bind_tables(nb::module_ &m) {
  m.def("version", &dslt_version);
  m.def("errors", &errors, "(code, name, text) of each error.");
  m.def("presets", &presets, "(name, tracker, summary) of each preset.");
  m.def("backends", &backends, "(name, compiled, available, bf16, device, library) of each backend.");
  nb::class_<Options>(m, "Options")
      .def(nb::init<const char *>(), nb::arg("preset"))
      .def_static(
          "load", [](const nb::bytes &state) { return new Options(state); }, nb::arg("state"))
      .def("get", &get, nb::arg("key"))
      .def("set", &set, nb::arg("key"), nb::arg("value"))
      .def("check", [](const Options &o) { check(dslt_options_check(o.handle.get())); })
      .def("describe", &describe, "(key, value, symbol, values, help, tracker) of each option.")
      .def_prop_ro("preset", [](const Options &o) { return dslt_options_preset(o.handle.get()); })
      .def_prop_ro("weights", [](const Options &o) { return dslt_options_weights(o.handle.get()); })
      .def_prop_ro("tracker", [](const Options &o) { return dslt_options_tracker(o.handle.get()); });
  nb::class_<Weights>(m, "Weights")
      .def(nb::init<const std::string &>(), nb::arg("name"))
      .def_ro("name", &Weights::name)
      .def_prop_ro("preset", [](const Weights &w) { return dslt_weights_preset(w.handle.get()); });
}
