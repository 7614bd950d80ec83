#include "watch/offer_pods.h"

#include "base/mem.h"
#include "world/judge.h"

#include <string.h>

/* Pods that runbooks name by what they do. */
static const struct {
	const char *value, *begins;
	bool alike; /* any of them serves, also when all are well */
} roles[] = {{"router_pod", "ccip-router", true}, {"oracle_pod", "oracle-publisher", true}, {"validator_pod", "besu-validator", false}, {"rpc_pod", "besu-rpc", false}};

const struct component *pod_running(const struct world *world, const char *id)
{
	for (size_t i = 0; i < world_count(world, KIND_POD); i++) {
		const struct component *pod = world_at(world, KIND_POD, i);
		for (size_t slot = 0; slot < RELATED_SOURCE; slot++) {
			const char *related = component_related(pod, slot);
			if (related && strcmp(related, id) == 0)
				return pod;
		}
	}
	return NULL;
}

const char *pod_bare_name(const struct component *pod)
{
	const char *slash = strrchr(pod->id, '/');

	return slash ? slash + 1 : pod->name;
}

static const struct config_node *node_named(const struct config *config, const char *id)
{
	if (!id || strncmp(id, "node/", strlen("node/")) != 0)
		return NULL;
	for (size_t i = 0; i < config->node_count; i++)
		if (strcmp(config->nodes[i].name, id + strlen("node/")) == 0)
			return &config->nodes[i];
	return NULL;
}

static bool does(const char *name, size_t role)
{
	return strncmp(name, roles[role].begins, strlen(roles[role].begins)) == 0;
}

void offer_pod(const struct config *config, const struct component *pod, const char *from, struct bindings *out)
{
	const char *name = pod_bare_name(pod);
	const struct config_node *node = node_named(config, component_related(pod, 0));
	bool rpc = node && node->role && strcmp(node->role, "rpc") == 0;

	bindings_set(out, "pod", name, from);
	for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
		if (does(name, i))
			bindings_set(out, roles[i].value, name, from);
	if (node || component_related(pod, 1))
		bindings_set(out, rpc ? "rpc_pod" : "validator_pod", name, from);
	if (node) {
		bindings_set(out, "node", node->name, from);
		bindings_set(out, "node_url", node->url, from);
	}
}

void offer_pod_roles(const struct world *world, struct bindings *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
		const struct component *worst = NULL;
		for (size_t j = 0; j < world_count(world, KIND_POD); j++) {
			const struct component *pod = world_at(world, KIND_POD, j);
			if (does(pod_bare_name(pod), i) && (!worst || health_rank(pod->health) > health_rank(worst->health)))
				worst = pod;
		}
		/* Of a healthy crowd none is meant, unless any will do. */
		if (worst && (worst->health != HEALTH_OK || roles[i].alike))
			bindings_set(out, roles[i].value, pod_bare_name(worst), worst->id);
	}
}
