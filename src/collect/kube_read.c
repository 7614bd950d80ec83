#include "collect/kube_read.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum { STATUS_TREE_BYTES = 1 << 20 };

static void copy_text(char *dst, size_t size, const struct json *v)
{
	const char *text = json_string(v);

	text_clean(dst, size, text ? text : "", text ? strlen(text) : 0);
}

static int64_t read_time(const struct json *v)
{
	const char *text = json_string(v);
	int64_t us;

	return text && time_parse(text, &us, NULL, NULL) == STATUS_OK ? us : 0;
}

static unsigned read_count(const struct json *v)
{
	int64_t number;

	return json_i64(v, &number) && number > 0 && number < INT32_MAX ? (unsigned)number : 0;
}

static bool text_is(const struct json *v, const char *text)
{
	const char *found = json_string(v);

	return found && strcmp(found, text) == 0;
}

/* --- pods -------------------------------------------------------------------------- */

static void read_owner(const struct json *metadata, struct kube_pod *out)
{
	const struct json *owner = json_first(json_get(metadata, "ownerReferences"));
	char kind[64], name[KUBE_NAME], hash[64], lower[64];
	size_t len, i;

	if (!owner)
		return;
	copy_text(kind, sizeof(kind), json_get(owner, "kind"));
	copy_text(name, sizeof(name), json_get(owner, "name"));
	copy_text(hash, sizeof(hash), json_get(json_get(metadata, "labels"), "pod-template-hash"));
	/* A replicaset is called after its deployment and the hash of its template. */
	len = strlen(name);
	if (strcmp(kind, "ReplicaSet") == 0 && hash[0] && len > strlen(hash) + 1 && strcmp(name + len - strlen(hash), hash) == 0) {
		name[len - strlen(hash) - 1] = '\0';
		text_format(kind, sizeof(kind), "Deployment");
	}
	for (i = 0; kind[i]; i++)
		lower[i] = kind[i] >= 'A' && kind[i] <= 'Z' ? (char)(kind[i] + 'a' - 'A') : kind[i];
	lower[i] = '\0';
	text_format(out->owner, sizeof(out->owner), "%s %s", lower, name);
}

static void read_conditions(const struct json *status, struct pod_facts *facts)
{
	for (const struct json *c = json_first(json_get(status, "conditions")); c; c = json_next(c)) {
		bool holds = text_is(json_get(c, "status"), "True");
		if (text_is(json_get(c, "type"), "Ready")) {
			facts->ready = holds;
			facts->ready_changed_us = read_time(json_get(c, "lastTransitionTime"));
		} else if (text_is(json_get(c, "type"), "PodScheduled") && !holds) {
			facts->unschedulable = text_is(json_get(c, "reason"), "Unschedulable");
			copy_text(facts->message, sizeof(facts->message), json_get(c, "message"));
		}
	}
}

/* Waits that somebody has to end. */
static bool waits_badly(const char *reason)
{
	static const char *const reasons[] = {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerConfigError",
					      "CreateContainerError", "RunContainerError", "ErrImageNeverPull"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return true;
	return false;
}

static void read_waiting(const struct json *container, struct pod_facts *facts, bool init)
{
	const struct json *waiting = json_get(json_get(container, "state"), "waiting");
	char reason[48];

	copy_text(reason, sizeof(reason), json_get(waiting, "reason"));
	if (!waiting || !reason[0] || facts->waiting_badly)
		return;
	facts->waiting_badly = waits_badly(reason);
	facts->crash_loop |= strcmp(reason, "CrashLoopBackOff") == 0;
	if (facts->waiting_badly || strcmp(facts->reason, facts->phase) == 0) {
		text_format(facts->reason, sizeof(facts->reason), "%s%.40s", init ? "Init:" : "", reason);
		copy_text(facts->message, sizeof(facts->message), json_get(waiting, "message"));
	}
}

static void read_end(const struct json *terminated, struct kube_pod *out)
{
	char reason[48];
	int64_t code = 0, at_us = read_time(json_get(terminated, "finishedAt"));

	if (!terminated)
		return;
	copy_text(reason, sizeof(reason), json_get(terminated, "reason"));
	if (!json_i64(json_get(terminated, "exitCode"), &code))
		code = 0;
	if (strcmp(reason, "OOMKilled") == 0) {
		out->facts.out_of_memory++;
		if (at_us > out->killed_us)
			out->killed_us = at_us;
	}
	if (at_us >= out->facts.restarted_us) {
		out->facts.restarted_us = at_us;
		text_format(out->last_exit, sizeof(out->last_exit), "%s%sexit %lld", reason, reason[0] ? ", " : "", (long long)code);
	}
}

static void read_container(const struct json *container, struct kube_pod *out, bool init)
{
	const struct json *ended = json_get(json_get(container, "state"), "terminated");
	struct pod_facts *facts = &out->facts;
	bool ready;

	facts->restarts += read_count(json_get(container, "restartCount"));
	if (!init) {
		facts->containers++;
		facts->ready_containers += json_bool(json_get(container, "ready"), &ready) && ready;
	}
	read_waiting(container, facts, init);
	if (ended && strcmp(facts->reason, facts->phase) == 0 && !init)
		copy_text(facts->reason, sizeof(facts->reason), json_get(ended, "reason"));
	if (facts->reason[0] == '\0')
		text_format(facts->reason, sizeof(facts->reason), "%s", facts->phase);
	read_end(json_get(json_get(container, "lastState"), "terminated"), out);
	if (!init)
		read_end(ended, out);
}

/* "Init:1/2" while one of the containers that go before has not ended well. */
static void read_inits(const struct json *status, struct kube_pod *out)
{
	const struct json *list = json_get(status, "initContainerStatuses");
	size_t count = json_count(list), done = 0;
	bool ready, started;

	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		int64_t code = -1;
		bool ended = json_i64(json_get(json_get(json_get(c, "state"), "terminated"), "exitCode"), &code) && code == 0;
		/* One that goes on beside the others counts once it has started. */
		bool aside = json_bool(json_get(c, "started"), &started) && started && json_bool(json_get(c, "ready"), &ready) && ready;
		done += ended || aside;
		read_container(c, out, true);
	}
	if (done < count && strcmp(out->facts.reason, out->facts.phase) == 0)
		text_format(out->facts.reason, sizeof(out->facts.reason), "Init:%zu/%zu", done, count);
}

