/* What the contracts of CCIP say: each sample call and reply, the events of all versions, and
 * ids, leaves and roots of messages that real contracts made. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/ccip.h"

#include <inttypes.h>

#define SEPOLIA UINT64_C(16015286601757825753)
#define FUJI UINT64_C(14767482510784806043)

/* Asks what a fixture asks and gives what it answers: what was written and read is real. */
static struct eth_list *converse(const struct json *request, const struct json *response, struct buf *asked)
{
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = 100, .span = 5000, .span_max = 5000};
	const struct json *call = json_first(json_get(request, "params"));
	struct address to;
	struct buf body, reply;
	char why[160];

	buf_init(&body, FIXTURE_LIMIT);
	buf_init(&reply, FIXTURE_LIMIT);
	assert_true(address_parse(json_string(json_get(call, "to")), &to));
	eth_add_call(list, &to, buf_text(asked));
	assert_true(eth_write(list, &limits, &body));
	struct json *written = json_parse(buf_text(&body), body.len, FIXTURE_LIMIT, NULL);
	struct buf a, b;
	buf_init(&a, FIXTURE_LIMIT);
	buf_init(&b, FIXTURE_LIMIT);
	assert_true(json_canonical(written, &a) && json_canonical(request, &b));
	assert_string_equal(buf_text(&a), buf_text(&b));
	assert_true(json_canonical(response, &reply));
	assert_true(eth_read(list, &limits, buf_text(&reply), reply.len, why));
	json_free(written);
	buf_free(&a);
	buf_free(&b);
	buf_free(&body);
	buf_free(&reply);
	return list;
}

static void check_router(const char *name, struct abi view)
{
	struct address address, ramps[4];
	bool flag;
	char text[ADDRESS_TEXT];

	if (strcmp(name, "Router.getOnRamp") == 0) {
		assert_true(abi_address(view, 0, &address));
		assert_string_equal(address_text(text, &address), "0x0000000000000000000000000000000000001001");
	} else if (strcmp(name, "Router.isChainSupported") == 0) {
		assert_true(abi_bool(view, 0, &flag) && flag);
	} else {
		assert_int_equal(ccip_off_ramps(view, SEPOLIA, ramps, 4), 1);
		assert_string_equal(address_text(text, &ramps[0]), "0x0000000000000000000000000000000000002001");
		assert_int_equal(ccip_off_ramps(view, UINT64_C(5009297550715157269), ramps, 4), 1);
		assert_int_equal(ccip_off_ramps(view, FUJI, ramps, 4), 0);
	}
}

static void check_ramp(const char *name, struct abi view)
{
	struct ccip_ramp config = {0};
	struct ccip_type type;
	char text[ADDRESS_TEXT];

	if (strcmp(name, "typeAndVersion") == 0) {
		assert_true(ccip_type_read(view, &type));
		assert_int_equal(type.contract, CONTRACT_ON_RAMP);
		assert_int_equal(type.version, CCIP_1_6);
	} else if (strcmp(name, "OnRamp1.6.getDestChainConfig") == 0) {
		assert_true(ccip_on_dest(CCIP_1_6, view, &config));
		assert_int_equal(config.next, 1543);
		assert_string_equal(address_text(text, &config.router), "0x0000000000000000000000000000000000009001");
	} else if (strcmp(name, "OffRamp1.6.getSourceChainConfig") == 0) {
		assert_true(ccip_off_source(CCIP_1_6, view, &config));
		assert_true(config.enabled && config.needs_blessing);
		assert_int_equal(config.next, 1541);
		assert_string_equal(address_text(text, &config.on_ramp), "0x0000000000000000000000000000000000001001");
	} else {
		assert_true(ccip_off_dynamic(CCIP_1_6, view, &config));
		assert_int_equal(config.threshold_s, 28800);
	}
}

