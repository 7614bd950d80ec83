/* The check-up: each thing that can be wrong with an endpoint gives its finding and its
 * cure, hanging endpoints do not hold it up, and looking leaves nothing behind. */
#include "record_fixture.h"

#include "base/clock.h"
#include "drill/sim.h"
#include "base/hash.h"
#include "base/path.h"
#include "record/diagnose.h"
#include "watch/doctor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define NOW_US (INT64_C(1767225600) * US_PER_S)

enum { PROBES = 4 };

/* --- judging ------------------------------------------------------------------------ */

struct bench {
	struct config config;
	struct config_node nodes[PROBES];
	struct probe probes[PROBES];
	struct header heads[PROBES];
};

/* Four healthy endpoints of one chain. */
static void bench_make(struct bench *b)
{
	static char names[PROBES][2] = {"a", "b", "c", "d"};
	static char url[] = "http://127.0.0.1:8545";

	memset(b, 0, sizeof(*b));
	b->config = (struct config){.nodes = b->nodes, .node_count = PROBES, .thresholds = thresholds_default()};
	for (size_t i = 0; i < PROBES; i++) {
		b->nodes[i] = (struct config_node){.name = names[i], .url = url};
		b->heads[i] = (struct header){.number = 100, .timestamp_s = NOW_US / US_PER_S - 1};
		b->probes[i] = (struct probe){.reach = REACH_OK, .first_us = 3000, .again_us = 1000, .has_skew = true, .has_genesis = true};
		b->probes[i].genesis.bytes[0] = 1;
		b->probes[i].sample = (struct node_sample){.has = SAMPLE_HEAD | SAMPLE_PEERS | SAMPLE_CHAIN_ID | SAMPLE_VERSION | SAMPLE_PERIODS, .headers = &b->heads[i], .header_count = 1, .peers = 3, .chain_id = 138, .block_period_ms = 2000, .version = "besu/v25"};
	}
}

static void refused(struct bench *b)
{
	b->probes[1].reach = REACH_UNREACHABLE;
	text_format(b->probes[1].why, sizeof(b->probes[1].why), "connection refused");
}

static void not_allowed(struct bench *b)
{
	b->probes[1].reach = REACH_REFUSING;
	text_format(b->probes[1].why, sizeof(b->probes[1].why), "HTTP 403 Host not authorized. (add this host to --host-allowlist)");
}

static void other_chain(struct bench *b)
{
	b->probes[0].sample.chain_id = 1;
}

/* Of two, nobody is most. */
static void other_chain_of_two(struct bench *b)
{
	b->config.node_count = 2;
	b->probes[1].sample.chain_id = 1;
}

static void other_genesis_of_two(struct bench *b)
{
	b->config.node_count = 2;
	b->probes[1].genesis.bytes[0] = 2;
}

static void sent_elsewhere(struct bench *b)
{
	b->probes[1].reach = REACH_REFUSING;
	text_format(b->probes[1].why, sizeof(b->probes[1].why), "HTTP 302 to https://rpc.example.com/ (not followed: write that address)");
}

static void configured_chain(struct bench *b)
{
	b->config.chain_id = 139;
	for (size_t i = 1; i < PROBES; i++)
		b->probes[i].sample.chain_id = 139;
}

static void other_genesis(struct bench *b)
{
	b->probes[2].genesis.bytes[0] = 2;
}

static void not_enabled(struct bench *b)
{
	text_format(b->probes[1].sample.methods, sizeof(b->probes[1].sample.methods), "no admin, no qbft (enable with --rpc-http-api=ADMIN,QBFT)");
}

static void not_offered(struct bench *b)
{
	text_format(b->probes[1].sample.methods, sizeof(b->probes[1].sample.methods), "no qbft");
}

static void no_head(struct bench *b)
{
	b->probes[1].sample.has &= ~(unsigned)SAMPLE_HEAD;
	b->probes[1].sample.header_count = 0;
}

static void no_batches(struct bench *b)
{
	b->probes[1].single = true;
}

static void slow(struct bench *b)
{
	b->probes[1].again_us = 1500 * US_PER_MS;
}

static void certificate_ends(struct bench *b)
{
	b->probes[1].certificate_expiry_us = NOW_US + 5 * US_PER_DAY;
}

static void secret_in_clear(struct bench *b)
{
	static char url[] = "http://user:pass@10.0.0.1:8545";

	b->nodes[1].url = url;
}

static void one_clock(struct bench *b)
{
	b->probes[1].sample.clock_skew_us = -40 * US_PER_S;
}

static void our_clock(struct bench *b)
{
	for (size_t i = 0; i < PROBES; i++)
		b->probes[i].sample.clock_skew_us = 30 * US_PER_S;
}

