/* The collector against a node that misbehaves in every way we know, all of them at once
 * beside one good node: each is called what it is, nothing raw gets through, memory stays
 * bounded, and the good node does not notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	OUTPUT_BYTES = 8 << 20,
	NODES_MAX = 64,
	NODE_NAME = 64,
};

/* Without sanitizers, which keep much of what was freed. */
#if defined(__SANITIZE_ADDRESS__)
enum { MEMORY_KB = 1 << 20 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { MEMORY_KB = 1 << 20 };
#else
enum { MEMORY_KB = 96 << 10 };
#endif
#else
enum { MEMORY_KB = 96 << 10 };
#endif

static const struct {
	const char *name;
	const char *health, *reach;
	const char *reason; /* is part of it */
} cases[] = {
	{"good", "ok", "ok", "in step"},
	{"refused", "critical", "unreachable", "connection refused"},
	{"hang", "critical", "unreachable", "timeout"},
	{"close", "critical", "unreachable", "closed without an answer"},
	{"reset", "critical", "unreachable", "connection reset"},
	{"drip", "critical", "unreachable", "timeout"},
	{"drip-body", "critical", "unreachable", "timeout"},
	{"endless-chunks", "critical", "refusing", "over 2 MiB"},
	{"endless-body", "critical", "refusing", "over 2 MiB"},
	{"claimed-length", "critical", "refusing", "over 2 MiB"},
	{"negative-length", "critical", "unreachable", "not HTTP"},
	{"endless-headers", "critical", "refusing", "headers over"},
	{"long-header", "critical", "refusing", "headers over"},
	{"continue-flood", "critical", "refusing", "headers over"},
	{"cut-json", "critical", "refusing", "answer is not JSON"},
	{"cut-body", "critical", "unreachable", "connection cut"},
	{"wrong-types", "critical", "refusing", "malformed block"},
	{"deep", "critical", "refusing", "nested deeper"},
	{"huge-numbers", "critical", "refusing", "malformed block"},
	{"duplicate-keys", "critical", "refusing", "occurs twice"},
	{"wrong-ids", "critical", "refusing", "no answer to eth_getBlockByNumber"},
	{"same-id", "ok", "ok", "in step"},
	{"null-results", "critical", "refusing", "gave no block"},
	{"html", "critical", "refusing", "a web page"},
	{"html-503", "critical", "refusing", "HTTP 503"},
	{"redirect-file", "critical", "refusing", "HTTP 302"},
	{"redirect-again", "critical", "refusing", "HTTP 307"},
	{"bomb", "critical", "refusing", "not JSON"},
	{"hostile-strings", "ok", "ok", "in step"},
	{"hostile-errors", "critical", "refusing", "error -32000"},
	{"hostile-status", "critical", "refusing", "HTTP 403"},
	{"hostile-raw", "critical", "refusing", "a control character"},
	{"hostile-headers", "ok", "ok", "in step"},
	{"empty", "critical", "refusing", "not JSON"},
	{"no-content", "critical", "refusing", "HTTP 204"},
	{"nul", "critical", "refusing", "not JSON"},
	{"not-http", "critical", "unreachable", "not HTTP"},
	{"twice", "ok", "ok", "in step"},
	{"far-date", "warning", "ok", "clock"},
};

static struct {
	char dir[64];
	char all[96], hostile[96]; /* configurations */
	pid_t server;
	int server_stdin;
	struct {
		char name[NODE_NAME];
		unsigned port;
	} nodes[NODES_MAX];
	size_t node_count;
	struct buf json, text;
	long memory_kb; /* the most of the runs */
} room;

/* --- the server and the runs ---------------------------------------------------------- */

static char *built(const char *name)
{
	const char *build = getenv("TOCSIN_BUILD");

	assert_non_null(build);
	return xasprintf("%s/%s", build, name);
}

/* Starts a program with pipes for its input and output. */
static pid_t start(const char *const argv[], int *in, int *out)
{
	int input[2], output[2];

	assert_int_equal(pipe(input), 0);
	assert_int_equal(pipe(output), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	fcntl(input[1], F_SETFD, FD_CLOEXEC);
	*in = input[1];
	*out = output[0];
	return pid;
}

/* A port that nobody listens on: taken and given back. */
static unsigned closed_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void add_node(const char *name, unsigned port)
{
	assert_true(room.node_count < NODES_MAX);
	snprintf(room.nodes[room.node_count].name, NODE_NAME, "%s", name);
	room.nodes[room.node_count++].port = port;
}

/* Starts the server, which tells its faults and their ports. */
static void start_server(void)
{
	char *program = built("tests/fault/faulty"), line[256], name[NODE_NAME];
	const char *argv[] = {program, NULL};
	unsigned port;
	int out;

	room.server = start(argv, &room.server_stdin, &out);
	FILE *file = fdopen(out, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "%u %63s", &port, name) == 2)
		add_node(name, port);
	assert_string_equal(line, "\n");
	fclose(file);
	free(program);
}

/* A configuration of the nodes whose names begin so. */
static void write_config(const char *path, const char *prefix, int timeout_s)
{
	struct buf config;

	buf_init(&config, 1 << 16);
	for (size_t i = 0; i < room.node_count; i++)
		if (strncmp(room.nodes[i].name, prefix, strlen(prefix)) == 0)
			buf_printf(&config, "[node %s]\nurl = http://127.0.0.1:%u\ninterval = 500ms\ntimeout = %ds\n", room.nodes[i].name, room.nodes[i].port, timeout_s);
	buf_puts(&config, "[network]\nname = faults\n[thresholds]\ndwell_ms = 200\nclear_ms = 200\nrpc_warn_ms = 2000\n");
	assert_int_equal(file_write(path, buf_text(&config), config.len, 0600, NULL), STATUS_OK);
	buf_free(&config);
}

static void run_status(const char *config, const char *for_time, const char *format, struct buf *out)
{
	char *program = built("src/tocsin"), piece[4096];
	const char *argv[] = {program, "--config", config, "status", "--for", for_time, format, NULL};
	struct rusage usage;
	int in, fd, code;
	ssize_t n;

	pid_t pid = start(argv, &in, &fd);
	close(in);
	buf_init(out, OUTPUT_BYTES);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(out, piece, (size_t)n);
	close(fd);
	assert_int_equal(wait4(pid, &code, 0, &usage), pid);
	assert_true(WIFEXITED(code));
	assert_int_equal(WEXITSTATUS(code), 2);
	assert_false(out->full);
	if (usage.ru_maxrss > room.memory_kb)
		room.memory_kb = usage.ru_maxrss;
	free(program);
}

static const struct json *component(const struct json *root, const char *name)
{
	for (const struct json *c = json_first(json_get(root, "components")); c; c = json_next(c)) {
		if (strcmp(json_string(json_get(c, "kind")), "node") == 0 && strcmp(json_string(json_get(c, "name")), name) == 0)
			return c;
	}
	return NULL;
}

/* How many nodes are not called what they are; told one by one if wanted. */
static int count_wrong(bool tell)
{
	struct json *root = json_parse(buf_text(&room.json), room.json.len, OUTPUT_BYTES, NULL);
	int wrong = 0;

	assert_non_null(root);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct json *c = component(root, cases[i].name);
		assert_non_null(c);
		const char *health = json_string(json_get(c, "health")), *reach = json_string(json_get(c, "reach")), *reason = json_string(json_get(c, "reason"));
		if (strcmp(health, cases[i].health) == 0 && strcmp(reach, cases[i].reach) == 0 && strstr(reason, cases[i].reason))
			continue;
		if (tell)
			print_error("%s: %s, %s: %s\n", cases[i].name, health, reach, reason);
		wrong++;
	}
	json_free(root);
	return wrong;
}

