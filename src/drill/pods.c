#include "drill/pods.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "drill/bridge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	WORDS_MAX = 4,
	COLUMNS_MAX = 10,
	TABLE_BYTES = 256 * 1024,
};

struct order {
	struct scenario_run *run;
	struct engine *engine;
	char words[WORDS_MAX][64]; /* the first is the order's name; missing ones are "" */
	struct buf *out;
};

/* --- text ---------------------------------------------------------------------- */

/* Prints lines of tab-separated cells as kubectl does: columns three blanks apart. */
static void put_table(struct buf *out, const char *cells)
{
	int widths[COLUMNS_MAX] = {0};
	int column = 0, width = 0;
	for (const char *at = cells; *at; at++) {
		if (*at != '\t' && *at != '\n') {
			width++;
			continue;
		}
		if (column < COLUMNS_MAX && width > widths[column])
			widths[column] = width;
		column = *at == '\n' ? 0 : column + 1;
		width = 0;
	}
	column = 0;
	width = 0;
	for (const char *at = cells; *at; at++) {
		if (*at == '\t') {
			buf_printf(out, "%*s", (column < COLUMNS_MAX ? widths[column] : width) - width + 3, "");
			column++;
			width = 0;
		} else {
			buf_putc(out, *at);
			column = *at == '\n' ? 0 : column;
			width = *at == '\n' ? 0 : width + 1;
		}
	}
}

enum { AGE_TEXT = 24 };

/* "45s", "3m12s", "12m", "3h4m", "2d3h", "9d": an age in kubectl's way. */
static const char *age_text(char dst[AGE_TEXT], int64_t us)
{
	long long s = us > 0 ? (long long)(us / US_PER_S) : 0;
	if (s < 120)
		snprintf(dst, AGE_TEXT, "%llds", s);
	else if (s < 600 && s % 60 > 0)
		snprintf(dst, AGE_TEXT, "%lldm%llds", s / 60, s % 60);
	else if (s < 3 * 3600)
		snprintf(dst, AGE_TEXT, "%lldm", s / 60);
	else if (s < 8 * 3600)
		snprintf(dst, AGE_TEXT, "%lldh%lldm", s / 3600, s / 60 % 60);
	else if (s < 48 * 3600)
		snprintf(dst, AGE_TEXT, "%lldh", s / 3600);
	else if (s < 8 * 86400 && s / 3600 % 24 > 0)
		snprintf(dst, AGE_TEXT, "%lldd%lldh", s / 86400, s / 3600 % 24);
	else
		snprintf(dst, AGE_TEXT, "%lldd", s / 86400);
	return dst;
}

static const char *status_text(const struct engine_node *node)
{
	switch (node->phase) {
	case POD_ABSENT:
		return "Absent";
	case POD_STARTING:
		return "ContainerCreating";
	case POD_RUNNING:
		return "Running";
	case POD_CRASHED:
		return strcmp(node->reason, "Completed") == 0 ? "Completed" : "CrashLoopBackOff";
	}
	return "Unknown";
}

/* A pod whose HTTP service fails its probe is not ready. */
static bool is_ready(const struct engine_node *node)
{
	return node->phase == POD_RUNNING && (node->trouble == RPC_FINE || node->trouble == RPC_SLOW);
}

static const char *set_name(bool validators)
{
	return validators ? "besu-validator" : "besu-rpc";
}

static const char *component_name(const struct engine_node *node)
{
	return node->validator ? "validator" : "rpc";
}

void pods_log_line(const struct engine_line *line, struct buf *out)
{
	char time[TIME_TEXT];
	time_rfc3339(time, line->at_us);
	buf_printf(out, "%.10s %.12s+00:00 | %s\n", time, time + 11, line->text);
}

/* --- names ---------------------------------------------------------------------- */

static enum status find_node(struct order *order, const char *name, struct engine_node **out, struct error *err)
{
	if (name[0] == '\0')
		return error_set(err, STATUS_USAGE, "%s: which node? (name one, such as %s)", order->words[0], order->engine->nodes[0].name);
	*out = engine_find(order->engine, name);
	return *out ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "pods \"%s\" not found", name);
}

