#include "drill/standin.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "drill/bridge.h"
#include "drill/standin_private.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_BYTES = 4 * 1024 * 1024,
	POLL_MS = 300,
	ROLLOUT_S = 600,
	PLAIN_MAX = 6,
};

/* --- the line to the network --------------------------------------------------- */

size_t standin_take_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	(void)size;
	buf_add(arg, bytes, count);
	return count;
}

/* Only loopback: a stand-in that could reach the world would be none. */
bool standin_url_is_local(const char *url)
{
	static const char prefix[] = "http://127.0.0.1:";
	return url && strncmp(url, prefix, strlen(prefix)) == 0 && strspn(url + strlen(prefix), "0123456789") == strlen(url + strlen(prefix));
}

/* Sends one order; *code is the HTTP status, 0 when there is no network. */
void standin_send_order(const char *order, long *code, struct buf *answer)
{
	const char *base = getenv("TOCSIN_SIM_URL");
	*code = 0;
	CURL *easy = standin_url_is_local(base) ? curl_easy_init() : NULL;
	if (!easy)
		return;
	char *url = xasprintf("%s/control", base);
	struct curl_slist *headers = curl_slist_append(NULL, "X-Tocsin-Control: 1");
	headers = curl_slist_append(headers, "Content-Type: text/plain");
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, order);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, standin_take_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, code);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	free(url);
}

