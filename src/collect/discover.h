/* Finds a network from a few of its endpoints: the chain, its validators, its pace, and
 * the endpoints of peers where they can be guessed and answer for themselves. */
#ifndef TOCSIN_COLLECT_DISCOVER_H
#define TOCSIN_COLLECT_DISCOVER_H

#include "collect/probe.h"

struct discover_options {
	const char *const *urls; /* as given */
	size_t url_count;
	const char *const *headers; /* for the URLs that were given, never for guessed ones */
	const char *ca_file;
	bool no_peers; /* do not try to reach peers */
};

enum {
	DISCOVERED_NAME = 49,
	LEFT_OUT_TEXT = 200,
};

/* Whether an endpoint belongs to the network that was found. */
enum membership {
	MEMBER,
	MEMBER_SILENT, /* it did not answer; a person named it, so it stays */
	OTHER_CHAIN,
	OTHER_GENESIS, /* same chain id, another history */
	SAME_NODE,     /* another way to a node that was given before */
	NO_NODE,       /* what answers there does not speak JSON-RPC */
};
/* Whether it is written as a node of the network. */
bool membership_keeps(enum membership membership);

struct discovered_node {
	char *url;
	char name[DISCOVERED_NAME]; /* unique; letters, digits and "-_.:" */
	enum membership membership;
	bool guessed;        /* from a peer's address; else it was given */
	bool secret;         /* its URL holds one */
	size_t told_by;      /* guessed: the index of the node that told */
	size_t same_as;      /* the index of an earlier endpoint of the same node, or its own */
	bool has_validators; /* it is known who validates, and so what this node is */
	bool is_validator;
	struct probe probe;
};

/* A peer that has no endpoint here. */
struct discovered_peer {
	struct probe_peer peer;
	size_t told_by;
	char why[160]; /* why it has none: "http://10.0.0.5:8545: connection refused" */
};

struct discovery {
	struct discovered_node *nodes; /* the given ones first, in their order */
	size_t node_count;
	struct discovered_peer *peers;
	size_t peer_count;
	size_t lead; /* the first of those whose chain this is: the chain that most say */
	bool tied;   /* as many endpoints say another chain or genesis block */
	uint64_t chain_id;
	const struct address *validators; /* ascending; of the node at validators_by */
	size_t validator_count, validators_by;
	int64_t block_period_ms, request_timeout_ms, empty_period_ms; /* 0: not told */
	size_t periods_by;                                            /* the node that told them */
	int64_t pace_ms;                                              /* measured by the lead's headers, 0 unknown */
};

/* Takes at most about ten seconds. STATUS_NETWORK when no URL answered, STATUS_USAGE when one
 * is no URL; out must be freed with discovery_free either way. */
enum status discover(const struct discover_options *options, const struct clock *clock, struct discovery *out, struct error *err) TOCSIN_CHECK;
void discovery_free(struct discovery *discovery);
/* Why a node is left out: "it answers with chain id 1, and a with 138". */
char *discovery_left_out(const struct discovery *discovery, const struct discovered_node *node, char *dst, size_t size);
/* The node that runs this validator; NULL when none showed its key. */
const struct discovered_node *discovery_node_of(const struct discovery *discovery, const struct address *validator);

/* --- for tests ------------------------------------------------------------- */

/* Where the endpoint of a peer may be, when the node at `url` told of it: its address
 * with the same port; on this machine, the port moved as far as the listeners are
 * apart. False when there is nothing to try. Secrets of `url` are not carried over. */
bool discover_guess(const char *url, unsigned own_listener, const struct probe_peer *peer, char *out, size_t size) TOCSIN_CHECK;

#endif