static void check_rest(const char *name, struct abi view)
{
	struct ccip_bucket bucket;
	struct u256 balance;
	uint64_t number;
	struct abi subjects;
	uint8_t subject[16];
	size_t count;
	char text[160];

	if (strcmp(name, "TokenPool.getCurrentOutboundRateLimiterState") == 0) {
		assert_true(ccip_bucket_read(view, 0, &bucket));
		assert_int_equal(ccip_bucket_percent(&bucket), 25);
		assert_int_equal(ccip_bucket_refill_s(&bucket), 7501);
	} else if (strcmp(name, "FeeQuoter.getDestinationChainGasPrice") == 0) {
		assert_true(abi_u64(view, 1, &number) && number == 1735689000);
	} else if (strcmp(name, "LINK.balanceOf") == 0) {
		assert_true(abi_word(view, 0, &balance));
		assert_string_equal(abi_decimal(text, sizeof(text), &balance, false, 18), "12.5");
	} else if (strcmp(name, "RMNRemote.getCursedSubjects") == 0) {
		assert_true(abi_array(view, 0, 1, 16, &subjects, &count) && count == 1);
		assert_true(abi_fixed(subjects, 0, subject, sizeof(subject)));
	} else {
		fail_msg("%s is not checked", name);
	}
}

enum argument {
	NONE,
	SOURCE,
	DEST,
	NUMBER,
	SOURCE_NUMBER,
	SUBJECT,
	ACCOUNT,
	ID,
};

static const struct vector {
	const char *name, *signature;
	enum argument argument;
	void (*check)(const char *name, struct abi view);
	uint64_t word; /* without check: what word 0 is */
} vectors[] = {
	{"Router.getOnRamp", "getOnRamp(uint64)", DEST, check_router, 0},
	{"Router.isChainSupported", "isChainSupported(uint64)", DEST, check_router, 0},
	{"Router.getOffRamps", "getOffRamps()", NONE, check_router, 0},
	{"typeAndVersion", "typeAndVersion()", NONE, check_ramp, 0},
	{"OnRamp1.5.getExpectedNextSequenceNumber", "getExpectedNextSequenceNumber()", NONE, NULL, 1543},
	{"OnRamp1.6.getExpectedNextSequenceNumber", "getExpectedNextSequenceNumber(uint64)", DEST, NULL, 1543},
	{"OnRamp1.6.getDestChainConfig", "getDestChainConfig(uint64)", DEST, check_ramp, 0},
	{"OffRamp1.6.getSourceChainConfig", "getSourceChainConfig(uint64)", SOURCE, check_ramp, 0},
	{"OffRamp1.5.getExecutionState", "getExecutionState(uint64)", NUMBER, NULL, 2},
	{"OffRamp1.6.getExecutionState", "getExecutionState(uint64,uint64)", SOURCE_NUMBER, NULL, 3},
	{"OffRamp1.6.getDynamicConfig", "getDynamicConfig()", NONE, check_ramp, 0},
	{"RMN.isCursed()", "isCursed()", NONE, NULL, 0},
	{"RMN.isCursed(bytes16)", "isCursed(bytes16)", SUBJECT, NULL, 1},
	{"RMNRemote.getCursedSubjects", "getCursedSubjects()", NONE, check_rest, 0},
	{"CommitStore.paused", "paused()", NONE, NULL, 0},
	{"TokenPool.getCurrentOutboundRateLimiterState", "getCurrentOutboundRateLimiterState(uint64)", DEST, check_rest, 0},
	{"FeeQuoter.getDestinationChainGasPrice", "getDestinationChainGasPrice(uint64)", DEST, check_rest, 0},
	{"LINK.balanceOf", "balanceOf(address)", ACCOUNT, check_rest, 0},
	{"custom.processedMessages", "processedMessages(bytes32)", ID, NULL, 0},
};

