#include "collect/kube.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/kube_proxy.h"
#include "collect/kube_read.h"
#include "collect/poller.h"
#include "collect/reflect.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NAMESPACES_MAX = 16,
	SELECTOR_BYTES = 1024,
	ACCESS_BYTES = 1024,
	USAGE_BYTES = 16 * 1024 * 1024,
	USAGE_TREE_BYTES = 128 * 1024 * 1024,
	RETRY_MS = 1000,
	TICK_MS = 5000, /* ages are judged anew, and what is watched counts as seen */
	RESTARTS_KEPT = 8,
	LABEL_BYTES = 80, /* of a name in an id */
};
/* How long nothing is said of a cluster that has no metrics. */
#define NO_USAGE_US (10 * US_PER_MINUTE)

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

const struct settings_def kube_section = {
	.word = "kubernetes",
	.help = "Where pods are: for runbooks, and for the pane of pods.",
	.items = (const struct setting_def[]){
		{.name = "namespace", .type = SETTING_TEXT, .help = "The namespace of the network's pods.", .fallback = NAMESPACE_DEFAULT},
		{.name = "context", .type = SETTING_TEXT, .help = "The context of kubectl; without it, kubectl's current one."},
		{.name = "namespaces", .type = SETTING_TEXT, .help = "More namespaces to watch, parted by blanks."},
		{.name = "selector", .type = SETTING_TEXT, .help = "A label selector of the pods and workloads to watch, such as component in (validator,rpc); without it, all of the namespace."},
		{.name = "access", .type = SETTING_WORD, .help = "How the API server is reached: through kubectl proxy on a private socket, with the service account of the pod that Tocsin runs in, at the address in url, or not at all: then the section is for runbooks alone. auto is pod inside a pod, url when there is one, else kubectl.", .choices = "auto kubectl pod url none", .fallback = "auto"},
		{.name = "url", .type = SETTING_URL, .help = "The API server, or a kubectl proxy that runs already."},
		{.name = "usage", .type = SETTING_FLAG, .help = "Whether CPU and memory of pods are asked for, where the cluster has metrics.k8s.io.", .fallback = "yes"},
		{.name = "interval", .type = SETTING_DURATION, .help = "Time between two looks at usage, and after a failure.", .fallback = "30s"},
		{.name = "timeout", .type = SETTING_DURATION, .help = "Of one request that is no watch.", .fallback = "10s", .low = 100, .high = 60000},
		{.name = "bearer_env", .type = SETTING_ENV, .help = "An environment variable that holds a token, for url."},
		{.name = "bearer_file", .type = SETTING_FILE, .help = "A file that holds a token, for url, readable by you alone."},
		{.name = "ca_file", .type = SETTING_FILE, .help = "A certificate authority to trust beside the system's, for url."},
		{0},
	},
};

/* --- what is kept --------------------------------------------------------------------- */

struct kube;

/* One pod or workload, beside its component. */
struct entry {
	char key[2 * KUBE_NAME]; /* "namespace/name" */
	struct component *c;
	struct pod_facts pod;
	struct workload_facts workload;
	bool validator;
	char owner[KUBE_NAME];
	char name[KUBE_NAME], address[64];
	int64_t restarts_us[RESTARTS_KEPT]; /* when they were seen, a ring */
	unsigned restarts_seen;
	unsigned killed; /* for memory */
	int64_t killed_us;
	bool known;  /* it was read before: what grew since is news */
	bool listed; /* by the list that is read now */
	int64_t event_us;
};

struct entries {
	struct entry **items; /* by key */
	size_t count, capacity;
};

enum resource {
	RESOURCE_PODS,
	RESOURCE_STATEFULSETS,
	RESOURCE_DEPLOYMENTS,
	RESOURCE_EVENTS,
	RESOURCES
};
static const struct {
	const char *name, *group;
	const char *type; /* of a workload */
} resources[] = {
	[RESOURCE_PODS] = {"pods", "/api/v1", NULL},
	[RESOURCE_STATEFULSETS] = {"statefulsets", "/apis/apps/v1", "statefulset"},
	[RESOURCE_DEPLOYMENTS] = {"deployments", "/apis/apps/v1", "deployment"},
	[RESOURCE_EVENTS] = {"events", "/api/v1", NULL},
};

/* One resource of one namespace. */
struct feed {
	struct kube *kube;
	enum resource resource;
	const char *namespace;
	struct reflect *reflect;
	struct entries entries;
	enum reach reach; /* REACH_OK: it can be seen */
	char why[120];
};

/* CPU and memory of the pods of one namespace. */
struct usage {
	struct kube *kube;
	struct feed *pods;
	struct http_call *call;
	int64_t not_before_us;
};