static void only_two_tell(struct bench *b)
{
	for (size_t i = 2; i < PROBES; i++)
		b->probes[i].has_skew = false;
}

/* Nobody knows whose is right. */
static void two_clocks_differ(struct bench *b)
{
	only_two_tell(b);
	b->probes[1].sample.clock_skew_us = 30 * US_PER_S;
}

static void two_clocks_agree(struct bench *b)
{
	only_two_tell(b);
	our_clock(b);
}

static void old_head(struct bench *b)
{
	b->heads[1].timestamp_s -= 60;
}

static void future_head(struct bench *b)
{
	b->heads[1].timestamp_s += 7200;
}

static void lonely(struct bench *b)
{
	b->probes[1].sample.peers = 0;
}

static void wrong_key(struct bench *b)
{
	b->nodes[1].has_validator = true;
	b->nodes[1].validator.bytes[0] = 7;
	b->probes[1].sample.has |= SAMPLE_NODE_KEY;
}

static const struct finding *find(const struct findings *list, enum finding_level level, const char *what, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].level == level && strcmp(list->items[i].what, what) == 0 && strstr(list->items[i].text, text))
			return &list->items[i];
	return NULL;
}

static void each_mistake_has_its_cure(void **state)
{
	static const struct {
		void (*harm)(struct bench *b);
		enum finding_level level;
		const char *what, *text, *cure;
	} cases[] = {
		{refused, FINDING_FAIL, "b", "connection refused", "start the node"},
		{not_allowed, FINDING_FAIL, "b", "HTTP 403 Host not authorized.", "add this host to --host-allowlist"},
		{other_chain, FINDING_FAIL, "a", "chain id 1, and most others say 138", "put the url right"},
		{other_chain_of_two, FINDING_FAIL, "b", "chain id 1, and a says 138", "put the url right"},
		{other_genesis_of_two, FINDING_FAIL, "b", "another genesis block than a", "genesis files"},
		{sent_elsewhere, FINDING_FAIL, "b", "HTTP 302 to https://rpc.example.com/", "not followed: write that address"},
		{configured_chain, FINDING_FAIL, "a", "chain id 138, and the configuration says 139", "put the url right"},
		{other_genesis, FINDING_FAIL, "c", "another genesis block", "genesis files"},
		{not_enabled, FINDING_WARN, "b", "offers no admin, no qbft", "enable with --rpc-http-api=ADMIN,QBFT"},
		{not_offered, FINDING_INFO, "b", "offers no qbft", ""},
		{no_head, FINDING_FAIL, "b", "gives no head", "--rpc-http-api=ETH"},
		{no_batches, FINDING_INFO, "b", "takes no batches", "allow them"},
		{slow, FINDING_WARN, "b", "slow: 1500 ms, the limit is 1000 ms", "load"},
		{certificate_ends, FINDING_WARN, "b", "its certificate ends in 5 days", "renew"},
		{secret_in_clear, FINDING_WARN, "b", "unencrypted", "https"},
		{one_clock, FINDING_WARN, "b", "its clock is 40.0 s behind most others", "put its clock right"},
		{our_clock, FINDING_WARN, "this machine's clock", "30.0 s behind the middle of 4 endpoints", "timedatectl"},
		{two_clocks_differ, FINDING_WARN, "b", "its clock is 30.0 s ahead of this machine's", "see which clock is wrong"},
		{two_clocks_agree, FINDING_WARN, "this machine's clock", "30.0 s behind the middle of 2 endpoints", "timedatectl"},
		{old_head, FINDING_WARN, "b", "its head is 1 m 1 s old", "open the console"},
		{future_head, FINDING_WARN, "b", "in the future", "clocks"},
		{lonely, FINDING_WARN, "b", "has no peers", "30303"},
		{wrong_key, FINDING_WARN, "b", "the configuration says it runs 0x07", "validator ="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bench b;
		struct findings list = {0};
		bench_make(&b);
		cases[i].harm(&b);
		doctor_judge(&b.config, b.probes, NOW_US, &list);
		const struct finding *f = find(&list, cases[i].level, cases[i].what, cases[i].text);
		if (!f || !strstr(f->cure, cases[i].cure))
			fail_msg("%s: not found, or without its cure%s%s", cases[i].text, f ? ": " : "", f ? f->cure : "");
		size_t bad = findings_count(&list, FINDING_FAIL) + findings_count(&list, FINDING_WARN);
		if (bad != (cases[i].level >= FINDING_WARN))
			fail_msg("%s: %zu things are wrong", cases[i].text, bad);
		findings_free(&list);
	}
}

static void nothing_is_wrong(void **state)
{
	struct bench b;
	struct findings list = {0};

	(void)state;
	bench_make(&b);
	doctor_judge(&b.config, b.probes, NOW_US, &list);
	assert_int_equal(findings_count(&list, FINDING_OK), list.count);
	assert_int_equal(list.count, PROBES + 1);
	findings_free(&list);
}

/* --- asking -------------------------------------------------------------------------- */

/* A port that takes connections and never answers. */
static int hang(char url[64])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, 64, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
	return fd;
}