/* True when the name is a statefulset's. */
static bool find_set(const char *name, bool *validators)
{
	*validators = strcmp(name, set_name(true)) == 0;
	return *validators || strcmp(name, set_name(false)) == 0;
}

static enum status need_set(const char *name, bool *validators, struct error *err)
{
	return find_set(name, validators) ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "statefulsets.apps \"%s\" not found", name);
}

/* True when a filter ("", "all", "validator", "rpc", a name) covers the node. */
static bool covers(const char *filter, const struct engine_node *node)
{
	if (node->phase == POD_ABSENT)
		return false;
	return filter[0] == '\0' || strcmp(filter, "all") == 0 || strcmp(filter, component_name(node)) == 0 || strcmp(filter, node->name) == 0;
}

static bool is_group(const char *filter)
{
	return filter[0] == '\0' || strcmp(filter, "all") == 0 || strcmp(filter, "validator") == 0 || strcmp(filter, "rpc") == 0;
}

static enum status need_filter(struct order *order, const char *filter, struct error *err)
{
	struct engine_node *node;
	return is_group(filter) ? STATUS_OK : find_node(order, filter, &node, err);
}

/* --- the oracle's publisher, which is no node ---------------------------------------- */

static bool is_publisher(const struct order *order, const char *name)
{
	return order->engine->bridge && (strcmp(name, BRIDGE_PUBLISHER) == 0 || strcmp(name, BRIDGE_PUBLISHER_POD) == 0);
}

static bool publisher_fails(const struct order *order)
{
	return (bridge_faults(order->engine->bridge) & BRIDGE_FEED_STOPS) != 0;
}

static void put_publisher(const struct order *order, bool wide, struct buf *rows)
{
	bool fails = publisher_fails(order);
	buf_printf(rows, BRIDGE_PUBLISHER_POD "\t%d/1\t%s\t%s\t1d%s\n", !fails, fails ? "CrashLoopBackOff" : "Running", fails ? "6 (40s ago)" : "0", wide ? "\t10.42.3.10\tworker-2\t<none>\t<none>" : "");
}

static enum status describe_publisher(struct order *order)
{
	bool fails = publisher_fails(order);
	buf_printf(order->out,
		   "Name:             " BRIDGE_PUBLISHER_POD "\nNamespace:        besu-network\nNode:             worker-2\nLabels:           app=" BRIDGE_PUBLISHER "\n"
		   "Status:           Running\nIP:               10.42.3.10\nControlled By:    StatefulSet/" BRIDGE_PUBLISHER "\n"
		   "Containers:       publisher\n  State:          %s\n  Last State:     %s\n  Ready:          %s\n",
		   fails ? "Waiting (CrashLoopBackOff)" : "Running", fails ? "Terminated (Error, exit code 1)" : "<none>", fails ? "False" : "True");
	return STATUS_OK;
}

static enum status publisher_log(struct order *order)
{
	if (publisher_fails(order))
		buf_puts(order->out, "publisher | ERROR | source timed out 5 times, circuit breaker open\npublisher | FATAL | no price to publish, the process ends\n");
	else
		buf_puts(order->out, "publisher | INFO | round transmitted\n");
	return STATUS_OK;
}

static enum status restart_publisher(struct order *order, const char *said)
{
	bridge_mend(order->engine->bridge, BRIDGE_FEED_STOPS);
	buf_puts(order->out, said);
	return STATUS_OK;
}

/* --- orders that act -------------------------------------------------------------- */

static enum status order_break(struct order *order, struct error *err)
{
	const char *name = order->run->def->name;
	if (!scenario_break(order->run, order->engine))
		return error_set(err, STATUS_REFUSED, "break: the scenario %s has nothing to break now (heal first, or choose another scenario)", name);
	buf_printf(order->out, "%s: %s\n", name, order->run->def->breaks);
	return STATUS_OK;
}

