#include "collect/rpc.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

int64_t rpc_error_code(const struct json *error)
{
	int64_t code;

	return json_i64(json_get(error, "code"), &code) ? code : 0;
}

void rpc_error_words(char *dst, size_t size, const struct json *error)
{
	const char *message = json_string(json_get(error, "message"));
	char words[80];

	if (!message)
		message = "no message";
	text_clean(words, sizeof(words), message, strlen(message));
	text_format(dst, size, "JSON-RPC error %" PRId64 ": %s", rpc_error_code(error), words);
}
