/* The requests of incidents and runbooks: ":" lines with what comes of them, and the whole
 * walk by keys alone. */
#include "ui_fixture.h"

#include <fcntl.h>
#include <unistd.h>

struct room {
	struct watch *watch;
	struct ui *ui;
};

static struct room open_room(void)
{
	struct room room = {.watch = room_open(4, 2)};
	room.ui = ui_new(room.watch, false, true);
	room_run(room.watch, 40);
	return room;
}

static void close_room(struct room *room)
{
	ui_free(room->ui);
	room_close(room->watch);
}

static void break_validator(struct room *room)
{
	room->watch->net.nodes[2].stopped = true;
	room_run(room->watch, 40);
}

static void press(struct room *room, const char *names)
{
	char key[16];
	while (text_word(&names, key, sizeof(key)))
		ui_key(room->ui, key);
}

static void type(struct room *room, const char *text)
{
	ui_paste(room->ui, text);
	ui_key(room->ui, "Enter");
}

static const struct incident *incident(const struct room *room)
{
	return fold_incident(room->watch->record.fold, "INC-1");
}

static char *shot(struct room *room)
{
	return room_shot(room->ui, 100, 30, false);
}

static void assert_shown(struct room *room, const char *text)
{
	char *screen = shot(room);
	if (!strstr(screen, text))
		fail_msg("\"%s\" is not on the screen:\n%s", text, screen);
	free(screen);
}

/* --- lines and what they answer ------------------------------------------------------------ */

