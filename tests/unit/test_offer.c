/* Values that lanes, feeds and pods bring to a runbook, by the names that runbooks use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "watch/offer.h"

#define A "0x00000000000000000000000000000000000000aa"
#define B "0x00000000000000000000000000000000000000bb"
#define C "0x00000000000000000000000000000000000000cc"
#define BASE                                                           \
	"[network]\nname = x\n[node a]\nurl = http://127.0.0.1:8545\n" \
	"[chain eth]\nrpc = http://127.0.0.1:9545\nselector = 5009297550715157269\n"
#define LANE(name) "[lane " name "]\nsource = network\ndest = eth\nsource_router = " A "\nsender = " B "\n"
#define FEED "[feed eth-usd]\naddress = " C "\npublisher = oracle-publisher-0\n"

static void parse(const char *text, struct config *out)
{
	struct config_problems problems = {0};

	if (config_parse(text, strlen(text), "test", out, &problems) != STATUS_OK)
		fail_msg("%s", problems.count ? problems.items[0].text : "not read");
	config_problems_free(&problems);
}

static void expect(const struct bindings *values, const char *name, const char *value, const char *from)
{
	const struct binding *got = bindings_get(values, name);

	if (!value) {
		if (got)
			fail_msg("%s is %s", name, got->value);
		return;
	}
	if (!got || strcmp(got->value, value) != 0 || strcmp(got->from, from) != 0)
		fail_msg("%s is %s from %s", name, got ? got->value : "nothing", got ? got->from : "nowhere");
}

static void test_the_only_lane_and_feed(void **state)
{
	static const char lane[] = "configuration [lane out]", feed[] = "configuration [feed eth-usd]";
	struct config config;
	struct bindings values;

	(void)state;
	parse(BASE LANE("out") FEED, &config);
	bindings_init(&values);
	offer_only(&config, "http://127.0.0.1:8545", &values);
	expect(&values, "ccip_router", A, lane);
	expect(&values, "source_router_address", A, lane);
	expect(&values, "sender_address", B, lane);
	expect(&values, "source_rpc_url", "http://127.0.0.1:8545", lane);
	expect(&values, "dest_rpc_url", "http://127.0.0.1:9545", lane);
	expect(&values, "chain_selector", "5009297550715157269", lane);
	expect(&values, "receiver_address", NULL, NULL);
	expect(&values, "feed_address", C, feed);
	expect(&values, "oracle_pod", "oracle-publisher-0", feed);
	bindings_free(&values);
	config_free(&config);
}

/* Two lanes are a choice, which only the affected one makes. */
static void test_the_affected_one_of_two(void **state)
{
	struct config config;
	struct bindings values;
	struct component lane = {.kind = KIND_LANE, .name = "back"}, pod = {.kind = KIND_POD, .name = "besu-validator-2"};

	(void)state;
	parse(BASE LANE("out") "[lane back]\nsource = eth\ndest = network\nsource_router = " C "\n", &config);
	bindings_init(&values);
	offer_only(&config, NULL, &values);
	assert_int_equal(values.count, 0);
	offer_component(&config, &lane, NULL, "affected lane/back", &values);
	expect(&values, "source_router_address", C, "affected lane/back");
	expect(&values, "source_rpc_url", "http://127.0.0.1:9545", "affected lane/back");
	expect(&values, "dest_rpc_url", NULL, NULL); /* no node of network answers */
	offer_component(&config, &pod, NULL, "affected pod", &values);
	expect(&values, "validator_pod", "besu-validator-2", "affected pod");
	expect(&values, "pod", "besu-validator-2", "affected pod");
	expect(&values, "rpc_pod", NULL, NULL);
	bindings_free(&values);
	config_free(&config);
}

/* A lane finds its contracts through the router: the configuration need not name them. */
static void test_what_the_lane_found(void **state)
{
	struct config config;
	struct bindings values;

	(void)state;
	parse(BASE LANE("out"), &config);
	struct thresholds thresholds = thresholds_default();
	struct world *world = world_new("x", 1, &thresholds);
	struct component *lane = world_add(world, KIND_LANE, "out", "test", US_PER_MINUTE);
	bindings_init(&values);
	offer_component(&config, lane, NULL, "affected", &values);
	expect(&values, "on_ramp_address", NULL, NULL);
	expect(&values, "message_id", NULL, NULL);
	world_set_text(lane, LANE_ON_RAMP, C, 1);
	world_set_text(lane, LANE_DEST_RMN, B, 1);
	world_set_text(lane, LANE_OLDEST_ID, "0xabcd", 1);
	offer_component(&config, lane, NULL, "affected", &values);
	expect(&values, "on_ramp_address", C, "affected");
	expect(&values, "dest_rmn_address", B, "affected");
	expect(&values, "message_id", "0xabcd", "affected");
	expect(&values, "off_ramp_address", NULL, NULL);
	bindings_free(&values);
	world_free(world);
	config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_only_lane_and_feed),
		cmocka_unit_test(test_the_affected_one_of_two),
		cmocka_unit_test(test_what_the_lane_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