static void put_argument(struct buf *out, enum argument argument)
{
	struct address account = {{[18] = 0x40, [19] = 0x01}};
	struct hash256 id = {{[31] = 0x77}};

	if (argument == SOURCE || argument == SOURCE_NUMBER)
		abi_put_u64(out, SEPOLIA);
	if (argument == DEST)
		abi_put_u64(out, FUJI);
	if (argument == NUMBER || argument == SOURCE_NUMBER)
		abi_put_u64(out, 1540);
	if (argument == SUBJECT)
		abi_put_subject(out, SEPOLIA);
	if (argument == ACCOUNT)
		abi_put_address(out, &account);
	if (argument == ID)
		abi_put_hash(out, &id);
}

static void call_vectors(void **state)
{
	struct json *root = fixture_json("collect/ccip/eth_call_vectors.json");
	size_t i = 0;

	(void)state;
	for (const struct json *item = json_first(root); item; item = json_next(item), i++) {
		struct buf call;
		struct abi view;
		uint64_t word;
		assert_true(i < ARRAY_LENGTH(vectors));
		assert_string_equal(json_string(json_get(item, "name")), vectors[i].name);
		buf_init(&call, 1024);
		abi_call(&call, vectors[i].signature);
		put_argument(&call, vectors[i].argument);
		struct eth_list *list = converse(json_get(item, "request"), json_get(item, "response"), &call);
		assert_true(eth_view(list, 0, &view));
		if (vectors[i].check)
			vectors[i].check(vectors[i].name, view);
		else
			assert_true(abi_u64(view, 0, &word) && word == vectors[i].word);
		eth_list_free(list);
		buf_free(&call);
	}
	assert_int_equal(i, ARRAY_LENGTH(vectors));
	json_free(root);
}

static void types(void **state)
{
	static const struct {
		const char *text;
		enum ccip_contract contract;
		enum ccip_version version;
	} cases[] = {
		{"EVM2EVMOnRamp 1.2.0", CONTRACT_ON_RAMP, CCIP_1_2},
		{"EVM2EVMOnRamp 1.5.0", CONTRACT_ON_RAMP, CCIP_1_5},
		{"EVM2EVMOffRamp 1.5.1", CONTRACT_OFF_RAMP, CCIP_1_5},
		{"CommitStore 1.2.0", CONTRACT_COMMIT_STORE, CCIP_1_2},
		{"OnRamp 1.6.0", CONTRACT_ON_RAMP, CCIP_1_6},
		{"OffRamp 1.6.2-dev", CONTRACT_OFF_RAMP, CCIP_1_6},
		{"OnRamp 2.0.0", CONTRACT_ON_RAMP, CCIP_2_0},
		{"OnRamp 1.7.0-dev", CONTRACT_ON_RAMP, CCIP_2_0},
		{"Router 1.2.0", CONTRACT_ROUTER, CCIP_1_6},
		{"OnRamp", CONTRACT_OTHER, CCIP_UNKNOWN},
		{"OnRamp x", CONTRACT_ON_RAMP, CCIP_UNKNOWN},
		{"LinkToken 1.0.0", CONTRACT_OTHER, CCIP_UNKNOWN},
		{"", CONTRACT_OTHER, CCIP_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint8_t bytes[3 * ABI_WORD] = {[31] = 0x20};
		struct ccip_type type;
		bytes[63] = (uint8_t)strlen(cases[i].text);
		memcpy(bytes + 64, cases[i].text, strlen(cases[i].text));
		assert_true(ccip_type_read((struct abi){bytes, sizeof(bytes)}, &type));
		if (type.contract != cases[i].contract || (type.contract != CONTRACT_ROUTER && type.version != cases[i].version))
			fail_msg("%s", cases[i].text);
	}
}

/* --- events --------------------------------------------------------------------------------------- */

/* The events of a fixture as an endpoint's answer gives them. */
static struct eth_logs logs_of(const char *name)
{
	struct json *root = fixture_json(name);
	char *text = fixture_text(name);
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = 100, .span = 5000, .span_max = 5000};
	struct eth_logs logs;
	struct eth_filter filter = {.from = 0, .to = 4999};
	struct buf body;
	char why[160];

	for (const struct json *item = json_first(json_get(root, "result")); item; item = json_next(item)) {
		struct address address;
		bool known = false;
		assert_true(address_parse(json_string(json_get(item, "address")), &address));
		for (size_t i = 0; i < filter.address_count; i++)
			known |= address_equal(&filter.addresses[i], &address);
		if (!known)
			filter.addresses[filter.address_count++] = address;
	}
	/* The contracts told of other things, too. */
	filter.topics[0] = abi_topic(TOPIC_SENT_1_5);
	filter.topics[1] = abi_topic(strstr(name, "16") || strstr(name, "1_6") ? TOPIC_SENT_1_6 : strstr(name, "2_0") ? TOPIC_SENT_2_0
														      : TOPIC_COMMIT_1_5);
	filter.topics[2] = abi_topic(TOPIC_COMMIT_1_6);
	filter.topics[3] = abi_topic(strstr(name, "2_0") ? TOPIC_STATE_2_0 : TOPIC_STATE_1_6);
	filter.topics[4] = abi_topic(TOPIC_STATE_1_5);
	filter.topic_count = 5;
	eth_add_logs(list, &filter);
	buf_init(&body, FIXTURE_LIMIT);
	assert_true(eth_write(list, &limits, &body));
	assert_true(eth_read(list, &limits, text, strlen(text), why));
	assert_int_equal(eth_answer(list, 0)->outcome, ETH_GOOD);
	eth_take_logs(list, 0, &logs);
	eth_list_free(list);
	buf_free(&body);
	json_free(root);
	free(text);
	return logs;
}