/* The good node answers in a millisecond; the collector has two scores of others to tend. */
static bool good_node_did_not_notice(void)
{
	struct json *root = json_parse(buf_text(&room.json), room.json.len, OUTPUT_BYTES, NULL);
	const struct json *good = component(root, "good");
	int64_t age_ms, rpc_ms;

	assert_true(json_i64(json_get(good, "age_ms"), &age_ms));
	assert_true(json_i64(json_get(json_get(good, "values"), "rpc_ms"), &rpc_ms));
	json_free(root);
	return age_ms >= 0 && age_ms <= 1500 && rpc_ms >= 0 && rpc_ms <= 500;
}

/* All of them are asked twice a second, which may be too much for a machine under load:
 * what it did not get to see in a short time is looked at again with more patience. */
static int begin(void **state)
{
	static const struct {
		int timeout_s;
		const char *for_time;
	} tries[] = {{1, "3s"}, {4, "15s"}, {15, "60s"}};

	(void)state;
	snprintf(room.dir, sizeof(room.dir), "/tmp/tocsin-faults-XXXXXX");
	assert_non_null(mkdtemp(room.dir));
	snprintf(room.all, sizeof(room.all), "%s/all.conf", room.dir);
	snprintf(room.hostile, sizeof(room.hostile), "%s/hostile.conf", room.dir);
	setenv("XDG_DATA_HOME", room.dir, 1);
	setenv("XDG_CONFIG_HOME", room.dir, 1);
	add_node("refused", closed_port());
	start_server();
	write_config(room.hostile, "hostile-", 1);
	for (size_t i = 0; i < ARRAY_LENGTH(tries); i++) {
		buf_free(&room.json);
		write_config(room.all, "", tries[i].timeout_s);
		run_status(room.all, tries[i].for_time, "--json", &room.json);
		if (count_wrong(false) == 0 && good_node_did_not_notice())
			break;
	}
	run_status(room.hostile, "3s", NULL, &room.text);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(room.server_stdin);
	waitpid(room.server, NULL, 0);
	unlink(room.all);
	unlink(room.hostile);
	rmdir(room.dir);
	buf_free(&room.json);
	buf_free(&room.text);
	return 0;
}

/* --- what they show ----------------------------------------------------------------------- */

static void each_fault_is_called_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(true), 0);
}

static void nothing_raw_gets_through(void **state)
{
	(void)state;
	const struct buf *outputs[] = {&room.json, &room.text};
	for (size_t i = 0; i < ARRAY_LENGTH(outputs); i++) {
		const char *line = buf_text(outputs[i]);
		assert_int_equal(strlen(line), outputs[i]->len);
		while (*line) {
			size_t len = strcspn(line, "\n");
			if (!text_is_clean(line, len))
				fail_msg("not clean: %.*s", (int)len, line);
			line += len + (line[len] == '\n');
		}
	}
	assert_non_null(strstr(buf_text(&room.text), "HTTP 403"));
}

static void memory_stays_bounded(void **state)
{
	(void)state;
	if (room.memory_kb > MEMORY_KB)
		fail_msg("%ld KB", room.memory_kb);
}

static void the_good_node_does_not_notice(void **state)
{
	(void)state;
	assert_true(good_node_did_not_notice());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_called_what_it_is),
		cmocka_unit_test(nothing_raw_gets_through),
		cmocka_unit_test(memory_stays_bounded),
		cmocka_unit_test(the_good_node_does_not_notice),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