static void lines_answer_in_words(void **state)
{
	static const struct {
		const char *line;
		enum status status;
		const char *says; /* part of the error */
	} cases[] = {
		/* before any incident */
		{"commander", STATUS_REFUSED, "no incident is open"},
		{"severity P1", STATUS_REFUSED, "no incident is open"},
		{"impact x", STATUS_REFUSED, "no incident is open"},
		{"next-stage", STATUS_REFUSED, "no incident is open"},
		{"run", STATUS_REFUSED, "no incident is open"},
		{"tick", STATUS_REFUSED, "no incident is open"},
		{"export", STATUS_REFUSED, "no incident is open"},
		{"dismiss nothing", STATUS_REFUSED, "nothing is proposed"},
		{"attach", STATUS_REFUSED, "nothing waits"},
		{"show INC-9", STATUS_NOT_FOUND, "no such incident"},
		{"note", STATUS_USAGE, ":note TEXT"},
		{"note before anything", STATUS_OK, NULL},
		{"note --at 2026-01-01T00:00:00Z earlier", STATUS_OK, NULL},
		{"note --at 00:01 the lights flickered", STATUS_OK, NULL},
		{"note --at 23:59 of the day before", STATUS_OK, NULL},
		{"note --at 2999-01-01T00:00:00Z x", STATUS_INVALID, "future"},
		{"note --at yesterday x", STATUS_INVALID, "yesterday"},
		{"report --from carol the page is blank", STATUS_OK, NULL},
		{"arm soon x", STATUS_INVALID, "soon"},
		{"arm 10s x", STATUS_USAGE, "less than a minute"},
		{"arm 10m", STATUS_USAGE, "reason"},
		{"who", STATUS_OK, NULL},
		/* an incident by hand */
		{"declare the page is blank", STATUS_OK, NULL},
		{"next-stage", STATUS_REFUSED, "Triage cannot be left yet: no severity"},
		{"stage resolve", STATUS_REFUSED, "Respond comes before"},
		{"stage lunch", STATUS_USAGE, "lunch"},
		{"previous-stage", STATUS_REFUSED, "first stage"},
		{"severity P9", STATUS_USAGE, "not one of"},
		{"severity P2 slow for some", STATUS_OK, NULL},
		{"severity P2", STATUS_CONFLICT, "already"},
		{"commander", STATUS_OK, NULL},
		{"commander bob", STATUS_OK, NULL}, /* bob may accept it */
		{"accept", STATUS_REFUSED, "nothing is offered to you"},
		{"scribe -", STATUS_CONFLICT, "nobody is scribe"},
		{"scribe carol", STATUS_OK, NULL},
		{"role Operations", STATUS_INVALID, "not a role's name"},
		{"role bridge", STATUS_OK, NULL},
		{"role bridge -", STATUS_OK, NULL},
		{"offer scribe bob", STATUS_REFUSED, "carol has it"},
		{"offer commander", STATUS_USAGE, "to whom"},
		{"task bob 15m look at the cache", STATUS_OK, NULL},
		{"task call support", STATUS_OK, NULL},
		{"task bob 1s blink", STATUS_INVALID, "time box"},
		{"assign T2 carol", STATUS_OK, NULL},
		{"assign T2 carol soon", STATUS_USAGE, "no time"},
		{"assign T9 carol", STATUS_NOT_FOUND, "T9"},
		{"task-done t1 it was cold", STATUS_OK, NULL},
		{"task-done T1", STATUS_CONFLICT, "done already"},
		{"task-cancel T2", STATUS_INVALID, "reason"},
		{"task-cancel 2 they called us", STATUS_OK, NULL},
		{"hypothesis the cache is cold", STATUS_OK, NULL},
		{"confirm H1", STATUS_INVALID, "evidence"},
		{"confirm H2 x", STATUS_NOT_FOUND, "H2"},
		{"confirm h1 hits went up again", STATUS_OK, NULL},
		{"finding it was restarted at noon", STATUS_OK, NULL},
		{"decide keep it warm", STATUS_OK, NULL},
		{"escalate nobody", STATUS_NOT_FOUND, "nobody"},
		{"escalate team-lead it lasts", STATUS_OK, NULL},
		{"acknowledge dave", STATUS_NOT_FOUND, "dave"},
		{"acknowledge team-lead by phone", STATUS_OK, NULL},
		{"snooze nonsense 10m", STATUS_NOT_FOUND, "no such clock"},
		{"snooze update soon", STATUS_USAGE, "no time"},
		{"snooze update 2d", STATUS_INVALID, "one day"},
		{"snooze update 10m", STATUS_OK, NULL},
		{"snooze", STATUS_OK, NULL},
		{"room", STATUS_OK, NULL},
		{"handover", STATUS_OK, NULL},
		{"show", STATUS_OK, NULL},
		{"components nonsense", STATUS_NOT_FOUND, "not watched"},
		{"components node/besu-rpc-0 chain/138", STATUS_OK, NULL},
		{"title the page is slow", STATUS_OK, NULL},
		{"tick", STATUS_REFUSED, "no runbook is chosen"},
		{"about", STATUS_REFUSED, "no runbook is chosen"},
		{"runbook nonsense", STATUS_NOT_FOUND, "nonsense"},
		{"runbook rpc-endpoint-issues", STATUS_OK, NULL},
		{"about", STATUS_OK, NULL},
		{"tick 99", STATUS_NOT_FOUND, "99"},
		{"next-stage", STATUS_REFUSED, "the impact is not written"},
		{"impact some pages load slowly", STATUS_OK, NULL},
		{"next-stage", STATUS_OK, NULL},
		{"override it is late", STATUS_REFUSED, "only the checks of Resolve"},
		{"cancel", STATUS_REFUSED, "no command is running"},
		{"set validator-pod", STATUS_USAGE, "no value"},
		{"set rpc_url ;rm", STATUS_INVALID, "rpc_url"},
		{"tick 1", STATUS_OK, NULL},
		{"skip not needed", STATUS_OK, NULL},
		{"step-note looked at it", STATUS_OK, NULL},
		{"evidence /nowhere/at/all", STATUS_NOT_FOUND, "/nowhere/at/all"},
		{"next-stage", STATUS_REFUSED, "Respond cannot be left yet"},
		{"next-stage the rest can wait", STATUS_OK, NULL},
		{"previous-stage", STATUS_OK, NULL},
		{"stage next the rest can wait", STATUS_OK, NULL},
		{"override the checks are for the chain", STATUS_OK, NULL},
		{"section nonsense x", STATUS_USAGE, "nonsense"},
		{"section root-cause a full disk", STATUS_OK, NULL},
		{"section resolution emptied it", STATUS_OK, NULL},
		{"section lessons watch disks", STATUS_OK, NULL},
		{"next-stage", STATUS_REFUSED, "action item"},
		{"action bob 2026-02-31 x", STATUS_INVALID, "no day"},
		{"action watch the disks", STATUS_OK, NULL},
		{"next-stage", STATUS_REFUSED, "owner"},
		{"action bob 2026-02-01 watch the disks", STATUS_OK, NULL},
		{"export nonsense", STATUS_USAGE, "nonsense"},
		{"amend 9999 x", STATUS_NOT_FOUND, "9999"},
		{"retract 1 x", STATUS_REFUSED, "not taken back"},
		{"merge INC-1", STATUS_INVALID, "itself"},
		{"next-stage", STATUS_OK, NULL},
		{"reopen INC-1 it is back", STATUS_OK, NULL},
	};
	struct room room = open_room();
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		enum status status = ui_command(room.ui, cases[i].line, &err);
		if (status != cases[i].status || (cases[i].says && !strstr(err.text, cases[i].says)))
			fail_msg(":%s gave %s: %s", cases[i].line, status_name(status), err.text);
		while (ui_overlaid(room.ui))
			ui_overlay_close(room.ui);
		room_run(room.watch, 1);
	}
	assert_int_equal(incident(&room)->stage, STAGE_RESPOND);
	assert_string_equal(incident(&room)->title, "the page is slow");
	assert_string_equal(incident(&room)->owner, "alice");
	assert_string_equal(incident(&room)->offers[0].to, "bob");
	assert_int_equal(incident(&room)->task_count, 2);
	close_room(&room);
}

