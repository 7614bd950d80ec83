#include "collect/rpc.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

int64_t rpc_error_code(const struct json *error)
{
	int64_t code;

	return json_i64(json_get(error, "code"), &code) ? code : 0;
}

enum rpc_refusal rpc_error_kind(const struct json *error)
{
	/* Of Besu and of public endpoints; a batch of too many requests is too large. */
	static const struct {
		const char *word;
		enum rpc_refusal kind;
	} words[] = {
		{"batch", RPC_TOO_MUCH},
		{"range", RPC_TOO_MUCH},
		{"results", RPC_TOO_MUCH},
		{"response size", RPC_TOO_MUCH},
		{"too large", RPC_TOO_MUCH},
		{"too big", RPC_TOO_MUCH},
		{"rate limit", RPC_TOO_OFTEN},
		{"rate-limit", RPC_TOO_OFTEN},
		{"ratelimit", RPC_TOO_OFTEN},
		{"rate exceeded", RPC_TOO_OFTEN},
		{"too many requests", RPC_TOO_OFTEN},
		{"request count", RPC_TOO_OFTEN},
		{"request limit", RPC_TOO_OFTEN},
		{"per second", RPC_TOO_OFTEN},
		{"/sec", RPC_TOO_OFTEN},
		{"quota", RPC_TOO_OFTEN},
		{"throttle", RPC_TOO_OFTEN},
		{"limit exceeded", RPC_TOO_MUCH},
	};
	const char *message = json_string(json_get(error, "message"));

	for (size_t i = 0; message && i < ARRAY_LENGTH(words); i++)
		if (text_contains(message, words[i].word))
			return words[i].kind;
	return rpc_error_code(error) == RPC_CODE_LIMIT ? RPC_TOO_OFTEN : RPC_REFUSED;
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