static void a_real_network(void **state)
{
	struct sim *sim;
	struct sim_options options = {.scenario = "healthy", .seed = 3, .break_after_ms = -1};
	char hanging[64];
	int fd = hang(hanging);
	struct config config;
	struct findings list = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(sim_start(&sim, &options, &err), STATUS_OK);
	const char *urls[] = {sim_node_at(sim, 0)->url, sim_node_at(sim, 1)->url, sim_node_at(sim, 5)->url, "http://127.0.0.1:1", hanging};
	assert_int_equal(config_from_urls(urls, ARRAY_LENGTH(urls), &config, &err), STATUS_OK);
	config.nodes[4].timeout_ms = 300;
	int64_t began = clock_mono_us(clock_system());
	doctor_ask(&config, clock_system(), &list);
	assert_true(clock_mono_us(clock_system()) - began < 30 * US_PER_S); /* what hangs would hang for ever */
	assert_non_null(find(&list, FINDING_OK, config.nodes[0].name, "besu/v25.9.0/linux-x86_64/openjdk-java-21, chain 138, head "));
	assert_non_null(find(&list, FINDING_OK, config.nodes[1].name, "chain 138"));
	assert_non_null(find(&list, FINDING_WARN, config.nodes[2].name, "offers no admin, no qbft"));
	assert_non_null(find(&list, FINDING_FAIL, config.nodes[3].name, "connection refused"));
	assert_non_null(find(&list, FINDING_FAIL, config.nodes[4].name, "timeout 300 ms"));
	assert_int_equal(findings_count(&list, FINDING_FAIL), 2);
	findings_free(&list);
	config_free(&config);
	sim_stop(sim);
	close(fd);
}

static void a_missing_token(void **state)
{
	static char name[] = "a", url[] = "http://127.0.0.1:1", variable[] = "TOCSIN_TEST_NO_SUCH_VARIABLE";
	struct config_node node = {.name = name, .url = url, .bearer_env = variable};
	struct config config = {.nodes = &node, .node_count = 1, .thresholds = thresholds_default()};
	struct findings list = {0};

	(void)state;
	doctor_ask(&config, clock_system(), &list);
	assert_non_null(find(&list, FINDING_FAIL, "a", "TOCSIN_TEST_NO_SUCH_VARIABLE is not set"));
	findings_free(&list);
}

/* A node that is down, as it stands in a file that init wrote, keeps no source waiting: as soon
 * as those were had, it is over. The chain of such nodes settles late or never. */