struct kube {
	struct source_host host;
	struct kube_access access;
	struct kube_proxy *proxy;
	struct component *self;
	char *namespaces[NAMESPACES_MAX];
	size_t namespace_count;
	struct feed *feeds;
	size_t feed_count;
	struct usage *usages;
	bool with_usage;
	int64_t interval_ms;
	struct loop_timer *tick, *look;
	struct http_call *version; /* the look at the server itself */
	bool tried;
	enum reach reach;
	char why[120];
};

static int compare_entries(const void *key, const void *item)
{
	return strcmp(key, (*(struct entry *const *)item)->key);
}

static struct entry *find(const struct entries *list, const char *key)
{
	struct entry **found = list->count ? bsearch(key, list->items, list->count, sizeof(struct entry *), compare_entries) : NULL;

	return found ? *found : NULL;
}

static struct entry *insert(struct entries *list, const char *key)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));
	size_t low = 0, high = list->count;

	text_format(entry->key, sizeof(entry->key), "%s", key);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(list->items[middle]->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(struct entry *));
	memmove(list->items + low + 1, list->items + low, (list->count - low) * sizeof(struct entry *));
	list->items[low] = entry;
	list->count++;
	return entry;
}

static void drop(struct entries *list, struct entry *entry)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] != entry)
			continue;
		memmove(list->items + i, list->items + i + 1, (list->count - i - 1) * sizeof(struct entry *));
		list->count--;
		free(entry);
		return;
	}
}

/* The first namespace is the network's own: its names stand alone. A name that is too long for
 * an id ends with a hash of all of it. */
static void label_of(const struct kube *kube, const char *namespace, const char *name, char dst[96])
{
	char whole[2 * KUBE_NAME + 2], digits[SHA256_TEXT];

	if (strcmp(namespace, kube->namespaces[0]) == 0)
		text_format(whole, sizeof(whole), "%s", name);
	else
		text_format(whole, sizeof(whole), "%s/%s", namespace, name);
	if (strlen(whole) < LABEL_BYTES) {
		text_format(dst, 96, "%s", whole);
		return;
	}
	struct hash256 hash = sha256(whole, strlen(whole));
	text_format(dst, 96, "%.60s-%.12s", whole, sha256_text(digits, &hash));
}

/* What is watched counts as seen with each tick, and the server with each look. */
static int64_t stale_after_us(const struct kube *kube)
{
	return 3 * (kube->interval_ms > TICK_MS ? kube->interval_ms : TICK_MS) * US_PER_MS;
}

static struct entry *entry_for(struct feed *feed, const char *name)
{
	struct kube *kube = feed->kube;
	char key[2 * KUBE_NAME], label[96];
	struct entry *entry = find(&feed->entries, text_format(key, sizeof(key), "%s/%s", feed->namespace, name));
	enum kind kind = feed->resource == RESOURCE_PODS ? KIND_POD : KIND_WORKLOAD;

	if (entry)
		return entry;
	entry = insert(&feed->entries, key);
	label_of(kube, feed->namespace, name, label);
	text_format(entry->name, sizeof(entry->name), "%s", name);
	entry->c = world_add(kube->host.world, kind, label, kube->self->source, stale_after_us(kube));
	world_relate(entry->c, RELATED_SOURCE, kube->self->id);
	return entry;
}

static void remove_entry(struct feed *feed, struct entry *entry, int64_t at_us, const char *why)
{
	/* A statefulset and a deployment of one name share a component: the last one takes it along. */
	bool shared = false;

	for (size_t i = 0; i < feed->kube->feed_count; i++) {
		const struct feed *other = &feed->kube->feeds[i];
		const struct entry *twin = other == feed ? NULL : find(&other->entries, entry->key);
		shared |= twin && twin->c == entry->c;
	}
	if (!shared)
		world_remove(feed->kube->host.world, entry->c, at_us, why);
	drop(&feed->entries, entry);
}

/* --- pods -------------------------------------------------------------------------------- */

static void add_restart(struct entry *entry, int64_t at_us)
{
	entry->restarts_us[entry->restarts_seen++ % RESTARTS_KEPT] = at_us;
}

/* The object says when a container died last, or not even that; how often it did lately we
 * have to remember. */