/* It is shortly after midnight in the fixture; its zone is the local one of this test. */
static void a_time_of_day_is_told_with_its_date(void **state)
{
	struct error err = {0};
	(void)state;
	setenv("TZ", "AAA-01:00", 1);
	struct room room = open_room();
	ui_set_utc(room.ui, false);
	assert_int_equal(ui_command(room.ui, "note --at 23:59 the lights flickered", NULL), STATUS_OK);
	assert_shown(&room, "noted for 2025-12-31 23:59:00+01:00");
	assert_int_equal(ui_command(room.ui, "note --at 2999-01-01T00:00:00Z x", &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "2999-01-01 01:00:00+01:00 is in the future"));
	close_room(&room);
	setenv("TZ", "UTC", 1);
}

static void a_runbook_tells_about_itself(void **state)
{
	struct room room = open_room();
	(void)state;
	break_validator(&room);
	assert_int_equal(ui_command(room.ui, "declare", NULL), STATUS_OK);
	room_run(room.watch, 1);
	assert_int_equal(ui_command(room.ui, "runbook validator-failure", NULL), STATUS_OK);
	room_run(room.watch, 1);
	assert_int_equal(ui_command(room.ui, "about", NULL), STATUS_OK);
	assert_shown(&room, "on-call engineer");
	assert_shown(&room, "The validator's pod is not running.");
	assert_shown(&room, "At once, if the loss of one more stops the chain: the team lead.");
	close_room(&room);
}

/* A fault that is back soon belongs to the incident that was closed over it. */
static void a_fault_that_comes_back_reopens(void **state)
{
	static const struct {
		int64_t window_us;
		size_t incidents; /* there are afterwards */
		enum stage stage; /* of the first */
	} cases[] = {{US_PER_HOUR, 1, STAGE_RESPOND}, {US_PER_S, 2, STAGE_CLOSED}, {0, 2, STAGE_CLOSED}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct room room = open_room();
		room.watch->clocks.reopen_us = cases[i].window_us;
		break_validator(&room);
		press(&room, "d");
		recorder_raw(&room.watch->record, EVENT_INCIDENT_CLOSED, "INC-1", "{\"from\":\"review\"}");
		room_run(room.watch, 40);
		press(&room, "B d");
		assert_true(ui_overlaid(room.ui) == (cases[i].incidents == 1));
		if (ui_overlaid(room.ui)) {
			assert_shown(&room, "Reopen INC-1?");
			press(&room, "y");
		}
		assert_int_equal(fold_incident_count(room.watch->record.fold), cases[i].incidents);
		assert_int_equal(incident(&room)->stage, cases[i].stage);
		close_room(&room);
	}
}

/* A role is offered, and taken by whoever sits at the other console. */
static void a_role_is_offered_and_accepted(void **state)
{
	struct room room = open_room();
	(void)state;
	break_validator(&room);
	press(&room, "d");
	recorder_raw(&room.watch->record, EVENT_ROLE_ASSUMED, "INC-1", "{\"role\":\"commander\",\"name\":\"bob\"}");
	recorder_raw(&room.watch->record, EVENT_ROLE_OFFERED, "INC-1", "{\"role\":\"commander\",\"from\":\"bob\",\"to\":\"alice\",\"until_us\":9000000000000000}");
	room_run(room.watch, 1);
	press(&room, "W");
	assert_shown(&room, "yours? Y accepts");
	press(&room, "Y");
	assert_string_equal(incident(&room)->owner, "alice");
	press(&room, "Y");
	assert_shown(&room, "nothing is offered to you");
	close_room(&room);
}