bool kube_read_pod(const struct json *object, struct kube_pod *out)
{
	const struct json *metadata = json_get(object, "metadata"), *status = json_get(object, "status"), *spec = json_get(object, "spec");
	struct pod_facts *facts = &out->facts;

	*out = (struct kube_pod){0};
	copy_text(out->name, sizeof(out->name), json_get(metadata, "name"));
	copy_text(out->namespace, sizeof(out->namespace), json_get(metadata, "namespace"));
	if (!out->name[0])
		return false;
	copy_text(out->host, sizeof(out->host), json_get(spec, "nodeName"));
	copy_text(out->address, sizeof(out->address), json_get(status, "podIP"));
	out->validator = text_is(json_get(json_get(metadata, "labels"), "component"), "validator");
	read_owner(metadata, out);
	copy_text(facts->phase, sizeof(facts->phase), json_get(status, "phase"));
	copy_text(facts->reason, sizeof(facts->reason), json_get(status, "reason"));
	copy_text(facts->message, sizeof(facts->message), json_get(status, "message"));
	if (!facts->reason[0])
		text_format(facts->reason, sizeof(facts->reason), "%s", facts->phase);
	facts->created_us = read_time(json_get(metadata, "creationTimestamp"));
	facts->deleted_us = read_time(json_get(metadata, "deletionTimestamp"));
	facts->grace_s = read_count(json_get(metadata, "deletionGracePeriodSeconds"));
	read_conditions(status, facts);
	read_inits(status, out);
	for (const struct json *c = json_first(json_get(status, "containerStatuses")); c; c = json_next(c))
		read_container(c, out, false);
	if (facts->containers == 0)
		facts->containers = (unsigned)json_count(json_get(spec, "containers"));
	if (facts->deleted_us) {
		/* The time it carries is when its grace is over. */
		facts->deleted_us -= facts->grace_s * US_PER_S;
		text_format(facts->reason, sizeof(facts->reason), "Terminating");
	}
	return true;
}

/* --- workloads ------------------------------------------------------------------------ */

static bool progress_stopped(const struct json *status)
{
	for (const struct json *c = json_first(json_get(status, "conditions")); c; c = json_next(c))
		if (text_is(json_get(c, "type"), "Progressing") && text_is(json_get(c, "status"), "False"))
			return true;
	return false;
}

