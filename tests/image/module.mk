# image_driver: what the bats files of this folder drive the image layer with.
check_PROGRAMS += image_driver
image_driver_SOURCES = tests/image/image_driver.c
image_driver_LDADD = libimage.a libspec.a libconfig.a liblinux.a libbase.a $(JSONC_LIBS)
EXTRA_DIST += tests/image/image.bash tests/image/nasty.py
