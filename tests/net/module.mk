# setup.bash comes along with the bats files.
EXTRA_DIST += tests/net/setup.bash

# A launch in small, for tests/net/*.bats and bench/network.
check_PROGRAMS += net_driver
net_driver_SOURCES = tests/net/net_driver.c
net_driver_LDADD = libnet.a libspec.a libconfig.a liblinux.a libbase.a $(JSONC_LIBS)

# The other end: servers, clients, and a source of hostile frames.
check_PROGRAMS += net_peer
net_peer_SOURCES = tests/net/net_peer.c
net_peer_LDADD = libnethelper.a $(net_driver_LDADD)