bool kube_read_workload(const struct json *object, struct kube_workload *out)
{
	const struct json *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec"), *status = json_get(object, "status");
	const char *current = json_string(json_get(status, "currentRevision")), *update = json_string(json_get(status, "updateRevision"));
	struct workload_facts *facts = &out->facts;
	const struct json *labels = json_get(json_get(json_get(spec, "template"), "metadata"), "labels");

	*out = (struct kube_workload){0};
	copy_text(out->name, sizeof(out->name), json_get(metadata, "name"));
	copy_text(out->namespace, sizeof(out->namespace), json_get(metadata, "namespace"));
	if (!out->name[0])
		return false;
	out->validator = text_is(json_get(labels, "component"), "validator") || text_is(json_get(json_get(metadata, "labels"), "component"), "validator");
	facts->desired = json_get(spec, "replicas") ? read_count(json_get(spec, "replicas")) : 1;
	facts->ready = read_count(json_get(status, "readyReplicas"));
	facts->updated = read_count(json_get(status, "updatedReplicas"));
	bool observed = read_count(json_get(status, "observedGeneration")) >= read_count(json_get(metadata, "generation"));
	/* A finished statefulset may leave updatedReplicas out: then its revisions tell. */
	if (current && update && strcmp(current, update) == 0 && facts->updated == 0)
		facts->updated = facts->desired;
	facts->rolling = !observed || facts->updated < facts->desired || (current && update && strcmp(current, update) != 0);
	facts->stuck = progress_stopped(status);
	return true;
}

/* --- events and usage -------------------------------------------------------------------- */

bool kube_read_event(const struct json *object, struct kube_event *out)
{
	const struct json *about = json_get(object, "involvedObject");
	char reason[64], message[160];
	const char *const times[] = {"lastTimestamp", "eventTime", "firstTimestamp"};

	*out = (struct kube_event){0};
	copy_text(out->kind, sizeof(out->kind), json_get(about, "kind"));
	copy_text(out->name, sizeof(out->name), json_get(about, "name"));
	copy_text(out->namespace, sizeof(out->namespace), json_get(json_get(object, "metadata"), "namespace"));
	if (!out->name[0] || !text_is(json_get(object, "type"), "Warning"))
		return false;
	copy_text(reason, sizeof(reason), json_get(object, "reason"));
	copy_text(message, sizeof(message), json_get(object, "message"));
	unsigned count = read_count(json_get(object, "count"));
	if (count > 1)
		text_format(out->text, sizeof(out->text), "%s: %.110s (%u times)", reason, message, count);
	else
		text_format(out->text, sizeof(out->text), "%s: %.130s", reason, message);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && out->at_us == 0; i++)
		out->at_us = read_time(json_get(object, times[i]));
	return true;
}

bool kube_quantity(const char *text, double *out)
{
	static const struct {
		const char *suffix;
		double factor;
	} suffixes[] = {
		{"", 1},
		{"n", 1e-9},
		{"u", 1e-6},
		{"m", 1e-3},
		{"k", 1e3},
		{"M", 1e6},
		{"G", 1e9},
		{"T", 1e12},
		{"P", 1e15},
		{"E", 1e18},
		{"Ki", 1024.0},
		{"Mi", 1048576.0},
		{"Gi", 1073741824.0},
		{"Ti", 1099511627776.0},
		{"Pi", 1125899906842624.0},
		{"Ei", 1152921504606846976.0},
	};
	char number[48];
	size_t len = text ? strspn(text, "+-.0123456789") : 0;

	if (len == 0)
		return false;
	/* An exponent, unless it is the suffix of exa. */
	if (strchr("eE", text[len]) && text[len] && text[len + 1] && strchr("+-0123456789", text[len + 1]))
		len += 1 + strspn(text + len + 1, "+-0123456789");
	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(suffixes[i].suffix, text + len) != 0)
			continue;
		if (!decimal_double(number, out))
			return false;
		*out *= suffixes[i].factor;
		return true;
	}
	return false;
}

/* Sums beyond what anybody has are a server's nonsense. */
#define USAGE_MAX 1e15

bool kube_read_usage(const struct json *object, struct kube_usage *out)
{
	double cpu = 0, memory = 0, number;

	*out = (struct kube_usage){0};
	copy_text(out->name, sizeof(out->name), json_get(json_get(object, "metadata"), "name"));
	for (const struct json *c = json_first(json_get(object, "containers")); c; c = json_next(c)) {
		if (kube_quantity(json_string(json_get(json_get(c, "usage"), "cpu")), &number))
			cpu += number;
		if (kube_quantity(json_string(json_get(json_get(c, "usage"), "memory")), &number))
			memory += number;
	}
	if (!out->name[0] || !(cpu >= 0 && cpu < USAGE_MAX / 1000) || !(memory >= 0 && memory < USAGE_MAX))
		return false;
	out->cpu_milli = (int64_t)(cpu * 1000 + 0.5);
	out->memory_bytes = (int64_t)memory;
	return true;
}

void kube_read_status(const char *body, size_t len, char *out, size_t size)
{
	struct json *root = json_parse(body, len, STATUS_TREE_BYTES, NULL);
	const char *message = json_string(json_get(root, "message"));

	if (message)
		text_clean(out, size, message, strlen(message));
	else
		text_clean(out, size, body, len);
	json_free(root);
}