static void count_restarts(struct entry *entry, const struct kube_pod *pod, int64_t at_us)
{
	unsigned killed = pod->facts.out_of_memory;
	int64_t last_us = pod->facts.restarted_us;

	if (entry->known && pod->facts.restarts > entry->pod.restarts) {
		if (last_us <= entry->pod.restarted_us)
			last_us = at_us;
		for (unsigned i = entry->pod.restarts; i < pod->facts.restarts && i < entry->pod.restarts + RESTARTS_KEPT; i++)
			add_restart(entry, last_us);
	} else if (!entry->known && pod->facts.restarts > 0 && last_us) {
		add_restart(entry, last_us);
	}
	if (last_us < entry->pod.restarted_us)
		last_us = entry->pod.restarted_us;
	if (!entry->known)
		entry->killed = killed;
	else if (pod->killed_us > entry->killed_us)
		entry->killed++;
	entry->killed_us = pod->killed_us > entry->killed_us ? pod->killed_us : entry->killed_us;
	entry->pod = pod->facts;
	entry->pod.restarted_us = last_us;
	entry->pod.out_of_memory = entry->killed > killed ? entry->killed : killed;
	entry->known = true;
}

static unsigned restarts_lately(const struct entry *entry, int64_t now_us)
{
	unsigned count = 0;

	for (unsigned i = 0; i < RESTARTS_KEPT && i < entry->restarts_seen; i++)
		count += entry->restarts_us[i] > now_us - POD_LATELY_US;
	return count;
}

/* By name, by what the configuration says, or by address. */
static const struct component *node_of(const struct world *world, const struct entry *entry)
{
	const struct component *node = world_node_at(world, entry->name);

	return !node && entry->address[0] ? world_node_at(world, entry->address) : node;
}

static const struct component *validator_of(const struct world *world, const struct entry *entry, const struct component *node)
{
	char id[KUBE_NAME + 16];
	const struct component *validator = node ? world_partner(node) : NULL;

	return validator ? validator : world_find(world, text_format(id, sizeof(id), "validator/%s", entry->name));
}

/* The feed that it publishes, by its own name or that of its deployment; NULL when it does not. */
static const struct component *feed_of(const struct world *world, const struct entry *entry)
{
	for (size_t i = 0; i < world_count(world, KIND_FEED); i++) {
		const struct component *feed = world_at(world, KIND_FEED, i);
		const char *publisher = component_text(feed, FEED_PUBLISHER);
		size_t len = publisher ? strlen(publisher) : 0;
		if (len > 0 && strncmp(entry->name, publisher, len) == 0 && (entry->name[len] == '\0' || entry->name[len] == '-'))
			return feed;
	}
	return NULL;
}

static void join_pod(struct kube *kube, struct entry *entry)
{
	const struct component *node = node_of(kube->host.world, entry);
	const struct component *validator = validator_of(kube->host.world, entry, node);

	const struct component *feed = node || validator ? NULL : feed_of(kube->host.world, entry);

	world_relate(entry->c, 0, node ? node->id : feed ? feed->id
							 : "");
	world_relate(entry->c, 1, validator ? validator->id : "");
	entry->validator = validator != NULL;
}

static void sight_pod(struct kube *kube, struct entry *entry, int64_t at_us)
{
	struct pod_facts *pod = &entry->pod;

	pod->restarts_lately = restarts_lately(entry, at_us);
	struct sighting sighting = {.at_us = at_us, .verdict = judge_pod(pod, at_us)};
	join_pod(kube, entry);
	if (pod->created_us)
		world_set_number(entry->c, POD_AGE_S, (at_us - pod->created_us) / US_PER_S, at_us);
	if (pod->restarted_us && pod->restarts)
		world_set_number(entry->c, POD_RESTARTED_AGE_S, (at_us - pod->restarted_us) / US_PER_S, at_us);
	world_sight(kube->host.world, entry->c, &sighting);
}

static void show_text(struct component *c, int value, const char *text, int64_t at_us)
{
	if (text[0])
		world_set_text(c, value, text, at_us);
	else
		world_unset(c, value);
}

static void take_pod(struct feed *feed, const struct json *object, bool gone, int64_t at_us)
{
	struct kube_pod pod;
	struct entry *entry;
	char ready[32], label[96], key[2 * KUBE_NAME], workload[112];

	if (!kube_read_pod(object, &pod))
		return;
	if (gone) {
		entry = find(&feed->entries, text_format(key, sizeof(key), "%s/%s", feed->namespace, pod.name));
		if (entry)
			remove_entry(feed, entry, at_us, "deleted");
		return;
	}
	entry = entry_for(feed, pod.name);
	entry->listed = true;
	count_restarts(entry, &pod, at_us);
	text_format(entry->owner, sizeof(entry->owner), "%s", pod.owner);
	text_format(entry->address, sizeof(entry->address), "%s", pod.address);
	show_text(entry->c, POD_PHASE, pod.facts.phase, at_us);
	show_text(entry->c, POD_REASON, pod.facts.reason, at_us);
	show_text(entry->c, POD_NAMESPACE, feed->namespace, at_us);
	show_text(entry->c, POD_HOST, pod.host, at_us);
	show_text(entry->c, POD_ADDRESS, pod.address, at_us);
	show_text(entry->c, POD_OWNER, pod.owner, at_us);
	show_text(entry->c, POD_LAST_EXIT, pod.last_exit, at_us);
	show_text(entry->c, POD_READY, text_format(ready, sizeof(ready), "%u/%u", pod.facts.ready_containers, pod.facts.containers), at_us);
	world_set_number(entry->c, POD_RESTARTS, pod.facts.restarts, at_us);
	const char *owner = strchr(pod.owner, ' ');
	if (owner) {
		label_of(feed->kube, feed->namespace, owner + 1, label);
		world_relate(entry->c, 2, text_format(workload, sizeof(workload), "workload/%s", label));
	}
	sight_pod(feed->kube, entry, at_us);
}

