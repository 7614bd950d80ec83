/* What the data of an event says, as clean values of the right type. */
#include "incident/fold_state.h"

#include "base/mem.h"
#include "incident/payload.h"
#include "world/world.h"

#include <string.h>

const char *incoming_string(const struct incoming *in, const char *key)
{
	return json_string(json_get(in->data, key));
}

void incoming_text(const struct incoming *in, const char *key, char *dst, size_t size)
{
	copy_clean(dst, size, incoming_string(in, key));
}

bool incoming_i64(const struct incoming *in, const char *key, int64_t *out)
{
	return json_i64(json_get(in->data, key), out);
}

bool incoming_bool(const struct incoming *in, const char *key)
{
	bool value = false;
	return json_bool(json_get(in->data, key), &value) && value;
}

void components_add(char (**components)[96], size_t *count, size_t *capacity, const char *id)
{
	char clean[96];
	copy_clean(clean, sizeof(clean), id);
	if (clean[0] == '\0' || *count >= COMPONENTS_MAX || component_listed(*components, *count, clean))
		return;
	*components = mem_grow(*components, capacity, *count, sizeof(**components));
	memcpy((*components)[(*count)++], clean, sizeof(clean));
}

/* Replaces a list of components by the one in the data; false when there is none. */
bool incoming_components(const struct incoming *in, char (**components)[96], size_t *count, size_t *capacity)
{
	const struct json *list = json_get(in->data, "components");
	if (!json_is_array(list))
		return false;
	*count = 0;
	for (const struct json *item = json_first(list); item; item = json_next(item))
		components_add(components, count, capacity, json_string(item));
	return true;
}

enum severity incoming_severity(const struct incoming *in)
{
	enum severity severity;
	const char *text = incoming_string(in, "severity");
	return text && severity_parse(text, &severity) ? severity : SEVERITY_UNSET;
}
