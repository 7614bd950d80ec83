/* What is beside the chain: how it is shown, how it ages, and how it goes. */
#include "world_fixture.h"

#define START_US (INT64_C(1767225600) * US_PER_S)

struct outer {
	struct thresholds thresholds;
	struct world *world;
	struct component *c;
	int64_t now_us;
};

static void outer_open(struct outer *o, enum kind kind)
{
	o->thresholds = thresholds_default();
	o->world = world_new("Test", 138, &o->thresholds);
	o->c = world_add(o->world, kind, "one", "a source", 30 * US_PER_S);
	o->now_us = START_US;
}

static void outer_pass(struct outer *o, int64_t seconds)
{
	o->now_us += seconds * US_PER_S;
	world_judge(o->world, o->now_us);
}

static void outer_sight(struct outer *o, enum health health, enum symptom symptom, const char *reason)
{
	struct sighting sighting = {.at_us = o->now_us, .verdict = verdict_make(health, symptom, "%s", reason)};

	world_sight(o->world, o->c, &sighting);
}

static void nothing_is_shown_as_well_before_it_was_seen(void **state)
{
	struct outer o;

	(void)state;
	outer_open(&o, KIND_FEED);
	outer_pass(&o, 100);
	assert_int_equal(o.c->health, HEALTH_UNKNOWN);
	assert_string_equal(o.c->reason, "not asked yet");
	assert_int_equal(o.c->reach, REACH_UNKNOWN);
	world_miss(o.world, o.c, o.now_us, REACH_UNREACHABLE, "connection refused");
	assert_string_equal(o.c->reason, "cannot be seen so far: connection refused");
	outer_pass(&o, 5);
	assert_int_equal(o.c->health, HEALTH_UNKNOWN);
	assert_string_equal(o.c->reason, "cannot be seen: connection refused");
	outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "fresh");
	outer_pass(&o, 5);
	assert_int_equal(o.c->health, HEALTH_OK);
	world_free(o.world);
}

static void one_bad_look_waits_for_its_dwell(void **state)
{
	struct outer o;

	(void)state;
	outer_open(&o, KIND_LANE);
	outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "fine");
	outer_pass(&o, 1);
	outer_sight(&o, HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed");
	assert_int_equal(o.c->health, HEALTH_OK);
	outer_pass(&o, 1);
	outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "fine");
	outer_pass(&o, 10);
	assert_int_equal(o.c->health, HEALTH_OK);
	outer_sight(&o, HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed");
	int64_t began_us = o.now_us;
	outer_pass(&o, 4);
	assert_int_equal(o.c->health, HEALTH_CRITICAL);
	assert_int_equal(o.c->since_us, began_us);
	/* The same fault seen again goes on, it does not begin anew. */
	outer_sight(&o, HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed still");
	outer_pass(&o, 1);
	assert_int_equal(o.c->since_us, began_us);
	assert_string_equal(o.c->reason, "cursed still");
	world_free(o.world);
}

static void what_is_not_confirmed_becomes_stale(void **state)
{
	static const struct {
		const char *name;
		bool miss; /* the source says no, instead of nothing */
		int64_t after_s;
		enum health health;
		enum symptom symptom;
		const char *says;
	} cases[] = {
		{"within its time", false, 29, HEALTH_OK, SYMPTOM_NONE, "fine"},
		{"beyond it", false, 31, HEALTH_STALE, SYMPTOM_UNSAMPLED, "no news for 31 s"},
		{"refused", true, 4, HEALTH_STALE, SYMPTOM_REFUSING, "cannot be seen: HTTP 403 pods is forbidden"},
		{"refused just now", true, 1, HEALTH_OK, SYMPTOM_NONE, "fine"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct outer o;

		print_message("%s\n", cases[i].name);
		outer_open(&o, KIND_POD);
		outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "fine");
		if (cases[i].miss)
			world_miss(o.world, o.c, o.now_us, REACH_REFUSING, "HTTP 403 pods is forbidden");
		outer_pass(&o, cases[i].after_s);
		assert_int_equal(o.c->health, cases[i].health);
		assert_int_equal(o.c->symptom, cases[i].symptom);
		assert_string_equal(o.c->reason, cases[i].says);
		world_free(o.world);
	}
}

static void what_is_gone_says_so_once(void **state)
{
	struct outer o;
	const struct change *changes;
	size_t count;
	char name[32];

	(void)state;
	outer_open(&o, KIND_ALERT);
	outer_sight(&o, HEALTH_CRITICAL, SYMPTOM_FIRING, "fires");
	outer_pass(&o, 4);
	changes = world_changes(o.world, &count);
	assert_int_equal(count, 1);
	assert_int_equal(changes[0].to, HEALTH_CRITICAL);
	/* Many come and go: each is found until it goes, and never after. */
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		o.c = world_add(o.world, KIND_ALERT, name, i % 2 ? "a source" : "another", US_PER_S);
		outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "");
	}
	assert_int_equal(world_count(o.world, KIND_ALERT), 301);
	(void)world_changes(o.world, &count);
	world_remove_unconfirmed(o.world, KIND_ALERT, "a source", o.now_us + 1, o.now_us, "resolved");
	assert_int_equal(world_count(o.world, KIND_ALERT), 150);
	changes = world_changes(o.world, &count);
	assert_int_equal(count, 1);
	assert_string_equal(changes[0].id, "alert/one");
	assert_int_equal(changes[0].to, HEALTH_OK);
	assert_string_equal(changes[0].reason, "resolved");
	assert_null(world_find(o.world, "alert/one"));
	assert_null(world_find(o.world, "alert/n299"));
	assert_non_null(world_find(o.world, "alert/n298"));
	world_free(o.world);
}

static void what_it_belongs_to_is_kept_clean(void **state)
{
	struct outer o;

	(void)state;
	outer_open(&o, KIND_POD);
	assert_null(component_related(o.c, 0));
	world_relate(o.c, 1, "node/besu\033[2J");
	assert_null(component_related(o.c, 0));
	assert_null(strchr(component_related(o.c, 1), '\033'));
	world_relate(o.c, 1, "");
	assert_null(component_related(o.c, 1));
	assert_null(component_related(o.c, RELATED_MAX));
	assert_null(component_related(world_chain(o.world), 0));
	assert_ptr_equal(world_add(o.world, KIND_POD, "one", "somebody else", 0), o.c);
	world_free(o.world);
}

static void a_clock_that_is_set_makes_nothing_old(void **state)
{
	struct outer o;

	(void)state;
	outer_open(&o, KIND_PROBE);
	outer_sight(&o, HEALTH_OK, SYMPTOM_NONE, "fine");
	outer_pass(&o, 10);
	world_clock_stepped(o.world, US_PER_HOUR);
	o.now_us += US_PER_HOUR;
	outer_pass(&o, 10);
	assert_int_equal(o.c->health, HEALTH_OK);
	assert_int_equal(component_age_us(o.c, o.now_us), 20 * US_PER_S);
	world_free(o.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_shown_as_well_before_it_was_seen),
		cmocka_unit_test(one_bad_look_waits_for_its_dwell),
		cmocka_unit_test(what_is_not_confirmed_becomes_stale),
		cmocka_unit_test(what_is_gone_says_so_once),
		cmocka_unit_test(what_it_belongs_to_is_kept_clean),
		cmocka_unit_test(a_clock_that_is_set_makes_nothing_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
