/* Finding a network: what is read of enodes and peers, where a peer's endpoint is looked
 * for, who belongs to the network, and that what is written down can be read again. */
#include "collect_fixture.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/discover.h"
#include "drill/sim.h"
#include "watch/compose.h"
#include "watch/config.h"

#include <ctype.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define KEY_HEX "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111122"

/* --- what peers tell ---------------------------------------------------------------- */

static void enodes(void **state)
{
	static const struct {
		const char *name, *enode, *host;
		unsigned port;
	} cases[] = {
		{"IPv4", "enode://" KEY_HEX "@10.1.2.3:30303", "10.1.2.3", 30303},
		{"a query after it", "enode://" KEY_HEX "@10.1.2.3:30303?discport=0", "10.1.2.3", 30303},
		{"IPv6", "enode://" KEY_HEX "@[fd00::7]:30305", "fd00::7", 30305},
		{"a name is not resolved", "enode://" KEY_HEX "@evil.example:30303", NULL, 0},
		{"no port", "enode://" KEY_HEX "@10.1.2.3", NULL, 0},
		{"a port beyond all ports", "enode://" KEY_HEX "@10.1.2.3:70000", NULL, 0},
		{"a short key", "enode://1234@10.1.2.3:30303", NULL, 0},
		{"another scheme", "http://" KEY_HEX "@10.1.2.3:30303", NULL, 0},
		{"nothing", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct probe_peer peer = {0};
		bool ok = probe_read_enode(cases[i].enode, &peer);
		if (ok != (cases[i].host != NULL))
			fail_msg("%s: %s", cases[i].name, ok ? "was taken" : "was refused");
		if (!ok)
			continue;
		assert_string_equal(peer.host, cases[i].host);
		assert_int_equal(peer.port, cases[i].port);
		assert_int_equal(peer.key[63], 0x22);
	}
}

static void guesses(void **state)
{
	static const struct {
		const char *name, *url;
		unsigned own;
		const char *host;
		unsigned port;
		const char *guess;
	} cases[] = {
		{"the same port", "http://10.0.0.1:8545", 30303, "10.0.0.2", 30303, "http://10.0.0.2:8545"},
		{"TLS stays TLS", "https://rpc.example.com", 30303, "10.0.0.2", 30303, "https://10.0.0.2:443"},
		{"no secret is carried over", "http://user:pass@10.0.0.1:8545/v3/key?token=1", 30303, "10.0.0.2", 30303, "http://10.0.0.2:8545"},
		{"IPv6", "http://[fd00::1]:8545", 30303, "fd00::2", 30303, "http://[fd00::2]:8545"},
		{"neighbours on this machine", "http://127.0.0.1:8545", 30303, "127.0.0.1", 30305, "http://127.0.0.1:8547"},
		{"the node itself", "http://127.0.0.1:8545", 30303, "127.0.0.1", 30303, NULL},
		{"the loopback of another machine", "http://10.0.0.1:8545", 30303, "127.0.0.1", 30305, NULL},
		{"beyond all ports", "http://127.0.0.1:65535", 30303, "127.0.0.1", 30305, NULL},
		{"a group of machines", "http://10.0.0.1:8545", 30303, "224.0.0.1", 30303, NULL},
		{"nobody's address", "http://10.0.0.1:8545", 30303, "0.0.0.0", 30303, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct probe_peer peer = {.port = cases[i].port};
		char out[96] = "";
		text_format(peer.host, sizeof(peer.host), "%s", cases[i].host);
		bool ok = discover_guess(cases[i].url, cases[i].own, &peer, out, sizeof(out));
		if (ok != (cases[i].guess != NULL) || (ok && strcmp(out, cases[i].guess) != 0))
			fail_msg("%s: %s", cases[i].name, ok ? out : "no guess");
	}
}

static void peer_lists(void **state)
{
	static const char text[] =
		"[{\"id\":\"0x" KEY_HEX "\",\"name\":\"besu/v1\\u202e\",\"enode\":\"enode://" KEY_HEX "@0.0.0.0:30303\",\"network\":{\"remoteAddress\":\"10.0.0.9:51234\"}},"
		"{\"id\":\"short\",\"network\":{\"remoteAddress\":\"[fd00::9]:30303\"}},"
		"{\"enode\":\"enode://nonsense\"}, 7, null, {\"network\":{\"remoteAddress\":\"evil.example:80\"}}]";
	struct probe probe = {0};
	struct error err = {0};
	struct json *root = json_parse(text, strlen(text), 1 << 20, &err);

	(void)state;
	if (!root)
		fail_msg("%s", err.text);
	probe_read_peers(&probe, root);
	assert_int_equal(probe.peer_count, 2);
	assert_string_equal(probe.peers[0].host, "10.0.0.9"); /* it announces none; this is where it is */
	assert_int_equal(probe.peers[0].port, 30303);
	assert_true(text_is_clean(probe.peers[0].version, strlen(probe.peers[0].version)));
	assert_string_equal(probe.peers[1].host, "fd00::9");
	assert_false(probe_key_known(probe.peers[1].key));
	json_free(root);
	probe_free(&probe);
}

/* --- nodes of our own making ------------------------------------------------------------ */

struct node {
	struct MHD_Daemon *daemon;
	unsigned port;
	uint64_t chain_id; /* 0: a web page */
	char genesis;      /* the digit its genesis hash is made of */
	char key;          /* the digit its key is made of; 0: no ADMIN */
	unsigned listener;
	unsigned peer; /* the listener of its one peer on this machine, 0 none */
	bool single;   /* refuses batches */
	bool has_authorization;
};

static void put_block(struct json_writer *w, const struct node *node, uint64_t number)
{
	char text[HASH_TEXT];

	json_begin_object(w, "result");
	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	json_put_string(w, "number", text);
	snprintf(text, sizeof(text), "0x%" PRIx64, 1700000000 + number * 3);
	json_put_string(w, "timestamp", text);
	snprintf(text, sizeof(text), "0x%064" PRIx64, number);
	if (number == 0)
		memset(text + 2, node->genesis, 64);
	json_put_string(w, "hash", text);
	json_put_string(w, "parentHash", "0x0000000000000000000000000000000000000000000000000000000000000001");
	json_end_object(w);
}

static void put_enode(struct json_writer *w, char key, unsigned port)
{
	char text[200] = "enode://";
	size_t at = strlen(text);

	memset(text + at, key, 128);
	snprintf(text + at + 128, sizeof(text) - at - 128, "@127.0.0.1:%u", port);
	json_put_string(w, "enode", text);
}

static void answer_one(const struct node *node, const struct json *request, struct json_writer *w)
{
	const char *method = json_string(json_get(request, "method"));
	int64_t id = 0;
	uint64_t number = 130;
	char text[24];

	method = method ? method : "";
	json_begin_object(w, NULL);
	if (json_i64(json_get(request, "id"), &id))
		json_put_i64(w, "id", id);
	if (strcmp(method, "eth_getBlockByNumber") == 0) {
		if (!json_quantity(json_first(json_get(request, "params")), &number))
			number = 130;
		put_block(w, node, number);
	} else if (strcmp(method, "eth_chainId") == 0) {
		snprintf(text, sizeof(text), "0x%" PRIx64, node->chain_id);
		json_put_string(w, "result", text);
	} else if (node->key && strcmp(method, "admin_nodeInfo") == 0) {
		json_begin_object(w, "result");
		put_enode(w, node->key, node->listener);
		json_end_object(w);
	} else if (node->key && strcmp(method, "admin_peers") == 0) {
		json_begin_array(w, "result");
		if (node->peer) {
			json_begin_object(w, NULL);
			put_enode(w, (char)(node->key + 1), node->peer);
			json_end_object(w);
		}
		json_end_array(w);
	} else {
		put_no_method(w);
	}
	json_end_object(w);
}

static unsigned answer_body(const struct node *node, const struct buf *body, struct buf *out)
{
	struct json *root = json_parse(buf_text(body), body->len, 4 * (size_t)FIXTURE_LIMIT, NULL);
	struct json_writer w;

	json_writer_init(&w, out, false);
	if (node->chain_id == 0) {
		json_free(root);
		buf_puts(out, "<html>Welcome</html>");
		return 200;
	}
	if (json_is_array(root) && node->single) {
		json_free(root);
		buf_puts(out, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Invalid Request\"}}");
		return 400;
	}
	if (json_is_array(root)) {
		json_begin_array(&w, NULL);
		for (const struct json *request = json_first(root); request; request = json_next(request))
			answer_one(node, request, &w);
		json_end_array(&w);
	} else {
		answer_one(node, root, &w);
	}
	json_free(root);
	return 200;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url TOCSIN_UNUSED, const char *method TOCSIN_UNUSED, const char *version TOCSIN_UNUSED, const char *data, size_t *size, void **state)
{
	struct node *node = arg;
	struct buf *body = *state;
	struct buf out;

	if (!body) {
		*state = body = xcalloc(1, sizeof(*body));
		buf_init(body, FIXTURE_LIMIT);
		return MHD_YES;
	}
	if (*size > 0) {
		buf_add(body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"))
		node->has_authorization = true;
	buf_init(&out, FIXTURE_LIMIT);
	unsigned status = answer_body(node, body, &out);
	struct MHD_Response *response = MHD_create_response_from_buffer(out.len, (void *)(uintptr_t)buf_text(&out), MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	buf_free(&out);
	return result;
}

static void completed(void *arg TOCSIN_UNUSED, struct MHD_Connection *connection TOCSIN_UNUSED, void **state, enum MHD_RequestTerminationCode code TOCSIN_UNUSED)
{
	struct buf *body = *state;

	if (!body)
		return;
	buf_free(body);
	free(body);
	*state = NULL;
}

static void node_start(struct node *node)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	node->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, node,
					MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	assert_non_null(node->daemon);
	node->port = MHD_get_daemon_info(node->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void node_url(char dst[64], const struct node *node)
{
	snprintf(dst, 64, "http://127.0.0.1:%u", node->port);
}

/* --- who belongs to it --------------------------------------------------------------------- */

static void members_and_strangers(void **state)
{
	struct node nodes[] = {
		{.chain_id = 138, .genesis = 'a', .key = '1', .listener = 30303, .single = true},
		{.chain_id = 1, .genesis = 'a'},
		{.chain_id = 138, .genesis = 'b'},
		{.chain_id = 138, .genesis = 'a', .key = '1', .listener = 30303},
	};
	static const enum membership wanted[] = {MEMBER, OTHER_CHAIN, OTHER_GENESIS, SAME_NODE, MEMBER_SILENT};
	char urls[5][64] = {"", "", "", "", "http://127.0.0.1:1"};
	const char *list[5];
	struct discovery d;
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(nodes); i++) {
		node_start(&nodes[i]);
		node_url(urls[i], &nodes[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++)
		list[i] = urls[i];
	struct discover_options options = {.urls = list, .url_count = ARRAY_LENGTH(list)};
	if (discover(&options, clock_system(), &d, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_int_equal(d.node_count, ARRAY_LENGTH(wanted));
	for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
		if (d.nodes[i].membership != wanted[i])
			fail_msg("node %zu: membership %d", i, (int)d.nodes[i].membership);
	assert_int_equal(d.chain_id, 138);
	assert_true(d.nodes[0].probe.single);
	assert_false(d.nodes[3].probe.single);
	assert_int_equal(d.pace_ms, 3000); /* measured call by call, too */
	assert_int_equal(d.nodes[3].same_as, 0);
	assert_string_equal(d.nodes[0].name, "node-11111111");
	assert_string_equal(d.nodes[3].name, "node-11111111-2");

	struct compose_options compose = {0};
	struct config config;
	struct config_problems problems = {0};
	struct buf text;
	buf_init(&text, COMPOSE_BYTES_MAX);
	compose_config(&d, &compose, &text);
	if (config_parse(buf_text(&text), text.len, "t.conf", &config, &problems) != STATUS_OK)
		fail_msg("%s", problems.items[0].text);
	assert_int_equal(config.node_count, 2); /* without the strangers, and each node once */
	assert_int_equal(config.chain_id, 138);
	assert_int_equal(config.validator_count, 0);
	assert_non_null(strstr(buf_text(&text), "Left out: it answers with chain id 1,"));
	assert_non_null(strstr(buf_text(&text), "not the genesis block"));
	assert_non_null(strstr(buf_text(&text), "Left out: it is the same node as node-11111111:"));
	config_free(&config);
	config_problems_free(&problems);
	buf_free(&text);
	discovery_free(&d);
	for (size_t i = 0; i < ARRAY_LENGTH(nodes); i++)
		MHD_stop_daemon(nodes[i].daemon);
}

/* Who stands first may be the stranger. */
static void most_decide(void **state)
{
	static const struct {
		const char *name;
		struct node nodes[5]; /* chain 0: a web page; the rest: as many as there are */
		size_t count, lead;
		enum membership wanted[5];
		bool tied;
	} cases[] = {
		{"a stranger first, a web page last",
		 {{.chain_id = 1, .genesis = 'c'}, {.chain_id = 138, .genesis = 'a', .key = '1'}, {.chain_id = 138, .genesis = 'a', .key = '3'}, {.chain_id = 138, .genesis = 'a'}, {.chain_id = 0}},
		 5,
		 1,
		 {OTHER_CHAIN, MEMBER, MEMBER, MEMBER, NO_NODE},
		 false},
		{"another history first", {{.chain_id = 138, .genesis = 'b'}, {.chain_id = 138, .genesis = 'a'}, {.chain_id = 138, .genesis = 'a'}}, 3, 1, {OTHER_GENESIS, MEMBER, MEMBER}, false},
		{"a tie", {{.chain_id = 1, .genesis = 'c'}, {.chain_id = 138, .genesis = 'a'}}, 2, 0, {MEMBER, OTHER_CHAIN}, true},
		{"two ways to one stranger",
		 {{.chain_id = 138, .genesis = 'a', .key = '3'}, {.chain_id = 1, .genesis = 'c', .key = '1'}, {.chain_id = 1, .genesis = 'c', .key = '1'}},
		 3,
		 0,
		 {MEMBER, OTHER_CHAIN, OTHER_CHAIN},
		 true},
	};

	(void)state;
	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		struct node nodes[5];
		char urls[5][64];
		const char *list[5];
		struct discovery d;
		struct error err = {0};
		for (size_t i = 0; i < cases[c].count; i++) {
			nodes[i] = cases[c].nodes[i];
			node_start(&nodes[i]);
			node_url(urls[i], &nodes[i]);
			list[i] = urls[i];
		}
		struct discover_options options = {.urls = list, .url_count = cases[c].count, .no_peers = true};
		if (discover(&options, clock_system(), &d, &err) != STATUS_OK)
			fail_msg("%s: %s", cases[c].name, err.text);
		if (d.lead != cases[c].lead || d.tied != cases[c].tied)
			fail_msg("%s: node %zu leads, tied %d", cases[c].name, d.lead, d.tied);
		for (size_t i = 0; i < cases[c].count; i++)
			if (d.nodes[i].membership != cases[c].wanted[i])
				fail_msg("%s: node %zu: membership %d", cases[c].name, i, (int)d.nodes[i].membership);
		discovery_free(&d);
		for (size_t i = 0; i < cases[c].count; i++)
			MHD_stop_daemon(nodes[i].daemon);
	}
}

static void one_url_in_two_spellings(void **state)
{
	static const struct {
		const char *a, *b;
		enum status status; /* STATUS_NETWORK: two URLs, of which none answers */
	} cases[] = {
		{"http://127.0.0.1:1", "http://127.0.0.1:1", STATUS_USAGE},
		{"http://127.0.0.1:1", "http://127.0.0.1:1/", STATUS_USAGE},
		{"http://LOCALHOST:1/", "http://localhost:1", STATUS_USAGE},
		{"http://127.0.0.1:1/rpc", "http://127.0.0.1:1", STATUS_NETWORK},
		{"http://127.0.0.1:1", "https://127.0.0.1:1", STATUS_NETWORK},
		{"http://a:b@127.0.0.1:1", "http://c:d@127.0.0.1:1", STATUS_NETWORK},
		{"http://127.0.0.1:1", "http://127.0.0.1:2", STATUS_NETWORK},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *urls[] = {cases[i].a, cases[i].b};
		struct discover_options options = {.urls = urls, .url_count = 2};
		struct discovery d;
		struct error err = {0};
		assert_int_equal(discover(&options, clock_system(), &d, &err), cases[i].status);
		assert_true(cases[i].status != STATUS_USAGE || strstr(err.text, "given twice"));
		discovery_free(&d);
	}
}

static void neighbours_are_found(void **state)
{
	struct node a = {.chain_id = 138, .genesis = 'a', .key = '1', .listener = 40000}, b = {.chain_id = 138, .genesis = 'a', .key = '2'};
	static const char *const headers[] = {"Authorization: Bearer sesame", NULL};
	char url[64];
	const char *list[] = {url};
	struct discovery d;

	(void)state;
	node_start(&a);
	node_start(&b);
	/* Listeners as far apart as the RPC ports are. */
	a.listener = a.port < b.port ? 2000 : 60000;
	b.listener = a.peer = (unsigned)((int)a.listener + (int)b.port - (int)a.port);
	node_url(url, &a);
	struct discover_options options = {.urls = list, .url_count = 1, .headers = headers};
	assert_int_equal(discover(&options, clock_system(), &d, NULL), STATUS_OK);
	assert_int_equal(d.node_count, 2);
	assert_int_equal(d.peer_count, 0);
	assert_true(d.nodes[1].guessed);
	assert_int_equal(d.nodes[1].told_by, 0);
	discovery_free(&d);
	assert_true(a.has_authorization);
	assert_false(b.has_authorization); /* a token is for whom it was given for */

	options.no_peers = true;
	assert_int_equal(discover(&options, clock_system(), &d, NULL), STATUS_OK);
	assert_int_equal(d.node_count, 1);
	assert_int_equal(d.peer_count, 1);
	discovery_free(&d);

	options.no_peers = false;
	b.genesis = 'b'; /* another network that happens to be there */
	assert_int_equal(discover(&options, clock_system(), &d, NULL), STATUS_OK);
	assert_int_equal(d.node_count, 1);
	assert_non_null(strstr(d.peers[0].why, "another chain"));
	discovery_free(&d);
	MHD_stop_daemon(a.daemon);
	MHD_stop_daemon(b.daemon);
}

static void nothing_answers(void **state)
{
	static const struct {
		const char *url;
		enum status status;
		const char *text;
	} cases[] = {
		{"http://127.0.0.1:1", STATUS_NETWORK, "connection refused"},
		{"ftp://127.0.0.1:1", STATUS_USAGE, "not an http or https URL"},
		{"http://127.0.0.1:1\nurl = http://evil", STATUS_USAGE, "not an http or https URL"},
		{"http://user:geheim@127.0.0.1:1", STATUS_NETWORK, "http://***@127.0.0.1:1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct discover_options options = {.urls = &cases[i].url, .url_count = 1};
		struct discovery d;
		struct error err = {0};
		assert_int_equal(discover(&options, clock_system(), &d, &err), cases[i].status);
		if (!strstr(err.text, cases[i].text) || strstr(err.text, "geheim"))
			fail_msg("%s", err.text);
		discovery_free(&d);
	}
}

/* --- the simulated network, and the file ----------------------------------------------------- */

/* Replaces what differs from run to run: ports, heights, and the genesis block's hash. */
static void normalise(const char *text, struct buf *out)
{
	static const struct {
		const char *before, *mark;
	} changing[] = {{"127.0.0.1:", "PORT"}, {", head ", "HEAD"}, {"genesis block: ", "HASH"}};

	while (*text) {
		bool replaced = false;
		for (size_t i = 0; i < ARRAY_LENGTH(changing) && !replaced; i++) {
			size_t len = strlen(changing[i].before);
			if (strncmp(text, changing[i].before, len) != 0)
				continue;
			buf_printf(out, "%s%s", changing[i].before, changing[i].mark);
			text += len;
			while (isxdigit((unsigned char)*text) || *text == ',' || *text == 'x')
				text++;
			replaced = true;
		}
		if (!replaced)
			buf_putc(out, *text++);
	}
}

static void written_file(void **state)
{
	struct sim *sim;
	struct sim_options options = {.scenario = "healthy", .seed = 7, .break_after_ms = -1};
	const char *urls[16];
	struct discovery d;
	struct config config;
	struct config_problems problems = {0};
	struct buf text, normal;
	struct error err = {0};

	(void)state;
	if (sim_start(&sim, &options, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	/* All but the last validator: that one stays a name without a node. */
	size_t count = 0;
	for (size_t i = 0; i < sim_node_count(sim); i++)
		if (i != 3)
			urls[count++] = sim_node_at(sim, i)->url;
	struct discover_options what = {.urls = urls, .url_count = count, .no_peers = true};
	if (discover(&what, clock_system(), &d, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_int_equal(d.validator_count, 4);
	assert_int_equal(d.block_period_ms, 2000);
	for (size_t i = 0; i < 3; i++) {
		assert_true(d.nodes[i].is_validator);
		assert_ptr_equal(discovery_node_of(&d, &sim_node_at(sim, i)->address), &d.nodes[i]);
	}
	assert_null(discovery_node_of(&d, &sim_node_at(sim, 3)->address));
	/* ADMIN and QBFT are not enabled on some: they stay nodes, their role unknown. */
	assert_false(d.nodes[3].has_validators);
	assert_non_null(strstr(d.nodes[4].probe.sample.methods, "--rpc-http-api=ADMIN,QBFT"));

	struct compose_options compose = {.now_us = INT64_C(1767225600) * US_PER_S, .bearer_env = "RPC_TOKEN", .ca_file = "/etc/ca.pem", .sources = {.kube_namespace = "besu-network"}};
	buf_init(&text, COMPOSE_BYTES_MAX);
	buf_init(&normal, COMPOSE_BYTES_MAX);
	compose_config(&d, &compose, &text);
	if (config_parse(buf_text(&text), text.len, "t.conf", &config, &problems) != STATUS_OK || problems.count > 0)
		fail_msg("%s", problems.items[0].text);
	assert_int_equal(config.node_count, 5);
	assert_int_equal(config.validator_count, 4);
	assert_int_equal(config.thresholds.block_period_ms, 2000);
	assert_string_equal(config.nodes[0].bearer_env, "RPC_TOKEN");
	assert_true(config.nodes[2].has_validator);
	assert_string_equal(config.nodes[2].role, "validator");
	normalise(buf_text(&text), &normal);
	char *golden = fixture_text("watch/found.conf");
	size_t same = 0;
	for (size_t i = 0; golden[i] && golden[i] == buf_text(&normal)[i]; i++)
		if (golden[i] == '\n')
			same = i + 1;
	if (strcmp(golden, buf_text(&normal)) != 0)
		fail_msg("not as in watch/found.conf, from here on: %.300s", buf_text(&normal) + same);
	free(golden);
	buf_free(&normal);
	buf_free(&text);
	config_free(&config);
	discovery_free(&d);
	sim_stop(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enodes),
		cmocka_unit_test(guesses),
		cmocka_unit_test(peer_lists),
		cmocka_unit_test(members_and_strangers),
		cmocka_unit_test(most_decide),
		cmocka_unit_test(one_url_in_two_spellings),
		cmocka_unit_test(neighbours_are_found),
		cmocka_unit_test(nothing_answers),
		cmocka_unit_test(written_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