/* --- workloads ----------------------------------------------------------------------------- */

/* Which validators it runs: by its pods that are joined to some, else by its label. */
static void count_quorum(struct feed *feed, struct entry *entry)
{
	const struct component *chain = world_chain(feed->kube->host.world);
	struct workload_facts *w = &entry->workload;
	int64_t validators, quorum;
	unsigned own = 0;
	char owner[KUBE_NAME + 32];

	w->quorum = w->others = 0;
	if (!component_number(chain, CHAIN_VALIDATORS, &validators) || !component_number(chain, CHAIN_QUORUM, &quorum))
		return;
	text_format(owner, sizeof(owner), "%s %s", resources[feed->resource].type, entry->name);
	for (size_t i = 0; i < feed->kube->feed_count; i++) {
		const struct feed *pods = &feed->kube->feeds[i];
		for (size_t j = 0; pods->resource == RESOURCE_PODS && pods->namespace == feed->namespace && j < pods->entries.count; j++)
			own += pods->entries.items[j]->validator && strcmp(pods->entries.items[j]->owner, owner) == 0;
	}
	if (own == 0 && entry->validator)
		own = w->desired;
	if (own == 0)
		return;
	w->quorum = (unsigned)quorum;
	w->others = validators > own ? (unsigned)validators - own : 0;
}

static void relate_workload(struct feed *feed, struct entry *entry)
{
	struct world *world = feed->kube->host.world;
	size_t slot = 0;
	char owner[KUBE_NAME + 32];

	/* The first of its pods' validators or nodes stand for all of them. */
	text_format(owner, sizeof(owner), "%s %s", resources[feed->resource].type, entry->name);
	for (size_t i = 0; i < feed->kube->feed_count; i++) {
		const struct feed *pods = &feed->kube->feeds[i];
		if (pods->resource != RESOURCE_PODS || pods->namespace != feed->namespace)
			continue;
		for (size_t j = 0; j < pods->entries.count && slot < RELATED_SOURCE; j++) {
			const struct entry *pod = pods->entries.items[j];
			const char *id = pod->validator ? component_related(pod->c, 1) : component_related(pod->c, 0);
			if (id && strcmp(pod->owner, owner) == 0 && world_find(world, id))
				world_relate(entry->c, slot++, id);
		}
	}
	for (; slot < RELATED_SOURCE; slot++)
		world_relate(entry->c, slot, "");
}

static void sight_workload(struct feed *feed, struct entry *entry, int64_t at_us)
{
	struct workload_facts *w = &entry->workload;

	count_quorum(feed, entry);
	relate_workload(feed, entry);
	if (w->quorum)
		world_set_number(entry->c, WORKLOAD_QUORUM, w->quorum, at_us);
	else
		world_unset(entry->c, WORKLOAD_QUORUM);
	struct sighting sighting = {.at_us = at_us, .verdict = judge_workload(w, at_us)};
	world_sight(feed->kube->host.world, entry->c, &sighting);
}

static void take_workload(struct feed *feed, const struct json *object, bool gone, int64_t at_us)
{
	struct kube_workload workload;
	struct entry *entry;
	char key[2 * KUBE_NAME];

	if (!kube_read_workload(object, &workload))
		return;
	if (gone) {
		entry = find(&feed->entries, text_format(key, sizeof(key), "%s/%s", feed->namespace, workload.name));
		if (entry)
			remove_entry(feed, entry, at_us, "deleted");
		return;
	}
	entry = entry_for(feed, workload.name);
	entry->listed = true;
	entry->validator = workload.validator;
	struct workload_facts *w = &entry->workload, before = *w;
	*w = workload.facts;
	w->rolling_us = !w->rolling ? 0 : before.rolling_us ? before.rolling_us
							    : at_us;
	w->unready_us = w->ready >= w->desired ? 0 : before.unready_us ? before.unready_us
								       : at_us;
	show_text(entry->c, WORKLOAD_TYPE, resources[feed->resource].type, at_us);
	show_text(entry->c, WORKLOAD_NAMESPACE, feed->namespace, at_us);
	show_text(entry->c, WORKLOAD_ROLLOUT, w->stuck ? "stuck" : w->rolling ? "under way"
									      : "finished",
		  at_us);
	world_set_number(entry->c, WORKLOAD_DESIRED, w->desired, at_us);
	world_set_number(entry->c, WORKLOAD_READY, w->ready, at_us);
	world_set_number(entry->c, WORKLOAD_UPDATED, w->updated, at_us);
	sight_workload(feed, entry, at_us);
}