static void sample_events(void **state)
{
	static const struct {
		const char *name;
		enum ccip_version version;
		bool commits;
		uint64_t executed; /* state */
	} cases[] = {
		{"collect/ccip/eth_getLogs_v1_5.json", CCIP_1_5, true, 3},
		{"collect/ccip/eth_getLogs_v1_6.json", CCIP_1_6, true, 2},
		{"collect/ccip/eth_getLogs_v2_0.json", CCIP_2_0, false, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct eth_logs logs = logs_of(cases[i].name);
		struct ccip_lane lane = {.version = cases[i].version, .source = SEPOLIA, .dest = FUJI, .on_ramp = {{[18] = 0x10, [19] = 0x01}}};
		struct ccip_sent sent;
		struct ccip_commit commits[CCIP_COMMITS_MAX];
		struct ccip_execution execution;
		size_t count;
		assert_int_equal(logs.count, cases[i].commits ? 3 : 2);
		assert_true(ccip_sent_read(&lane, &logs.items[0], &sent));
		assert_int_equal(sent.number, 0x606);
		assert_int_equal(sent.source, SEPOLIA);
		assert_int_equal(sent.id.bytes[31], 0x77);
		assert_int_equal(sent.sender.bytes[19], 0x11);
		assert_int_equal(sent.fee_token.bytes[19], 0x13);
		/* The ids of the samples are made up: the content gives others. */
		if (sent.has_hash)
			assert_false(hash_equal(&sent.hash, &sent.id));
		if (cases[i].commits) {
			assert_true(ccip_commit_read(&lane, &logs.items[1], commits, &count));
			assert_int_equal(count, 1);
			assert_int_equal(commits[0].min, 0x5fa);
			assert_int_equal(commits[0].max, 0x606);
			assert_int_equal(commits[0].root.bytes[31], 0x88);
		}
		assert_true(ccip_execution_read(&logs.items[logs.count - 1], &execution));
		assert_int_equal(execution.number, 0x606);
		assert_int_equal(execution.state, cases[i].executed);
		assert_memory_equal(execution.id.bytes, sent.id.bytes, 32);
		eth_logs_free(&logs);
	}
}

/* Of a report for many lanes, that of another one is told apart. */
static void other_lane(void **state)
{
	struct eth_logs logs = logs_of("collect/ccip/eth_getLogs_v1_6.json");
	struct ccip_lane lane = {.version = CCIP_1_6, .source = UINT64_C(5009297550715157269)};
	struct ccip_commit commits[CCIP_COMMITS_MAX];
	size_t count;

	(void)state;
	assert_true(ccip_commit_read(&lane, &logs.items[1], commits, &count));
	assert_int_equal(count, 1);
	assert_int_equal(commits[0].min, 10);
	assert_int_equal(commits[0].max, 11);
	lane.source = FUJI;
	assert_true(ccip_commit_read(&lane, &logs.items[1], commits, &count));
	assert_int_equal(count, 0);
	eth_logs_free(&logs);
}

/* Cut at any byte, an event is refused or read, and nothing is read beyond it. */
static void cut_events(void **state)
{
	static const char *const names[] = {"collect/ccip/eth_getLogs_v1_5.json", "collect/ccip/eth_getLogs_v1_6.json", "collect/ccip/eth_getLogs_v2_0.json"};
	struct ccip_lane lane = {.version = CCIP_1_6, .source = SEPOLIA, .dest = FUJI};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct eth_logs logs = logs_of(names[i]);
		for (size_t n = 0; n < logs.count; n++) {
			for (size_t len = 0; len < logs.items[n].len; len++) {
				struct eth_log cut = logs.items[n];
				struct ccip_sent sent;
				struct ccip_execution execution;
				struct ccip_commit commits[CCIP_COMMITS_MAX];
				size_t count;
				cut.data = xmalloc(len + 1);
				memcpy(cut.data, logs.items[n].data, len);
				cut.len = len;
				bool any = ccip_sent_read(&lane, &cut, &sent);
				any |= ccip_execution_read(&cut, &execution);
				any |= ccip_commit_read(&lane, &cut, commits, &count);
				if (len < ABI_WORD)
					assert_false(any);
				free(cut.data);
			}
		}
		eth_logs_free(&logs);
	}
}

