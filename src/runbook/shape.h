/* What the value of a placeholder must look like, told from the placeholder's name. */
#ifndef TOCSIN_RUNBOOK_SHAPE_H
#define TOCSIN_RUNBOOK_SHAPE_H

#include "base/status.h"

#include <stdbool.h>

enum value_shape {
	SHAPE_ANY,      /* one line of clean text that does not look like an option */
	SHAPE_NAME,     /* a Kubernetes name (RFC 1123): pods, namespaces, nodes */
	SHAPE_ADDRESS,  /* 0x and 40 hex digits */
	SHAPE_HASH,     /* 0x and 64 hex digits */
	SHAPE_URL,      /* http or https */
	SHAPE_ENDPOINT, /* host[:port][/path], what follows the // of a URL */
	SHAPE_NUMBER,   /* decimal digits */
	SHAPE_HOST,     /* a host name or an IP address */
	SHAPE_TIME,     /* a moment with its zone: 2026-11-20T12:00:00Z */
	SHAPE_WORD,     /* letters, digits and . _ - : / @ = +, without blanks */
};

/* The shape a placeholder's name asks for: "validator_pod" is a name, "rpc_endpoint" an
 * endpoint, "rpc_url" a URL; SHAPE_ANY when the name says nothing. The name is
 * normalised (binding_name in bind.h). */
enum value_shape shape_of(const char *name);
const char *shape_wants(enum value_shape shape); /* "an address: 0x and 40 hex digits" */

/* STATUS_INVALID with a text that names the placeholder, what is wrong with the value, what
 * it must be, and how to give another. `name` may be normalised or as written. */
enum status shape_check(enum value_shape shape, const char *name, const char *value, struct error *err) TOCSIN_CHECK;

/* True for names that mean a secret: "wallet_password", "api_key". Their values are secret
 * however they are set. */
bool shape_is_secret(const char *name);

#endif
