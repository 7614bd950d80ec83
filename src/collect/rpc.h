/* What the errors of JSON-RPC say, whoever was asked. Private to src/collect. */
#ifndef TOCSIN_COLLECT_RPC_H
#define TOCSIN_COLLECT_RPC_H

#include "base/json.h"

#include <stddef.h>
#include <stdint.h>

/* Of the member "error" of a reply; 0 when it has none that is a number. */
int64_t rpc_error_code(const struct json *error);
enum { RPC_CODE_LIMIT = -32005 };

/* What is to be done about a refusal: many peers use -32005 for either. */
enum rpc_refusal {
	RPC_REFUSED,   /* it does not say */
	RPC_TOO_MUCH,  /* ask for less: a batch, a span of blocks or an answer is too large */
	RPC_TOO_OFTEN, /* ask later, and not again at once */
};
enum rpc_refusal rpc_error_kind(const struct json *error);
/* "JSON-RPC error -32601: Method not found", with the peer's words cleaned and cut. */
void rpc_error_words(char *dst, size_t size, const struct json *error);

#endif