/* --- events ---------------------------------------------------------------------------------- */

static void take_event(struct feed *feed, const struct json *object, int64_t at_us)
{
	struct kube_event event;
	char key[2 * KUBE_NAME], text[256], when[TIME_TEXT];

	if (!kube_read_event(object, &event) || strcmp(event.kind, "Pod") != 0)
		return;
	text_format(key, sizeof(key), "%s/%s", feed->namespace, event.name);
	for (size_t i = 0; i < feed->kube->feed_count; i++) {
		struct feed *pods = &feed->kube->feeds[i];
		struct entry *entry = pods->resource == RESOURCE_PODS ? find(&pods->entries, key) : NULL;
		if (!entry || event.at_us < entry->event_us)
			continue;
		entry->event_us = event.at_us;
		if (event.at_us)
			text_format(text, sizeof(text), "%s at %s", event.text, time_human(when, event.at_us, 0));
		else
			text_format(text, sizeof(text), "%s", event.text);
		world_set_text(entry->c, POD_EVENT, text, at_us);
	}
}

/* --- one resource ------------------------------------------------------------------------------ */

static void on_begin(void *arg)
{
	struct feed *feed = arg;

	for (size_t i = 0; i < feed->entries.count; i++)
		feed->entries.items[i]->listed = false;
}

static void on_object(void *arg, const struct json *object, bool gone, int64_t at_us)
{
	struct feed *feed = arg;

	if (feed->resource == RESOURCE_PODS)
		take_pod(feed, object, gone, at_us);
	else if (feed->resource != RESOURCE_EVENTS)
		take_workload(feed, object, gone, at_us);
	else if (!gone)
		take_event(feed, object, at_us);
}