/* The key of the escalation asks before anybody is told. */
static void escalation_asks_first(void **state)
{
	struct room room = open_room();
	(void)state;
	break_validator(&room);
	press(&room, "d c e");
	assert_shown(&room, "Escalate INC-1 to Team lead");
	press(&room, "Esc");
	assert_int_equal(incident(&room)->escalation_count, 0);
	press(&room, "e");
	assert_shown(&room, "Escalate INC-1 to Team lead");
	press(&room, "y");
	assert_int_equal(incident(&room)->escalation_count, 1);
	press(&room, "e");
	assert_shown(&room, "everybody on the ladder was told");
	close_room(&room);
}

static void an_observer_writes_nothing(void **state)
{
	static const char *const lines[] = {"declare x", "note x", "task x", "role scribe", "decide x", "escalate", "snooze", "accept", "report x", "dismiss x", "arm 10m x", "export", "section impact x"};
	struct room room = open_room();
	size_t before = room.watch->record.count;
	(void)state;
	room.watch->mode = MODE_OBSERVER;
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		struct error err = {0};
		assert_int_equal(ui_command(room.ui, lines[i], &err), STATUS_REFUSED);
		assert_non_null(strstr(err.text, "only observes"));
	}
	assert_int_equal(room.watch->record.count, before);
	close_room(&room);
}

/* --- the walk ---------------------------------------------------------------------------------- */

static void the_whole_walk_goes_by_keys(void **state)
{
	char path[] = "/tmp/tocsin-walk-XXXXXX", line[64], beside[64];
	struct room room = open_room();
	(void)state;
	break_validator(&room);
	assert_shown(&room, "d declare");
	press(&room, "d");
	assert_int_equal(incident(&room)->stage, STAGE_TRIAGE);
	assert_shown(&room, "Triage can be left when");
	assert_shown(&room, "c command  i impact  b runbook");
	press(&room, "c i");
	type(&room, "one block in four is late");
	press(&room, "b");
	assert_string_equal(incident(&room)->runbook, "validator-failure");
	assert_shown(&room, "] next stage");
	press(&room, "]");
	assert_int_equal(incident(&room)->stage, STAGE_RESPOND);
	assert_shown(&room, "x run step  v done  S skip");
	for (size_t i = 0; i < room.watch->runbook.step_count; i++)
		press(&room, "v");
	assert_shown(&room, "] next stage");
	press(&room, "]");
	assert_int_equal(incident(&room)->stage, STAGE_RESOLVE);
	room.watch->checker = checker_new(incident(&room), room.watch->net.world, room.watch->clock.wall_us);
	press(&room, "]");
	assert_int_equal(incident(&room)->stage, STAGE_RESOLVE);
	room.watch->net.nodes[2].stopped = false;
	room_run(room.watch, 60);
	assert_shown(&room, "] next stage");
	press(&room, "]");
	assert_int_equal(incident(&room)->stage, STAGE_REVIEW);
	assert_shown(&room, "Review INC-1");
	press(&room, "j j Enter");
	type(&room, "the machine lost power");
	press(&room, "j j Enter C-u");
	type(&room, "restarted it");
	press(&room, "j Enter");
	type(&room, "watch the power");
	press(&room, "o");
	type(&room, "bob 2026-02-01 a second supply");
	assert_string_equal(incident(&room)->sections[SECTION_ROOT_CAUSE], "the machine lost power");
	assert_string_equal(incident(&room)->sections[SECTION_RESOLUTION], "restarted it");
	assert_string_equal(incident(&room)->sections[SECTION_LESSONS], "watch the power");
	int file = mkstemp(path);
	assert_true(file >= 0);
	close(file);
	snprintf(line, sizeof(line), "export md %s", path);
	press(&room, ":");
	type(&room, line);
	snprintf(beside, sizeof(beside), "%s.checkpoint", path);
	assert_int_equal(access(beside, R_OK), 0);
	press(&room, "]");
	assert_int_equal(incident(&room)->stage, STAGE_CLOSED);
	unlink(path);
	unlink(beside);
	close_room(&room);
}