/* --- hashes of real contracts ------------------------------------------------------------------- */

enum { REAL_MAX = 16 };

static size_t real_leaves(const char *name, struct ccip_lane *lane, struct hash256 leaves[REAL_MAX])
{
	struct eth_logs logs = logs_of(name);
	size_t count = 0;

	for (size_t i = 0; i < logs.count; i++) {
		struct ccip_sent sent;
		lane->on_ramp = logs.items[i].address;
		if (!ccip_sent_read(lane, &logs.items[i], &sent))
			continue;
		assert_true(sent.has_hash && sent.has_leaf);
		assert_int_equal(sent.source, lane->source);
		assert_int_equal(sent.number, count + 1);
		assert_memory_equal(sent.hash.bytes, sent.id.bytes, 32);
		leaves[count++] = sent.leaf;
	}
	eth_logs_free(&logs);
	return count;
}

static void check_roots(const char *name, const struct ccip_lane *lane, const struct hash256 *leaves, size_t roots)
{
	struct eth_logs logs = logs_of(name);
	struct ccip_commit commits[CCIP_COMMITS_MAX];
	size_t count, checked = 0;

	for (size_t i = 0; i < logs.count; i++) {
		if (!ccip_commit_read(lane, &logs.items[i], commits, &count))
			continue;
		for (size_t n = 0; n < count; n++, checked++) {
			struct hash256 mine[REAL_MAX], root;
			size_t size = (size_t)(commits[n].max - commits[n].min + 1);
			memcpy(mine, leaves + commits[n].min - 1, size * sizeof(*mine));
			root = ccip_root(mine, size);
			assert_memory_equal(root.bytes, commits[n].root.bytes, 32);
		}
	}
	assert_int_equal(checked, roots);
	eth_logs_free(&logs);
}