static void judge_self(struct kube *kube, int64_t at_us)
{
	struct sighting sighting = {.at_us = at_us, .verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers")};
	size_t pods = 0;

	if (kube->reach != REACH_OK) {
		world_miss(kube->host.world, kube->self, at_us, kube->reach, kube->why);
		return;
	}
	for (size_t i = 0; i < kube->feed_count; i++) {
		const struct feed *feed = &kube->feeds[i];
		if (feed->reach != REACH_OK) {
			sighting.verdict = verdict_make(HEALTH_WARNING, SYMPTOM_REFUSING, "%.120s", feed->why);
			world_sight(kube->host.world, kube->self, &sighting);
			return;
		}
		pods += feed->resource == RESOURCE_PODS ? feed->entries.count : 0;
	}
	sighting.verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers, %zu %s watched", pods, pods == 1 ? "pod" : "pods");
	world_sight(kube->host.world, kube->self, &sighting);
}

/* Events are of use once the pods that they tell of are known, or cannot be. */
static bool may_ask(const struct feed *feed)
{
	return feed->resource != RESOURCE_EVENTS || reflect_tried((feed - RESOURCE_EVENTS + RESOURCE_PODS)->reflect);
}

static void ask_events(struct feed *feed)
{
	struct feed *events = feed - RESOURCE_PODS + RESOURCE_EVENTS;

	if (feed->resource == RESOURCE_PODS && !reflect_tried(events->reflect))
		reflect_refresh(events->reflect);
}

static void on_listed(void *arg, int64_t at_us)
{
	struct feed *feed = arg;

	for (size_t i = feed->entries.count; i-- > 0;)
		if (!feed->entries.items[i]->listed)
			remove_entry(feed, feed->entries.items[i], at_us, "deleted");
	feed->reach = REACH_OK;
	judge_self(feed->kube, at_us);
	ask_events(feed);
}

static void miss_all(struct feed *feed, enum reach reach, const char *why, int64_t at_us)
{
	for (size_t i = 0; i < feed->entries.count; i++)
		world_miss(feed->kube->host.world, feed->entries.items[i]->c, at_us, reach, why);
}

static void on_failed(void *arg, enum reach reach, const char *why, int64_t at_us)
{
	struct feed *feed = arg;

	feed->reach = reach;
	text_format(feed->why, sizeof(feed->why), "%s", why);
	miss_all(feed, reach, feed->why, at_us);
	judge_self(feed->kube, at_us);
	ask_events(feed);
}

/* --- usage --------------------------------------------------------------------------------------- */

static void show_usage(struct feed *pods, const struct kube_usage *usage, int64_t at_us)
{
	char key[2 * KUBE_NAME], text[32];
	struct entry *entry = find(&pods->entries, text_format(key, sizeof(key), "%s/%s", pods->namespace, usage->name));

	if (!entry)
		return;
	world_set_text(entry->c, POD_CPU, text_format(text, sizeof(text), "%lldm", (long long)usage->cpu_milli), at_us);
	world_set_text(entry->c, POD_MEMORY, text_format(text, sizeof(text), "%lld MiB", (long long)(usage->memory_bytes / 1048576)), at_us);
}

static void on_usage(void *arg, const struct http_reply *reply)
{
	struct usage *usage = arg;
	int64_t now_us = clock_wall_us(usage->kube->host.clock);

	usage->call = NULL;
	if (reply->outcome != HTTP_ANSWERED || reply->status != 200) {
		/* Many clusters have none, and many roles may not read it: no fault of the network. */
		usage->not_before_us = now_us + NO_USAGE_US;
		return;
	}
	struct json *root = json_parse(reply->body, reply->body_len, USAGE_TREE_BYTES, NULL);
	for (const struct json *item = json_first(json_get(root, "items")); item; item = json_next(item)) {
		struct kube_usage read;
		if (kube_read_usage(item, &read))
			show_usage(usage->pods, &read, now_us);
	}
	json_free(root);
	usage->kube->host.changed(usage->kube->host.arg);
}

static void ask_usage(struct kube *kube, int64_t now_us)
{
	for (size_t i = 0; kube->with_usage && i < kube->namespace_count; i++) {
		struct usage *usage = &kube->usages[i];
		struct http_request request = {.body_limit = USAGE_BYTES};
		char path[KUBE_NAME + 64];
		if (usage->call || now_us < usage->not_before_us)
			continue;
		text_format(path, sizeof(path), "/apis/metrics.k8s.io/v1beta1/namespaces/%s/pods", kube->namespaces[i]);
		usage->call = kube_get(kube->host.http, &kube->access, path, &request, on_usage, usage);
	}
}

/* --- the server ------------------------------------------------------------------------------------ */

static void lost(struct kube *kube, enum reach reach, const char *why)
{
	int64_t now_us = clock_wall_us(kube->host.clock);

	kube->tried = true;
	kube->reach = reach;
	text_format(kube->why, sizeof(kube->why), "%s", why);
	judge_self(kube, now_us);
	for (size_t i = 0; i < kube->feed_count; i++)
		miss_all(&kube->feeds[i], reach, kube->why, now_us);
	kube->host.changed(kube->host.arg);
}

static void show_version(struct kube *kube, const struct http_reply *reply, int64_t at_us)
{
	struct json *root = json_parse(reply->body, reply->body_len, USAGE_TREE_BYTES, NULL);
	const char *version = json_string(json_get(root, "gitVersion"));

	if (version)
		world_set_text(kube->self, PROBE_VERSION, version, at_us);
	world_set_number(kube->self, PROBE_LATENCY_MS, reply->total_us / US_PER_MS, at_us);
	json_free(root);
}

static void on_version(void *arg, const struct http_reply *reply)
{
	struct kube *kube = arg;
	int64_t now_us = clock_wall_us(kube->host.clock);
	char why[160];
	/* A role may read pods and not this: the server is there all the same. */
	bool there = reply->outcome == HTTP_ANSWERED && (reply->status == 200 || reply->status == 403 || reply->status == 404);

	kube->version = NULL;
	loop_timer_again(kube->look, kube->interval_ms);
	if (!there) {
		enum reach reach = kube_reach(reply, "the API server", why, sizeof(why));
		lost(kube, reach, why);
		return;
	}
	kube->tried = true;
	kube->reach = REACH_OK;
	show_version(kube, reply, now_us);
	judge_self(kube, now_us);
	for (size_t i = 0; i < kube->feed_count; i++)
		if (!reflect_tried(kube->feeds[i].reflect) && may_ask(&kube->feeds[i]))
			reflect_refresh(kube->feeds[i].reflect);
	ask_usage(kube, now_us);
	kube->host.changed(kube->host.arg);
}

static void look(void *arg)
{
	struct kube *kube = arg;
	struct http_request request = {0};

	if (!kube->version)
		kube->version = kube_get(kube->host.http, &kube->access, "/version", &request, on_version, kube);
}

/* What is watched is as fresh as the watch, and gets older all the same. */
static void tick(void *arg)
{
	struct kube *kube = arg;
	int64_t now_us = clock_wall_us(kube->host.clock);

	for (size_t i = 0; i < kube->feed_count; i++) {
		struct feed *feed = &kube->feeds[i];
		enum reach reach = kube->reach != REACH_OK ? kube->reach : feed->reach;
		if (reach != REACH_OK) {
			miss_all(feed, reach, kube->reach != REACH_OK ? kube->why : feed->why, now_us);
			continue;
		}
		for (size_t j = 0; reflect_current(feed->reflect) && j < feed->entries.count; j++) {
			if (feed->resource == RESOURCE_PODS)
				sight_pod(kube, feed->entries.items[j], now_us);
			else
				sight_workload(feed, feed->entries.items[j], now_us);
		}
	}
}

static void refresh(void *state)
{
	struct kube *kube = state;

	if (!kube->self)
		return;
	loop_timer_again(kube->look, 0);
	for (size_t i = 0; i < kube->feed_count; i++)
		if (may_ask(&kube->feeds[i]))
			reflect_refresh(kube->feeds[i].reflect);
}

/* --- access ------------------------------------------------------------------------------------------ */

static void on_ready(void *arg, const char *unix_socket)
{
	struct kube *kube = arg;

	mem_set(&kube->access.unix_socket, unix_socket);
	mem_set(&kube->access.url, "http://localhost");
	refresh(kube);
}

static void on_gone(void *arg, const char *why)
{
	struct kube *kube = arg;

	mem_set(&kube->access.url, NULL);
	lost(kube, REACH_UNREACHABLE, why);
}

static void hide(void *arg, const char *secret)
{
	struct kube *kube = arg;

	kube->host.hide(kube->host.arg, secret);
}

/* A host of eight groups needs brackets in a URL. */
static void use_service_account(struct kube *kube)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	bool wide = host && strchr(host, ':');

	kube->access.url = host ? xasprintf("https://%s%s%s:%s", wide ? "[" : "", host, wide ? "]" : "", port ? port : "443") : xstrdup("https://kubernetes.default.svc");
	kube->access.ca_file = xstrdup(SERVICE_ACCOUNT "ca.crt");
	kube->access.bearer_file = xstrdup(SERVICE_ACCOUNT "token");
}