static void an_export_without_a_name_replaces_only_its_own(void **state)
{
	static const char theirs[] = "the review of another night";
	(void)state;
	struct room room = open_room();
	char home[] = "/tmp/tocsin-export-XXXXXX", before[1024], line[64] = "";
	assert_non_null(getcwd(before, sizeof(before)));
	assert_non_null(mkdtemp(home));
	assert_int_equal(chdir(home), 0);
	press(&room, ":");
	type(&room, "declare late blocks");
	assert_int_equal(file_write("INC-1.md", theirs, strlen(theirs), 0600, NULL), STATUS_OK);
	press(&room, ":");
	type(&room, "export");
	assert_shown(&room, "INC-1.md: such a file is there");
	int file = open("INC-1.md", O_RDONLY);
	assert_int_equal(read(file, line, sizeof(line) - 1), (ssize_t)strlen(theirs));
	close(file);
	assert_string_equal(line, theirs);
	assert_int_equal(unlink("INC-1.md"), 0);
	for (int twice = 0; twice < 2; twice++) {
		press(&room, ":");
		type(&room, "export");
		assert_shown(&room, "INC-1 is in INC-1.md");
	}
	unlink("INC-1.md");
	unlink("INC-1.md.checkpoint");
	assert_int_equal(chdir(before), 0);
	rmdir(home);
	close_room(&room);
}

/* --- running ----------------------------------------------------------------------------------- */

static void to_respond(struct room *room)
{
	break_validator(room);
	press(room, "d c i");
	type(room, "late blocks");
	press(room, "b ]");
}

static void only_what_was_shown_and_confirmed_runs(void **state)
{
	struct room room = open_room();
	(void)state;
	to_respond(&room);
	press(&room, ":");
	type(&room, "set validator_pod besu-validator-2");
	press(&room, "x");
	assert_true(ui_overlaid(room.ui));
	assert_shown(&room, "The shell gets exactly this");
	assert_shown(&room, "TOCSIN_validator_pod=besu-validator-2");
	assert_shown(&room, "Directory: /home/alice");
	press(&room, "Enter");
	assert_int_equal(room.watch->runs, 0);
	press(&room, "x");
	free(shot(&room));
	press(&room, "y");
	assert_int_equal(room.watch->runs, 1);
	close_room(&room);
}

static void values_that_changed_since_are_not_run(void **state)
{
	struct room room = open_room();
	(void)state;
	to_respond(&room);
	assert_int_equal(watch_bind(room.watch, "INC-1", "validator_pod", "besu-validator-2", NULL), STATUS_OK);
	press(&room, "x");
	free(shot(&room));
	assert_int_equal(watch_bind(room.watch, "INC-1", "validator_pod", "besu-validator-3", NULL), STATUS_OK);
	press(&room, "y");
	assert_int_equal(room.watch->runs, 0);
	assert_shown(&room, "its values changed since they were shown");
	close_room(&room);
}

static void what_is_refused_says_why(void **state)
{
	struct room room = open_room();
	(void)state;
	to_respond(&room);
	assert_int_equal(watch_bind(room.watch, "INC-1", "validator_pod", "besu-validator-2", NULL), STATUS_OK);
	press(&room, ":");
	type(&room, "run 4");
	assert_shown(&room, "cannot be run now");
	assert_shown(&room, ":arm 10m REASON");
	press(&room, "Esc");
	/* Armed, it takes the name of what it changes. */
	press(&room, ":");
	type(&room, "arm 10m restart it");
	press(&room, ":");
	type(&room, "run 4");
	free(shot(&room));
	press(&room, "y Enter");
	assert_int_equal(room.watch->runs, 0);
	close_room(&room);
}

/* A runbook of its own, whose only step moves funds. */
static void take_funds_runbook(struct room *room)
{
	static const char text[] = "# Funds\n\n1. Move them\n\n   ```sh\n   cast send <pool>\n   ```\n";
	to_respond(room);
	runbook_free(&room->watch->runbook);
	assert_int_equal(runbook_parse(text, sizeof(text) - 1, "funds", &room->watch->runbook, NULL), STATUS_OK);
	room->watch->runbook_loaded = true;
	assert_int_equal(watch_bind(room->watch, "INC-1", "pool", "pool-one", NULL), STATUS_OK);
	press(room, ":");
	type(room, "arm 10m move them");
}

