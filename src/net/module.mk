noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = src/net/net.h src/net/internal.h src/net/netlink.c src/net/tap.c