static enum status use_url(struct kube *kube, const struct settings *settings, struct error *err)
{
	const char *url = settings_text(settings, "url");
	size_t len = url ? strlen(url) : 0;
	struct buf secret;

	if (!url)
		return error_set(err, STATUS_INVALID, "[kubernetes] access: url, and there is no url (add url = https://host:6443)");
	while (len > 0 && url[len - 1] == '/')
		len--;
	buf_init(&secret, ACCESS_BYTES * 16);
	enum status status = settings_secret(settings, "bearer", &secret, err);
	if (status == STATUS_OK && secret.len) {
		kube->host.hide(kube->host.arg, buf_text(&secret));
		kube->access.headers = xcalloc(2, sizeof(char *));
		kube->access.headers[0] = xasprintf("Authorization: Bearer %s", buf_text(&secret));
	}
	buf_free(&secret);
	kube->access.url = xstrndup(url, len);
	mem_set(&kube->access.ca_file, settings_text(settings, "ca_file"));
	return status;
}

static enum status use_kubectl(struct kube *kube, const struct settings *settings, struct error *err)
{
	static const struct kube_proxy_events events = {.ready = on_ready, .gone = on_gone};

	kube->proxy = kube_proxy_new(kube->host.loop, kube->host.clock, kube->host.environment, settings_text(settings, "context"), &events, kube, err);
	return kube->proxy ? STATUS_OK : STATUS_IO;
}

static bool in_a_pod(void)
{
	return getenv("KUBERNETES_SERVICE_HOST") && access(SERVICE_ACCOUNT "token", R_OK) == 0;
}

static enum status use_access(struct kube *kube, const struct settings *settings, struct error *err)
{
	const char *way = settings_text(settings, "access");

	kube->access.timeout_ms = settings_number(settings, "timeout");
	kube->access.hide = hide;
	kube->access.arg = kube;
	if (strcmp(way, "auto") == 0)
		way = settings_has(settings, "url") ? "url" : in_a_pod() ? "pod"
									 : "kubectl";
	if (strcmp(way, "url") == 0)
		return use_url(kube, settings, err);
	if (strcmp(way, "kubectl") == 0)
		return use_kubectl(kube, settings, err);
	use_service_account(kube);
	return STATUS_OK;
}

/* --- its life -------------------------------------------------------------------------------------------- */

