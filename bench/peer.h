/* The peer of the polling benchmarks: thousands of nodes in one process of one thread,
 * each at a loopback address of its own (127.1.x.y), so that a client sees as many hosts.
 * They answer JSON-RPC as the simulated network does. */
#ifndef TOCSIN_BENCH_PEER_H
#define TOCSIN_BENCH_PEER_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum peer_mode {
	PEER_HEALTHY,
	PEER_FIFTH_FAILS, /* one in ten refuses with 503, one in ten takes the request and is silent */
	PEER_HANGS,       /* all take the request and are silent */
};

/* Shared with the process of the peer. */
struct peer_counts {
	atomic_ulong accepted, answered;
	atomic_int mode;
};

struct peer {
	pid_t pid;
	uint16_t port;
	struct peer_counts *counts;
};

enum {
	PEER_NODES_MAX = 250 * 250,
	PEER_URL = 48,
};

/* Starts it. With `moving` blocks come, one each second; else the chain stands still, and
 * every answer to the same question has the same bytes. */
void peer_start(struct peer *peer, int moving);
void peer_stop(struct peer *peer);
void peer_set(struct peer *peer, enum peer_mode mode);
/* Where the i-th node is. */
struct sockaddr_in peer_address(const struct peer *peer, size_t i);
char *peer_url(char dst[PEER_URL], const struct peer *peer, size_t i);

#endif