static void real_1_5(void **state)
{
	struct ccip_lane lane = {.version = CCIP_1_5, .source = UINT64_C(0x01ea4644d301008a), .dest = SEPOLIA};
	struct hash256 leaves[REAL_MAX];

	(void)state;
	assert_int_equal(real_leaves("collect/ccip/chain_15.onramp.json", &lane, leaves), 4);
	/* Three messages under one root: the odd one stands beside ff. */
	check_roots("collect/ccip/chain_15.commitstore.json", &lane, leaves, 1);
}

static void real_1_6(void **state)
{
	struct ccip_lane lane = {.version = CCIP_1_6, .source = UINT64_C(0x01ea4644d301008a), .dest = SEPOLIA};
	struct hash256 leaves[REAL_MAX];
	struct eth_logs logs = logs_of("collect/ccip/chain_16.offramp.json");
	size_t executions = 0;

	(void)state;
	assert_int_equal(real_leaves("collect/ccip/chain_16.onramp.json", &lane, leaves), 5);
	check_roots("collect/ccip/chain_16.offramp.json", &lane, leaves, 1);
	for (size_t i = 0; i < logs.count; i++) {
		struct ccip_execution execution;
		if (!ccip_execution_read(&logs.items[i], &execution))
			continue;
		assert_true(execution.has_leaf);
		assert_memory_equal(execution.leaf.bytes, leaves[execution.number - 1].bytes, 32);
		executions++;
	}
	assert_int_equal(executions, 4);
	eth_logs_free(&logs);
}

/* One changed byte of the content changes the id. */
static void tampered(void **state)
{
	static const char *const names[] = {"collect/ccip/chain_15.onramp.json", "collect/ccip/chain_16.onramp.json"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct eth_logs logs = logs_of(names[i]);
		struct ccip_lane lane = {.version = i ? CCIP_1_6 : CCIP_1_5, .source = UINT64_C(0x01ea4644d301008a), .dest = SEPOLIA};
		struct ccip_sent sent;
		lane.on_ramp = logs.items[0].address;
		assert_true(ccip_sent_read(&lane, &logs.items[0], &sent) && hash_equal(&sent.hash, &sent.id));
		/* "hello from A" */
		for (size_t at = 0; at + 5 < logs.items[0].len; at++)
			if (memcmp(logs.items[0].data + at, "hello", 5) == 0)
				logs.items[0].data[at] ^= 1;
		assert_true(ccip_sent_read(&lane, &logs.items[0], &sent));
		assert_false(hash_equal(&sent.hash, &sent.id));
		eth_logs_free(&logs);
	}
}

static void curse_revert(void **state)
{
	struct json *root = fixture_json("collect/ccip/eth_call_revert_CursedByRMN.json");
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = 10, .span = 10, .span_max = 10};
	struct address to = {{0}};
	char *text = fixture_text("collect/ccip/eth_call_revert_CursedByRMN.json"), why[160], said[160];
	struct buf body;

	(void)state;
	buf_init(&body, 4096);
	eth_add_call(list, &to, "0x20487ded");
	assert_true(eth_write(list, &limits, &body) && eth_read(list, &limits, text, strlen(text), why));
	const struct eth_answer *answer = eth_answer(list, 0);
	assert_int_equal(answer->outcome, ETH_REVERTED);
	assert_string_equal(abi_revert(said, sizeof(said), (struct abi){answer->bytes, answer->len}), "CursedByRMN(14767482510784806043): the lane is cursed");
	buf_free(&body);
	eth_list_free(list);
	free(text);
	json_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_vectors),
		cmocka_unit_test(types),
		cmocka_unit_test(sample_events),
		cmocka_unit_test(other_lane),
		cmocka_unit_test(cut_events),
		cmocka_unit_test(real_1_5),
		cmocka_unit_test(real_1_6),
		cmocka_unit_test(tampered),
		cmocka_unit_test(curse_revert),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