static void dead_nodes_keep_no_source_waiting(void **state)
{
	static const struct {
		const char *text;
		size_t findings;
	} cases[] = {
		{"[node a]\nurl = http://127.0.0.1:1\n[kubernetes]\naccess = none\n", 0},
		{"[node a]\nurl = http://127.0.0.1:1\n[prometheus main]\nurl = http://127.0.0.1:1\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct config config;
		struct config_problems problems = {0};
		struct findings list = {0};
		assert_int_equal(config_parse(cases[i].text, strlen(cases[i].text), "t.conf", &config, &problems), STATUS_OK);
		int64_t began = clock_mono_us(clock_system());
		doctor_sources(&config, clock_system(), &list);
		assert_true(clock_mono_us(clock_system()) - began < 10 * US_PER_S); /* it gives up after 12 */
		assert_int_equal(list.count, cases[i].findings);
		findings_free(&list);
		config_problems_free(&problems);
		config_free(&config);
	}
}

/* --- configuration, tools ---------------------------------------------------------------- */

static void configuration_findings(void **state)
{
	static const char text[] = "[node a]\nurl = http://user:geheim@127.0.0.1:8545\ncolour = red\n";
	struct config config;
	struct config_problems problems = {0};
	struct findings list = {0};

	(void)state;
	assert_int_equal(config_parse(text, strlen(text), "t.conf", &config, &problems), STATUS_INVALID);
	doctor_configuration("t.conf", &config, &problems, &list);
	assert_non_null(find(&list, FINDING_FAIL, "file", "t.conf:3: [node a] colour: unknown key"));
	const struct finding *secret = find(&list, FINDING_WARN, "a", "a secret stands in its url");
	assert_non_null(secret);
	assert_non_null(strstr(secret->cure, "bearer_env"));
	for (size_t i = 0; i < list.count; i++)
		assert_null(strstr(list.items[i].text, "geheim"));
	findings_free(&list);
	config_problems_free(&problems);
	config_free(&config);
}

static void tools_on_path(void **state)
{
	struct place place;
	char tool[128], path[200];
	struct findings list = {0};

	(void)state;
	place_make(&place);
	snprintf(tool, sizeof(tool), "%s/cast", place.dir);
	assert_ok(file_write(tool, "x", 1, 0700, ERR));
	snprintf(tool, sizeof(tool), "%s/kubectl", place.dir);
	assert_ok(file_write(tool, "x", 1, 0600, ERR)); /* nobody can run it */
	snprintf(path, sizeof(path), "/nonexistent::%s", place.dir);
	doctor_tools(path, &list);
	assert_non_null(find(&list, FINDING_OK, "cast", place.dir));
	assert_non_null(find(&list, FINDING_INFO, "kubectl", "not on PATH"));
	findings_free(&list);
	place_remove(&place);
}

/* --- the record ---------------------------------------------------------------------------- */

static size_t files_in(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void a_record_to_be(void **state)
{
	struct place place;
	struct findings list = {0};
	char path[160];

	(void)state;
	place_make(&place);
	snprintf(path, sizeof(path), "%s/not/yet/x.db", place.dir);
	record_diagnose(path, clock_system(), &list);
	assert_non_null(find(&list, FINDING_OK, "file", "not there yet"));
	assert_non_null(find(&list, FINDING_OK, "durable write", "ms for 4 KiB with fsync"));
	assert_int_equal(findings_count(&list, FINDING_FAIL), 0);
	assert_int_equal(files_in(place.dir), 2); /* . and .. */
	findings_free(&list);
	place_remove(&place);
}

static void a_record_in_use(void **state)
{
	struct place place;
	struct findings list = {0};
	struct draft note = note_draft("a note");
	char beside[160];

	(void)state;
	place_make(&place);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, &note, 1, NULL, ERR));
	store_close(store);
	size_t before = files_in(place.dir);

	record_diagnose(place.path, clock_system(), &list);
	assert_non_null(find(&list, FINDING_OK, "events", "1 event;"));
	assert_non_null(find(&list, FINDING_OK, "checkpoint", "seq 1"));
	assert_int_equal(findings_count(&list, FINDING_FAIL), 0);
	assert_int_equal(files_in(place.dir), before);
	findings_free(&list);

	assert_int_equal(chmod(place.path, 0644), 0);
	snprintf(beside, sizeof(beside), "%s.checkpoint", place.path);
	assert_ok(file_write(beside, "nonsense\n", 9, 0600, ERR));
	record_diagnose(place.path, clock_system(), &list);
	assert_non_null(find(&list, FINDING_WARN, "file", "mode 644"));
	const struct finding *broken = find(&list, FINDING_FAIL, "checkpoint", "");
	assert_non_null(broken);
	assert_non_null(strstr(broken->cure, "tocsin verify"));
	findings_free(&list);

	assert_int_equal(unlink(beside), 0);
	record_diagnose(place.path, clock_system(), &list);
	assert_non_null(find(&list, FINDING_WARN, "checkpoint", "none beside"));
	findings_free(&list);
	place_remove(&place);
}

static void a_record_that_is_none(void **state)
{
	struct place place;
	struct findings list = {0};
	char link[160];

	(void)state;
	place_make(&place);
	assert_ok(file_write(place.path, "this is no record at all", 24, 0600, ERR));
	record_diagnose(place.path, clock_system(), &list);
	assert_non_null(find(&list, FINDING_FAIL, "events", "not a SQLite file"));
	findings_free(&list);
	snprintf(link, sizeof(link), "%s/link.db", place.dir);
	assert_int_equal(symlink(place.path, link), 0);
	record_diagnose(link, clock_system(), &list);
	assert_non_null(find(&list, FINDING_FAIL, "file", "symbolic link"));
	findings_free(&list);
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_has_its_cure),
		cmocka_unit_test(nothing_is_wrong),
		cmocka_unit_test(a_real_network),
		cmocka_unit_test(a_missing_token),
		cmocka_unit_test(dead_nodes_keep_no_source_waiting),
		cmocka_unit_test(configuration_findings),
		cmocka_unit_test(tools_on_path),
		cmocka_unit_test(a_record_to_be),
		cmocka_unit_test(a_record_in_use),
		cmocka_unit_test(a_record_that_is_none),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
