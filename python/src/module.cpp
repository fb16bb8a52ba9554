/* SPDX-License-Identifier: Apache-2.0 */
/* module.cpp: the extension module dslt._dslt, the C interface for the package's Python files. */
#include "binding.h"

namespace {

/* A Failure becomes what dslt._errors.from_code() makes of it. */
void translate(const std::exception_ptr &thrown, void *) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Failure &failure) {
    nb::object error =
        nb::module_::import_("dslt._errors").attr("from_code")(failure.code, failure.message.c_str());
    PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(error.ptr())), error.ptr());
  }
}

}  // namespace

NB_MODULE(_dslt, m) {
  nb::set_leak_warnings(
      false); /* a library prints nothing, also when the interpreter ends in the middle of a call */
  nb::register_exception_translator(translate);
  bind_tables(m);
  bind_trackers(m);
}
