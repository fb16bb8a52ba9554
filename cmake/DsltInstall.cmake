# make install, pkg-config and find_package(dslt).
