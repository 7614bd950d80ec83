#include "watch/bearer.h"

#include "base/mem.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum status bearer_from_environment(const char *variable, char **out, struct error *err)
{
	const char *value = getenv(variable);

	*out = NULL;
	if (!value || !*value)
		return error_set(err, STATUS_INVALID, "environment variable %s is not set (export it, or remove bearer_env)", variable);
	*out = xasprintf(BEARER_PREFIX "%s", value);
	return STATUS_OK;
}

enum status bearer_header(const struct config_node *node, char **out, struct error *err)
{
	struct buf token;

	*out = NULL;
	if (node->bearer_env) {
		enum status found = bearer_from_environment(node->bearer_env, out, err);
		if (found != STATUS_OK)
			error_prefix(err, "node %s", node->name);
		return found;
	}
	if (!node->bearer_file)
		return STATUS_OK;
	struct stat st;
	if (stat(node->bearer_file, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
		return error_set(err, STATUS_REFUSED, "node %s: %s can be read by others (chmod 600 it)", node->name, node->bearer_file);
	buf_init(&token, 16 * 1024);
	enum status status = file_read(node->bearer_file, 16 * 1024, &token, err);
	if (status == STATUS_OK) {
		size_t len = strcspn(buf_text(&token), "\r\n");
		*out = xasprintf(BEARER_PREFIX "%.*s", (int)len, buf_text(&token));
	}
	buf_free(&token);
	return status;
}
