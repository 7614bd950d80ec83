#include "watch/environment.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The last rows are where the helpers of kubectl look for their settings. */
static const char *const passed[] = {"PATH", "HOME", "LANG", "LC_ALL", "USER", "LOGNAME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "KUBECONFIG",
				     "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "AWS_PROFILE", "AWS_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
				     "AZURE_CONFIG_DIR", "CLOUDSDK_CONFIG"};

struct list {
	char **items; /* NULL-terminated */
	size_t count, capacity;
};

static void add(struct list *list, char *assignment)
{
	list->items = mem_grow(list->items, &list->capacity, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = assignment;
	list->items[list->count] = NULL;
}

static bool has(const struct list *list, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->items[i], name, len) == 0 && list->items[i][len] == '=')
			return true;
	return false;
}

char **environment_make(const char *const *overrides, const char *terminal, bool demo)
{
	struct list list = {0};

	for (; overrides && *overrides; overrides++)
		add(&list, xstrdup(*overrides));
	if (demo && !has(&list, "KUBECONFIG"))
		add(&list, xstrdup("KUBECONFIG=/dev/null"));
	if (!has(&list, "TERM"))
		add(&list, xasprintf("TERM=%s", terminal ? terminal : "dumb"));
	for (size_t i = 0; i < ARRAY_LENGTH(passed); i++) {
		const char *value = getenv(passed[i]);
		if (value && !has(&list, passed[i]))
			add(&list, xasprintf("%s=%s", passed[i], value));
	}
	return list.items;
}

void environment_free(char **environment)
{
	for (size_t i = 0; environment && environment[i]; i++)
		free(environment[i]);
	free(environment);
}
