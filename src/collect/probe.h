/* A first look at endpoints: each is asked once what it is and what it offers, all at
 * the same time, within a deadline. `init` and `doctor` use it; nothing is polled. */
#ifndef TOCSIN_COLLECT_PROBE_H
#define TOCSIN_COLLECT_PROBE_H

#include "base/json.h"
#include "collect/protocol.h"

struct probe_spec {
	const char *url;
	const char *const *headers; /* secrets: NULL-terminated, or NULL */
	const char *ca_file;
	int64_t timeout_ms; /* of one request; 0: 3,000 */
	bool peers;         /* ask for its peers and for the pace of its blocks too */
};

/* Where another node says that a peer of its is. */
struct probe_peer {
	uint8_t key[64]; /* public key; all 0 when it is not told */
	char host[64];   /* an IP address, checked to be one */
	unsigned port;   /* of its peer-to-peer listener, 0 unknown */
	char version[96];
};

struct probe {
	enum reach reach;              /* REACH_OK: it speaks JSON-RPC */
	char why[120];                 /* unless REACH_OK */
	bool foreign;                  /* what answers there does not speak JSON-RPC */
	int64_t first_us;              /* the first answer, connecting included; 0: none came */
	int64_t again_us;              /* a later answer on the same connection; 0: none was asked */
	bool has_skew;                 /* it sent a Date header */
	int64_t certificate_expiry_us; /* 0: no TLS */
	bool single;                   /* takes no batches */
	struct node_sample sample;     /* what it said of itself; `has` tells which fields */
	bool has_genesis;
	struct hash256 genesis;
	uint8_t key[64];        /* its node's public key; all 0 when it is not told */
	unsigned listener_port; /* of its peer-to-peer listener, 0 unknown */
	int64_t pace_ms;        /* usual time between its last blocks, 0 unknown */
	struct probe_peer *peers;
	size_t peer_count;
};

/* Asks all of them and fills out[count]. Takes at most `deadline_ms`: who is not done by
 * then keeps what it told, or is unreachable. Free each with probe_free. */
void probe_all(const struct probe_spec *specs, size_t count, int64_t deadline_ms, const struct clock *clock, struct probe *out);
void probe_free(struct probe *probe);

/* Whether a public key was told; all 0 is none. */
bool probe_key_known(const uint8_t key[64]);

/* --- for tests ------------------------------------------------------------- */

/* Reads the list that admin_peers gives. */
void probe_read_peers(struct probe *probe, const struct json *result);
/* Reads "enode://KEY@HOST:PORT". False unless all three are there and HOST is an IP
 * address. */
bool probe_read_enode(const char *enode, struct probe_peer *out) TOCSIN_CHECK;

#endif
