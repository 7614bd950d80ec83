/* Values for the placeholders of runbooks: from the incident's components, the
 * configuration, and what people typed. */
#ifndef TOCSIN_WATCH_VALUES_H
#define TOCSIN_WATCH_VALUES_H

#include "incident/fold.h"
#include "runbook/bind.h"
#include "watch/config.h"
#include "watch/mask.h"
#include "world/world.h"

struct values;

struct values *values_new(const struct config *config, const struct world *world);
void values_free(struct values *values);
/* Everything on offer for an incident (NULL: outside any); valid until the next call. What a
 * command of the incident was given already stays as it was, unless somebody types another. */
const struct bindings *values_of(struct values *values, const struct incident *incident);
/* A person's own value, which wins over the others for this incident. "env:NAME" and
 * "file:PATH" (0600) point at a secret, which is read now; a name like "deploy_token" makes
 * any value secret. */
enum status values_type(struct values *values, const char *incident, const char *name, const char *value, const char *who, struct error *err) TOCSIN_CHECK;
/* What a value says, owned: itself, or the secret that it points at, when *secret becomes true. */
enum status value_read(const char *name, const char *value, char **out, bool *secret, struct error *err) TOCSIN_CHECK;
/* A node to ask how the chain is: reachable, and not one of the sick; NULL when none is. */
const struct config_node *values_healthy_node(const struct values *values);
/* A secret that is no value, but may be said by a command: never shown nor recorded. Of a
 * URL, the parts that may be secret. */
void values_hide(struct values *values, const char *secret);
/* The secrets of the configuration, of the URLs that people typed, and what was to be
 * hidden; borrowed, and growing as values are typed. */
const struct mask *values_mask(const struct values *values);

#endif