static enum status order_heal(struct order *order, struct error *err)
{
	(void)err;
	scenario_heal(order->run, order->engine);
	buf_puts(order->out, "healed: every node runs and answers\n");
	return STATUS_OK;
}

static enum status order_stop(struct order *order, struct error *err)
{
	struct engine_node *node;
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	engine_crash(order->engine, node, "Completed", "main | INFO  | Besu | Shutting down on SIGTERM");
	buf_printf(order->out, "%s stopped\n", node->name);
	return STATUS_OK;
}

static enum status order_start(struct order *order, struct error *err)
{
	struct engine_node *node;
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	if (node->phase == POD_CRASHED)
		engine_restart(order->engine, node);
	buf_printf(order->out, "%s %s\n", node->name, node->phase == POD_STARTING ? "starting" : "is running");
	return STATUS_OK;
}

static enum status order_restart(struct order *order, struct error *err)
{
	bool validators;
	if (is_publisher(order, order->words[1]))
		return restart_publisher(order, "statefulset.apps/" BRIDGE_PUBLISHER " restarted\n");
	if (find_set(order->words[1], &validators)) {
		engine_rollout(order->engine, validators);
		buf_printf(order->out, "statefulset.apps/%s restarted\n", order->words[1]);
		return STATUS_OK;
	}
	struct engine_node *node;
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	engine_restart(order->engine, node);
	buf_printf(order->out, "%s restarting\n", node->name);
	return STATUS_OK;
}

static enum status order_delete(struct order *order, struct error *err)
{
	struct engine_node *node;
	if (is_publisher(order, order->words[1]))
		return restart_publisher(order, "pod \"" BRIDGE_PUBLISHER_POD "\" deleted\n");
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	engine_restart(order->engine, node); /* its statefulset makes it anew */
	buf_printf(order->out, "pod \"%s\" deleted\n", node->name);
	return STATUS_OK;
}

/* A transaction to a contract: "send ADDRESS FUNCTION()". */
static enum status order_send(struct order *order, struct error *err)
{
	struct address to;
	if (!order->engine->bridge)
		return error_set(err, STATUS_REFUSED, "a contract is not simulated in this scenario");
	if (!address_parse(order->words[1], &to))
		return error_set(err, STATUS_USAGE, "send: to which contract? (an address of this network)");
	enum status status = bridge_send(order->engine->bridge, &to, order->words[2], err);
	if (status == STATUS_OK)
		buf_printf(order->out, "status               1 (success)\nto                   %s\n", order->words[1]);
	return status;
}

static enum status order_scale(struct order *order, struct error *err)
{
	bool validators;
	uint64_t replicas;
	enum status status = need_set(order->words[1], &validators, err);
	if (status != STATUS_OK)
		return status;
	if (!decimal_u64(order->words[2], &replicas) || replicas > 1000)
		return error_set(err, STATUS_USAGE, "scale %s: how many? (a small number)", order->words[1]);
	status = engine_scale(order->engine, validators, (unsigned)replicas, err);
	if (status == STATUS_OK)
		buf_printf(order->out, "statefulset.apps/%s scaled\n", order->words[1]);
	return status;
}

/* --- orders that look -------------------------------------------------------------- */

static enum status order_status(struct order *order, struct error *err)
{
	(void)err;
	struct engine *engine = order->engine;
	const struct engine_block *head = engine_block_at(engine, engine->head);
	char number[32], age[AGE_TEXT];
	text_thousands(number, sizeof(number), (int64_t)engine->head);
	buf_printf(order->out, "scenario %s, %s; block %s, %s ago; %u of %u validators run, quorum %u\n", order->run->def->name,
		   scenario_is_broken(engine) ? "broken" : "not broken", number, age_text(age, engine->now_us - head->timestamp_s * US_PER_S),
		   engine_ready_replicas(engine, true), engine->config.validators, engine_quorum(engine->config.validators));
	return STATUS_OK;
}