static void add_namespaces(struct kube *kube, const struct settings *settings)
{
	const char *const lists[] = {settings_text(settings, "namespace"), settings_text(settings, "namespaces")};
	char word[KUBE_NAME];

	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		const char *cursor = lists[i];
		while (cursor && kube->namespace_count < NAMESPACES_MAX && text_word(&cursor, word, sizeof(word))) {
			bool known = false;
			for (size_t j = 0; j < kube->namespace_count; j++)
				known |= strcmp(kube->namespaces[j], word) == 0;
			if (!known)
				kube->namespaces[kube->namespace_count++] = xstrdup(word);
		}
	}
}

static void add_feed(struct kube *kube, enum resource resource, const char *namespace, const char *selector)
{
	struct feed *feed = &kube->feeds[kube->feed_count++];
	char path[KUBE_NAME + 64], what[KUBE_NAME + 32];
	struct buf query;
	struct reflect_spec spec = {.path = path, .what = what, .retry_ms = RETRY_MS, .begin = on_begin, .object = on_object, .listed = on_listed, .failed = on_failed, .arg = feed};

	*feed = (struct feed){.kube = kube, .resource = resource, .namespace = namespace};
	text_format(path, sizeof(path), "%s/namespaces/%s/%s", resources[resource].group, namespace, resources[resource].name);
	text_format(what, sizeof(what), "%s in %s", resources[resource].name, namespace);
	buf_init(&query, 3 * SELECTOR_BYTES);
	if (resource == RESOURCE_EVENTS) {
		buf_puts(&query, "fieldSelector=type%3DWarning");
	} else if (selector) {
		buf_puts(&query, "labelSelector=");
		url_encode(&query, selector);
	}
	spec.query = buf_text(&query);
	feed->reflect = reflect_new(&kube->host, &kube->access, &spec);
	buf_free(&query);
}

static void add_feeds(struct kube *kube, const struct settings *settings)
{
	kube->feeds = xcalloc(kube->namespace_count * RESOURCES, sizeof(*kube->feeds));
	kube->usages = xcalloc(kube->namespace_count, sizeof(*kube->usages));
	for (size_t i = 0; i < kube->namespace_count; i++) {
		for (int resource = 0; resource < RESOURCES; resource++)
			add_feed(kube, (enum resource)resource, kube->namespaces[i], settings_text(settings, "selector"));
		kube->usages[i] = (struct usage){.kube = kube, .pods = &kube->feeds[i * RESOURCES]};
	}
}

static void stop(void *state)
{
	struct kube *kube = state;

	http_cancel(kube->version);
	for (size_t i = 0; i < kube->namespace_count && kube->usages; i++)
		http_cancel(kube->usages[i].call);
	for (size_t i = 0; i < kube->feed_count; i++) {
		struct feed *feed = &kube->feeds[i];
		reflect_free(feed->reflect);
		for (size_t j = 0; j < feed->entries.count; j++)
			free(feed->entries.items[j]);
		free(feed->entries.items);
	}
	kube_proxy_free(kube->proxy);
	loop_timer_stop(kube->tick);
	loop_timer_stop(kube->look);
	for (size_t i = 0; i < kube->namespace_count; i++)
		free(kube->namespaces[i]);
	char *owned[] = {kube->access.url, kube->access.unix_socket, kube->access.ca_file, kube->access.bearer_file};
	for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
		free(owned[i]);
	poller_headers_free(kube->access.headers);
	free(kube->feeds);
	free(kube->usages);
	free(kube);
}

static bool tried(const void *state)
{
	const struct kube *kube = state;

	if (!kube->self)
		return true;
	/* A server that cannot be reached is a finding, too. */
	for (size_t i = 0; i < kube->feed_count && kube->reach == REACH_OK; i++)
		if (!reflect_tried(kube->feeds[i].reflect))
			return false;
	return kube->tried;
}

bool kube_is_watched(const struct settings *section)
{
	return strcmp(settings_text(section, "access"), "none") != 0;
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct kube *kube = xcalloc(1, sizeof(*kube));
	char masked[160];

	*state = kube;
	kube->host = *host;
	if (!kube_is_watched(settings))
		return STATUS_OK;
	kube->interval_ms = settings_number(settings, "interval");
	kube->with_usage = settings_number(settings, "usage");
	add_namespaces(kube, settings);
	enum status status = use_access(kube, settings, err);
	if (status != STATUS_OK) {
		stop(kube);
		return status;
	}
	const char *source = kube->proxy ? "kubectl proxy" : http_mask_url(masked, sizeof(masked), kube->access.url);
	kube->self = world_add(host->world, KIND_PROBE, "kubernetes", source, 3 * kube->interval_ms * US_PER_MS);
	add_feeds(kube, settings);
	kube->tick = loop_timer(host->loop, TICK_MS, TICK_MS, tick, kube);
	kube->look = loop_timer(host->loop, 0, 0, look, kube);
	return STATUS_OK;
}

const struct source_def kube_source = {.section = &kube_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
