noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = src/net/net.h src/net/internal.h src/net/netlink.c src/net/tap.c src/net/veth.c \
	src/net/start.c src/net/resolv.c

# What runs inside sandbox-net, but for libslirp and the confinement: unit tests and
# fuzzers link it as well.
noinst_LIBRARIES += libnethelper.a
libnethelper_a_SOURCES = src/net/helper.h src/net/frame.c src/net/filter.c src/net/dns.c \
	src/net/dns_stream.c src/net/pollset.c src/net/confine_filter.c