static void put_pod(struct buf *rows, const struct engine *engine, const struct engine_node *node, bool wide)
{
	char restarts[64], age[AGE_TEXT], since[AGE_TEXT];
	if (node->restarts > 0)
		snprintf(restarts, sizeof(restarts), "%u (%s ago)", node->restarts, age_text(since, engine->now_us - node->phase_us));
	else
		snprintf(restarts, sizeof(restarts), "0");
	buf_printf(rows, "%s\t%d/1\t%s\t%s\t%s", node->name, is_ready(node), status_text(node), restarts, age_text(age, engine->now_us - node->created_us));
	if (wide)
		buf_printf(rows, "\t%s\tworker-%u\t<none>\t<none>", node->phase == POD_STARTING ? "<none>" : node->ip, node->ordinal % 3 + 1);
	buf_putc(rows, '\n');
}

static enum status order_pods(struct order *order, struct error *err)
{
	bool wide = strcmp(order->words[2], "wide") == 0, publisher = is_publisher(order, order->words[1]);
	enum status status = publisher ? STATUS_OK : need_filter(order, order->words[1], err);
	if (status != STATUS_OK)
		return status;
	struct buf rows;
	buf_init(&rows, TABLE_BYTES);
	buf_printf(&rows, "NAME\tREADY\tSTATUS\tRESTARTS\tAGE%s\n", wide ? "\tIP\tNODE\tNOMINATED NODE\tREADINESS GATES" : "");
	for (size_t i = 0; i < order->engine->node_count; i++) {
		if (covers(order->words[1], &order->engine->nodes[i]))
			put_pod(&rows, order->engine, &order->engine->nodes[i], wide);
	}
	if (publisher || (order->engine->bridge && strcmp(order->words[1], "all") == 0))
		put_publisher(order, wide, &rows);
	put_table(order->out, buf_text(&rows));
	buf_free(&rows);
	return STATUS_OK;
}

static unsigned ready_pods(const struct engine *engine, bool validators)
{
	unsigned count = 0;
	for (size_t i = 0; i < engine->node_count; i++)
		count += engine->nodes[i].validator == validators && is_ready(&engine->nodes[i]);
	return count;
}

static enum status order_sets(struct order *order, struct error *err)
{
	bool only = order->words[1][0] != '\0', validators = true;
	enum status status = only ? need_set(order->words[1], &validators, err) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	struct buf rows;
	char age[AGE_TEXT];
	buf_init(&rows, TABLE_BYTES);
	buf_puts(&rows, "NAME\tREADY\tAGE\n");
	for (int i = 0; i < 2; i++) {
		if (!only || validators == (i == 1))
			buf_printf(&rows, "%s\t%u/%u\t%s\n", set_name(i == 1), ready_pods(order->engine, i == 1), engine_replicas(order->engine, i == 1),
				   age_text(age, order->engine->now_us - order->engine->nodes[0].created_us));
	}
	put_table(order->out, buf_text(&rows));
	buf_free(&rows);
	return STATUS_OK;
}

static enum status order_rollout(struct order *order, struct error *err)
{
	bool validators;
	enum status status = need_set(order->words[1], &validators, err);
	if (status != STATUS_OK)
		return status;
	unsigned want = engine_replicas(order->engine, validators), ready = ready_pods(order->engine, validators);
	if (engine_rolling(order->engine, validators) || ready < want)
		buf_printf(order->out, "Waiting for %u pods to be ready...\n", ready < want ? want - ready : 1);
	else
		buf_printf(order->out, "statefulset rolling update complete %u pods at revision %s-5d8f7c6b94...\n", want, order->words[1]);
	return STATUS_OK;
}