/* Says an answer as kubectl would: what was asked for on stdout, else why not on stderr. */
static int say(long code, const struct buf *answer)
{
	if (code == 200) {
		fputs(buf_text(answer), stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (code == 0)
		fputs("stand-in kubectl: no simulated network (TOCSIN_SIM_URL names it; run this from a drill, or beside tocsin sim)\n", stderr);
	else if (code == 404)
		fprintf(stderr, "Error from server (NotFound): %s", buf_text(answer));
	else
		fprintf(stderr, "stand-in kubectl: %s", buf_text(answer));
	return 1;
}

static int nothing_found(void)
{
	fputs("No resources found in besu-network namespace.\n", stderr);
	return 0;
}

/* A selector may fit nothing: that is no error. */
static int order_and_tell(const char *order, bool may_be_none)
{
	struct buf answer;
	long code;
	buf_init(&answer, ANSWER_BYTES);
	standin_send_order(order, &code, &answer);
	int result = may_be_none && code == 404 ? nothing_found() : say(code, &answer);
	buf_free(&answer);
	return result;
}

static int order_and_say(const char *order)
{
	return order_and_tell(order, false);
}

/* --- kubectl's arguments ----------------------------------------------------------- */

struct kubectl {
	const char *plain[PLAIN_MAX]; /* words that are no options */
	int count;
	const char *selector, *output, *tail, *replicas, *timeout;
	const char *strange; /* the first option that is not simulated */
};

/* Options with a value; `slot` is where in struct kubectl it goes, or NO_SLOT when it
 * changes nothing here. */
#define NO_SLOT SIZE_MAX
static const struct option_def {
	const char *brief, *name;
	size_t slot;
} options[] = {
	{"-n", "--namespace", NO_SLOT},
	{"-c", "--container", NO_SLOT},
	{NULL, "--context", NO_SLOT},
	{NULL, "--kubeconfig", NO_SLOT},
	{NULL, "--since", NO_SLOT},
	{NULL, "--grace-period", NO_SLOT},
	{NULL, "--sort-by", NO_SLOT},
	{NULL, "--field-selector", NO_SLOT},
	{NULL, "--request-timeout", NO_SLOT},
	{"-l", "--selector", offsetof(struct kubectl, selector)},
	{"-o", "--output", offsetof(struct kubectl, output)},
	{NULL, "--tail", offsetof(struct kubectl, tail)},
	{NULL, "--replicas", offsetof(struct kubectl, replicas)},
	{NULL, "--timeout", offsetof(struct kubectl, timeout)},
};
static const char *const switches[] = {"-A", "--all-namespaces", "--previous", "-p", "--timestamps", "--wait", "--now", "--no-headers", "--containers", "-w=false"};

/* The value of an option at argv[*i], "--name value", "--name=value" or "-nvalue"; moves
 * *i past it. NULL when the argument is not this option. */
static const char *option_value(const struct option_def *def, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];
	size_t len = strlen(def->name);
	/* The caller stays below argc. NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	if (strncmp(arg, def->name, len) == 0 && arg[len] == '=')
		return arg + len + 1;
	bool brief = def->brief && strncmp(arg, def->brief, 2) == 0;
	if (brief && arg[2] != '\0')
		return arg[2] == '=' ? arg + 3 : arg + 2;
	if (!brief && strcmp(arg, def->name) != 0)
		return NULL;
	return *i + 1 < argc ? argv[++*i] : "";
}

static bool take_option(struct kubectl *k, int argc, char **argv, int *i)
{
	for (size_t o = 0; o < ARRAY_LENGTH(options); o++) {
		const char *value = option_value(&options[o], argc, argv, i);
		if (!value)
			continue;
		if (options[o].slot != NO_SLOT)
			*(const char **)(void *)((char *)k + options[o].slot) = value;
		return true;
	}
	for (size_t s = 0; s < ARRAY_LENGTH(switches); s++) {
		if (strcmp(argv[*i], switches[s]) == 0)
			return true;
	}
	return false;
}

static void read_arguments(struct kubectl *k, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return;
		if (argv[i][0] != '-') {
			if (k->count < PLAIN_MAX)
				k->plain[k->count++] = argv[i];
		} else if (!take_option(k, argc, argv, &i) && !k->strange) {
			k->strange = argv[i];
		}
	}
}

static const char *word(const struct kubectl *k, int i)
{
	return i < k->count ? k->plain[i] : "";
}

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0)
			return true;
	}
	return false;
}

static bool means_pods(const char *text)
{
	static const char *const names[] = {"pod", "pods", "po"};
	return is_one_of(text, names, ARRAY_LENGTH(names));
}

static bool means_sets(const char *text)
{
	static const char *const names[] = {"statefulset", "statefulsets", "sts", "statefulset.apps"};
	return is_one_of(text, names, ARRAY_LENGTH(names));
}

/* The name of "TYPE NAME" or "TYPE/NAME" from word `i` on, when the type fits; else NULL. */
static const char *typed_name(const struct kubectl *k, int i, bool (*means)(const char *text), char *dst, size_t size)
{
	const char *text = word(k, i), *slash = strchr(text, '/');
	if (!slash) {
		text_format(dst, size, "%s", word(k, i + 1));
		return means(text) ? dst : NULL;
	}
	char type[32];
	text_format(type, sizeof(type), "%.*s", (int)(slash - text), text);
	text_format(dst, size, "%s", slash + 1);
	return means(type) ? dst : NULL;
}

/* The component a label selector chooses: "validator", "rpc", "all", or NULL for none. */
static const char *selected(const char *selector)
{
	static const struct {
		const char *label, *component;
	} labels[] = {
		{"component=validator", "validator"},
		{"component==validator", "validator"},
		{"app=besu-validator", "validator"},
		{"component=rpc", "rpc"},
		{"component==rpc", "rpc"},
		{"app=besu-rpc", "rpc"},
		{"component in (validator,rpc)", "all"},
		{"app=besu", "all"},
		{"app=oracle-publisher", BRIDGE_PUBLISHER},
		{"component=oracle-publisher", BRIDGE_PUBLISHER},
	};
	if (!selector)
		return "all";
	for (size_t i = 0; i < ARRAY_LENGTH(labels); i++) {
		if (strcmp(selector, labels[i].label) == 0)
			return labels[i].component;
	}
	return NULL;
}

/* --- kubectl's commands --------------------------------------------------------------- */

static int not_simulated(const char *what)
{
	char clean[120];
	text_clean(clean, sizeof(clean), what, strlen(what));
	fprintf(stderr, "stand-in kubectl: %s is not simulated\n", clean);
	return 1;
}

static int kubectl_events(const struct kubectl *k)
{
	(void)k;
	return order_and_say("events");
}

static int kubectl_get(const struct kubectl *k)
{
	char name[64], order[128];
	bool wide = k->output && strcmp(k->output, "wide") == 0;
	if (k->output && !wide)
		return not_simulated("an output format other than wide");
	if (strcmp(word(k, 1), "events") == 0 || strcmp(word(k, 1), "ev") == 0)
		return kubectl_events(k);
	if (typed_name(k, 1, means_sets, name, sizeof(name)))
		return order_and_say(text_format(order, sizeof(order), "sets %s", name));
	if (!typed_name(k, 1, means_pods, name, sizeof(name)))
		return not_simulated(word(k, 1));
	const char *component = selected(k->selector);
	if (!component)
		return nothing_found();
	text_format(order, sizeof(order), "pods %s%s", name[0] ? name : component, wide ? " wide" : "");
	return order_and_tell(order, !name[0]);
}

static int kubectl_describe(const struct kubectl *k)
{
	char name[64], order[128];
	if (!typed_name(k, 1, means_pods, name, sizeof(name)))
		return not_simulated("describing anything but a pod");
	return order_and_say(text_format(order, sizeof(order), "describe %s", name));
}

static int kubectl_logs(const struct kubectl *k)
{
	char order[128];
	const char *name = word(k, 1), *slash = strchr(name, '/');
	return order_and_say(text_format(order, sizeof(order), "logs %s %s", slash ? slash + 1 : name, k->tail ? k->tail : ""));
}

static int kubectl_top(const struct kubectl *k)
{
	char name[64], order[128];
	const char *component = selected(k->selector);
	if (!typed_name(k, 1, means_pods, name, sizeof(name)))
		return not_simulated("the load of anything but pods");
	if (!component)
		return nothing_found();
	return order_and_say(text_format(order, sizeof(order), "top %s", name[0] ? name : component));
}

static int kubectl_delete(const struct kubectl *k)
{
	char name[64], order[128];
	if (!typed_name(k, 1, means_pods, name, sizeof(name)))
		return not_simulated("deleting anything but a pod");
	bool slashed = strchr(word(k, 1), '/') != NULL;
	if (name[0] == '\0')
		return not_simulated("deleting by label");
	int result = order_and_say(text_format(order, sizeof(order), "delete %s", name));
	for (int i = slashed ? 2 : 3; i < k->count && result == 0; i++)
		result = order_and_say(text_format(order, sizeof(order), "delete %s", word(k, i)));
	return result;
}

static int kubectl_scale(const struct kubectl *k)
{
	char name[64], order[160];
	if (!typed_name(k, 1, means_sets, name, sizeof(name)))
		return not_simulated("scaling anything but a statefulset");
	return order_and_say(text_format(order, sizeof(order), "scale %s %s", name, k->replicas ? k->replicas : ""));
}

/* Waits for a rollout and says each new state of it, as the tool does. */
static int watch_rollout(const char *set, int64_t limit_us)
{
	char order[128], last[160] = "";
	int64_t end_us = clock_mono_us(clock_system()) + limit_us;
	const struct timespec pause = {0, POLL_MS * 1000000L};
	text_format(order, sizeof(order), "rollout %s", set);
	while (clock_mono_us(clock_system()) < end_us) {
		struct buf answer;
		long code;
		buf_init(&answer, ANSWER_BYTES);
		standin_send_order(order, &code, &answer);
		bool waits = code == 200 && strncmp(buf_text(&answer), "Waiting", 7) == 0;
		int result = strcmp(last, buf_text(&answer)) != 0 || code != 200 ? say(code, &answer) : 0;
		text_format(last, sizeof(last), "%s", buf_text(&answer));
		buf_free(&answer);
		if (!waits || result != 0)
			return result;
		nanosleep(&pause, NULL);
	}
	fputs("error: timed out waiting for the condition\n", stderr);
	return 1;
}

static int kubectl_rollout(const struct kubectl *k)
{
	char name[64], order[128];
	int64_t limit_us = ROLLOUT_S * US_PER_S;
	if (!typed_name(k, 2, means_sets, name, sizeof(name)))
		return not_simulated("a rollout of anything but a statefulset");
	if (k->timeout && duration_parse(k->timeout, &limit_us, NULL) != STATUS_OK)
		return not_simulated("this --timeout");
	if (strcmp(word(k, 1), "restart") == 0)
		return order_and_say(text_format(order, sizeof(order), "restart %s", name));
	if (strcmp(word(k, 1), "status") == 0)
		return watch_rollout(name, limit_us);
	return not_simulated("this rollout command");
}

static int kubectl_exec(const struct kubectl *k)
{
	(void)k;
	return not_simulated("a shell inside a pod");
}

static const struct {
	const char *name;
	int (*run)(const struct kubectl *k);
} commands[] = {
	{"get", kubectl_get},
	{"describe", kubectl_describe},
	{"logs", kubectl_logs},
	{"top", kubectl_top},
	{"events", kubectl_events},
	{"delete", kubectl_delete},
	{"scale", kubectl_scale},
	{"rollout", kubectl_rollout},
	{"exec", kubectl_exec},
};

static int run_kubectl(int argc, char **argv)
{
	struct kubectl k = {0};
	read_arguments(&k, argc, argv);
	if (k.strange)
		return not_simulated(k.strange);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (strcmp(commands[i].name, word(&k, 0)) == 0)
			return commands[i].run(&k);
	}
	return not_simulated(k.count > 0 ? word(&k, 0) : "kubectl without a command");
}

/* --- the tools ---------------------------------------------------------------------------- */

/* Refuses, so that the real tool of this name is out of a drill's reach. */
static int refuse(int argc, char **argv)
{
	char clean[120];
	const char *what = argc > 1 ? argv[1] : "this call";
	text_clean(clean, sizeof(clean), what, strlen(what));
	fprintf(stderr, "stand-in %s: %s is not simulated\n", argv[0], clean);
	return 1;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} tools[] = {
	{"kubectl", run_kubectl},
	{"cast", standin_cast},
	{"ccip-cli", refuse},
};

int standin_run(int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < ARRAY_LENGTH(tools); i++) {
		if (strcmp(tools[i].name, argv[0]) == 0)
			return tools[i].run(argc, argv);
	}
	fputs("tocsin: stand-in: no such tool (kubectl, cast, ccip-cli)\n", stderr);
	return 1;
}

