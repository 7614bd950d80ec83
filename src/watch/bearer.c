#include "watch/bearer.h"

#include "base/mem.h"
#include "base/secret.h"

#include <stdlib.h>

enum { TOKEN_BYTES_MAX = 64 * 1024 };

static enum status header_from(const char *variable, const char *file, char **out, struct error *err)
{
	struct buf token;

	*out = NULL;
	buf_init(&token, TOKEN_BYTES_MAX);
	enum status status = secret_read("bearer", variable, file, &token, err);
	if (status == STATUS_OK)
		*out = xasprintf(BEARER_PREFIX "%s", buf_text(&token));
	buf_free(&token);
	return status;
}

enum status bearer_from_environment(const char *variable, char **out, struct error *err)
{
	return header_from(variable, NULL, out, err);
}

enum status bearer_header(const struct config_node *node, char **out, struct error *err)
{
	*out = NULL;
	if (!node->bearer_env && !node->bearer_file)
		return STATUS_OK;
	enum status status = header_from(node->bearer_env, node->bearer_file, out, err);
	if (status != STATUS_OK)
		error_prefix(err, "node %s", node->name);
	return status;
}