static void put_events(struct buf *rows, const struct order *order, const struct engine_node *node, bool named)
{
	for (size_t i = 0; i < node->event_count; i++) {
		const struct engine_line *event = engine_event_at(node, i);
		char age[AGE_TEXT], line[256];
		text_format(line, sizeof(line), "%s", event->text);
		char *reason = strchr(line, '\t');
		char *message = reason ? strchr(reason + 1, '\t') : NULL;
		if (!message)
			continue;
		*message++ = '\0';
		buf_printf(rows, "%s\t%s\t", age_text(age, order->engine->now_us - event->at_us), line);
		if (named)
			buf_printf(rows, "pod/%s\t", node->name);
		buf_printf(rows, "%s\n", message);
	}
}

static enum status order_events(struct order *order, struct error *err)
{
	enum status status = need_filter(order, order->words[1], err);
	if (status != STATUS_OK)
		return status;
	struct buf rows;
	buf_init(&rows, TABLE_BYTES);
	buf_puts(&rows, "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
	size_t header = rows.len;
	for (size_t i = 0; i < order->engine->node_count; i++) {
		if (covers(order->words[1], &order->engine->nodes[i]))
			put_events(&rows, order, &order->engine->nodes[i], true);
	}
	if (rows.len == header)
		buf_puts(order->out, "No resources found in besu-network namespace.\n");
	else
		put_table(order->out, buf_text(&rows));
	buf_free(&rows);
	return STATUS_OK;
}

static void put_container(struct buf *rows, const struct engine_node *node)
{
	char time[TIME_TEXT];
	time_rfc3339(time, node->phase_us);
	if (node->phase == POD_RUNNING) {
		buf_printf(rows, "  State:\tRunning\n  Started:\t%s\n", time);
	} else if (node->phase == POD_STARTING) {
		buf_puts(rows, "  State:\tWaiting\n  Reason:\tContainerCreating\n");
	} else if (strcmp(node->reason, "Completed") == 0) {
		buf_printf(rows, "  State:\tTerminated\n  Reason:\tCompleted\n  Exit Code:\t0\n  Finished:\t%s\n", time);
	} else {
		buf_puts(rows, "  State:\tWaiting\n  Reason:\tCrashLoopBackOff\n");
		buf_printf(rows, "  Last State:\tTerminated\n  Last Reason:\t%s\n  Exit Code:\t137\n  Finished:\t%s\n", node->reason, time);
	}
	buf_printf(rows, "  Ready:\t%s\n  Restart Count:\t%u\n  Limits:\tcpu 2, memory 4Gi\n", is_ready(node) ? "True" : "False", node->restarts);
}

static enum status order_describe(struct order *order, struct error *err)
{
	struct engine_node *node;
	if (is_publisher(order, order->words[1]))
		return describe_publisher(order);
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	struct buf rows;
	char time[TIME_TEXT], address[ADDRESS_TEXT];
	buf_init(&rows, TABLE_BYTES);
	buf_printf(&rows, "Name:\t%s\nNamespace:\tbesu-network\nNode:\tworker-%u\nStart Time:\t%s\nLabels:\tcomponent=%s\n", node->name,
		   node->ordinal % 3 + 1, time_rfc3339(time, node->created_us), component_name(node));
	buf_printf(&rows, "Annotations:\tnode-address: %s\nStatus:\t%s\nIP:\t%s\nControlled By:\tStatefulSet/%s\n", address_text(address, &node->address),
		   node->phase == POD_STARTING ? "Pending" : "Running", node->ip, set_name(node->validator));
	buf_puts(&rows, "Containers:\tbesu\n  Image:\thyperledger/besu:25.9.0\n  Ports:\t8545/TCP, 8546/TCP, 9545/TCP, 30303/TCP\n");
	put_container(&rows, node);
	put_table(order->out, buf_text(&rows));
	if (node->event_count == 0) {
		buf_puts(order->out, "Events:   <none>\n");
	} else {
		buf_clear(&rows);
		buf_puts(&rows, "  Age\tType\tReason\tMessage\n");
		struct buf events;
		buf_init(&events, TABLE_BYTES);
		put_events(&events, order, node, false);
		/* Indents each line under the heading. */
		for (const char *at = buf_text(&events); *at;) {
			size_t len = strcspn(at, "\n") + 1;
			buf_puts(&rows, "  ");
			buf_add(&rows, at, len);
			at += len;
		}
		buf_free(&events);
		buf_puts(order->out, "Events:\n");
		put_table(order->out, buf_text(&rows));
	}
	buf_free(&rows);
	return STATUS_OK;
}

static enum status order_logs(struct order *order, struct error *err)
{
	struct engine_node *node;
	uint64_t lines = ENGINE_LOG;
	if (is_publisher(order, order->words[1]))
		return publisher_log(order);
	enum status status = find_node(order, order->words[1], &node, err);
	if (status != STATUS_OK)
		return status;
	if (order->words[2][0] != '\0' && !decimal_u64(order->words[2], &lines))
		return error_set(err, STATUS_USAGE, "logs: %s is no number of lines (write a number)", order->words[2]);
	if (node->phase == POD_STARTING)
		return error_set(err, STATUS_REFUSED, "container \"besu\" in pod \"%s\" is waiting to start: ContainerCreating", node->name);
	for (size_t i = lines < node->log_count ? node->log_count - (size_t)lines : 0; i < node->log_count; i++)
		pods_log_line(engine_log_at(node, i), order->out);
	return STATUS_OK;
}

static enum status order_top(struct order *order, struct error *err)
{
	const struct engine *engine = order->engine;
	enum status status = need_filter(order, order->words[1], err);
	if (status != STATUS_OK)
		return status;
	struct buf rows;
	buf_init(&rows, TABLE_BYTES);
	buf_puts(&rows, "NAME\tCPU(cores)\tMEMORY(bytes)\n");
	size_t header = rows.len;
	for (size_t i = 0; i < engine->node_count; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (!covers(order->words[1], node) || node->phase != POD_RUNNING)
			continue;
		uint64_t load = engine_draw(engine, DRAW_LOAD, i * 65536 + (uint64_t)(engine->now_us / (15 * US_PER_S)));
		bool busy = node->trouble == RPC_SLOW;
		buf_printf(&rows, "%s\t%" PRIu64 "m\t%" PRIu64 "Mi\n", node->name, busy ? 1880 + load % 120 : 90 + load % 160, (busy ? 3600 : 1700) + load % 400);
	}
	if (rows.len > header)
		put_table(order->out, buf_text(&rows));
	else
		status = error_set(err, STATUS_NOT_FOUND, "podmetrics.metrics.k8s.io \"besu-network/%s\" not found", order->words[1]);
	buf_free(&rows);
	return status;
}

/* --- the table ---------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum status (*run)(struct order *order, struct error *err);
} orders[] = {
	{"break", order_break},
	{"heal", order_heal},
	{"status", order_status},
	{"stop", order_stop},
	{"start", order_start},
	{"restart", order_restart},
	{"delete", order_delete},
	{"scale", order_scale},
	{"send", order_send},
	{"pods", order_pods},
	{"sets", order_sets},
	{"rollout", order_rollout},
	{"describe", order_describe},
	{"logs", order_logs},
	{"top", order_top},
	{"events", order_events},
};

enum status pods_order(struct scenario_run *run, struct engine *engine, const char *text, struct buf *out, struct error *err)
{
	struct order order = {.run = run, .engine = engine, .out = out};
	const char *cursor = text;
	char extra[8];
	for (size_t i = 0; i < WORDS_MAX && text_word(&cursor, order.words[i], sizeof(order.words[i])); i++)
		;
	if (text_word(&cursor, extra, sizeof(extra)))
		return error_set(err, STATUS_USAGE, "order: too many words (an order has at most %d)", WORDS_MAX);
	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
		if (strcmp(orders[i].name, order.words[0]) == 0)
			return orders[i].run(&order, err);
	}
	struct buf names;
	buf_init(&names, 300);
	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", orders[i].name);
	enum status status = error_set(err, STATUS_USAGE, "order %s: not known (one of %s)", order.words[0], buf_text(&names));
	buf_free(&names);
	return status;
}