static void a_second_person_is_asked_and_answers(void **state)
{
	struct room room = open_room();
	(void)state;
	take_funds_runbook(&room);
	assert_shown(&room, "wants a second person");
	press(&room, "x");
	assert_shown(&room, "Ask a second person to approve step 1");
	assert_shown(&room, "cast send pool-one");
	press(&room, "y");
	assert_int_equal(room.watch->runs, 0);
	assert_int_equal(incident(&room)->approvals[0].state, APPROVAL_ASKED);
	press(&room, "x");
	assert_shown(&room, "Step 1 waits for a second person");
	press(&room, "Esc P");
	assert_shown(&room, "Approve step 1 for alice");
	assert_shown(&room, "what was shown");
	/* Alice cannot: the console says so after the word was typed. */
	ui_paste(room.ui, "run");
	free(shot(&room));
	press(&room, "Enter");
	assert_shown(&room, "another person has to approve it");
	room.watch->name = "bob";
	press(&room, "P");
	free(shot(&room));
	ui_paste(room.ui, "run");
	press(&room, "Enter");
	assert_int_equal(incident(&room)->approvals[0].state, APPROVAL_GIVEN);
	room.watch->name = "alice";
	press(&room, "x");
	assert_shown(&room, "Approved by bob (not proved");
	ui_paste(room.ui, "pool-one");
	press(&room, "Enter");
	assert_int_equal(room.watch->runs, 1);
	close_room(&room);
}

static void a_second_person_may_refuse_and_glass_may_break(void **state)
{
	struct room room = open_room();
	(void)state;
	take_funds_runbook(&room);
	press(&room, "x");
	free(shot(&room));
	press(&room, "y");
	room.watch->name = "bob";
	press(&room, ":");
	type(&room, "refuse this is the old pool");
	assert_int_equal(incident(&room)->approvals[0].state, APPROVAL_REFUSED);
	room.watch->name = "alice";
	press(&room, "P");
	assert_shown(&room, "nobody asks for an approval now");
	press(&room, ":");
	type(&room, "break-glass");
	assert_int_equal(incident(&room)->approval_count, 1);
	press(&room, "Esc :");
	type(&room, "break-glass 1 nobody answers");
	assert_shown(&room, "the glass is broken");
	press(&room, "x");
	assert_shown(&room, "Broken glass: alice, because nobody answers");
	close_room(&room);
}

static void a_step_is_done_otherwise(void **state)
{
	struct room room = open_room();
	(void)state;
	to_respond(&room);
	press(&room, ":");
	type(&room, "deviate asked the provider instead");
	assert_int_equal(incident(&room)->steps[0].state, STEP_DEVIATED);
	assert_shown(&room, "otherwise");
	close_room(&room);
}

static void other_words_search_the_library(void **state)
{
	struct room room = open_room();
	(void)state;
	to_respond(&room);
	press(&room, ":");
	type(&room, "runbook quorum");
	assert_shown(&room, "Runbooks that speak of \"quorum\"");
	assert_shown(&room, "network-outage");
	press(&room, "Esc :");
	type(&room, "runbook no such words anywhere");
	assert_shown(&room, "neither a name, nor a file, nor words of a runbook");
	assert_string_equal(incident(&room)->runbook, "validator-failure");
	close_room(&room);
}

static void every_request_has_a_key_or_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (const struct request *request = requests_actions; request->name; request++) {
		assert_non_null(request->run);
		assert_true(strlen(request->help) > 10);
		if (request->hint && *request->keys == '\0')
			fail_msg("%s has a hint but no key", request->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_answer_in_words),
		cmocka_unit_test(a_time_of_day_is_told_with_its_date),
		cmocka_unit_test(a_runbook_tells_about_itself),
		cmocka_unit_test(a_fault_that_comes_back_reopens),
		cmocka_unit_test(a_role_is_offered_and_accepted),
		cmocka_unit_test(escalation_asks_first),
		cmocka_unit_test(an_observer_writes_nothing),
		cmocka_unit_test(the_whole_walk_goes_by_keys),
		cmocka_unit_test(an_export_without_a_name_replaces_only_its_own),
		cmocka_unit_test(only_what_was_shown_and_confirmed_runs),
		cmocka_unit_test(values_that_changed_since_are_not_run),
		cmocka_unit_test(what_is_refused_says_why),
		cmocka_unit_test(a_second_person_is_asked_and_answers),
		cmocka_unit_test(a_second_person_may_refuse_and_glass_may_break),
		cmocka_unit_test(a_step_is_done_otherwise),
		cmocka_unit_test(other_words_search_the_library),
		cmocka_unit_test(every_request_has_a_key_or_a_name_and_a_sentence),
	};
	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