/* --- their directory ------------------------------------------------------------------------ */

/* 'text' for a shell, with each quote inside closed, escaped and opened again. */
static void put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

static enum status own_program(char *dst, size_t size, struct error *err)
{
	ssize_t len = readlink("/proc/self/exe", dst, size - 1);
	if (len <= 0 || (size_t)len >= size - 1)
		return error_set(err, STATUS_IO, "/proc/self/exe: %s (mount /proc)", len < 0 ? strerror(errno) : "too long");
	dst[len] = '\0';
	return STATUS_OK;
}

static enum status write_tools(const struct sim *sim, const char *dir, struct error *err)
{
	char program[PATH_MAX];
	enum status status = own_program(program, sizeof(program), err);
	for (size_t i = 0; i < ARRAY_LENGTH(tools) && status == STATUS_OK; i++) {
		struct buf script;
		buf_init(&script, 4 * PATH_MAX + 400);
		buf_printf(&script, "#!/bin/sh\n# Acts on the simulated network of a drill, and on nothing else.\nTOCSIN_SIM_URL='%s'\nexport TOCSIN_SIM_URL\nexec ", sim_control_url(sim));
		put_quoted(&script, program);
		buf_printf(&script, " stand-in %s \"$@\"\n", tools[i].name);
		char *path = xasprintf("%s/%s", dir, tools[i].name);
		status = buf_check(&script, path, err);
		if (status == STATUS_OK)
			status = file_write(path, script.data, script.len, 0700, err);
		free(path);
		buf_free(&script);
	}
	return status;
}

enum status standin_directory(const struct sim *sim, char **out_dir, struct error *err)
{
	const char *temporary = getenv("TMPDIR");
	char *dir = xasprintf("%s/tocsin-drill-XXXXXX", temporary && temporary[0] == '/' ? temporary : "/tmp");
	*out_dir = NULL;
	if (!mkdtemp(dir)) {
		enum status status = error_set(err, STATUS_IO, "%s: %s (set TMPDIR to a directory that can be written)", dir, strerror(errno));
		free(dir);
		return status;
	}
	enum status status = write_tools(sim, dir, err);
	if (status != STATUS_OK) {
		standin_remove(dir);
		free(dir);
		return status;
	}
	*out_dir = dir;
	return STATUS_OK;
}

void standin_remove(const char *dir)
{
	for (size_t i = 0; dir && i < ARRAY_LENGTH(tools); i++) {
		char *path = xasprintf("%s/%s", dir, tools[i].name);
		(void)unlink(path);
		free(path);
	}
	if (dir)
		(void)rmdir(dir);
}
