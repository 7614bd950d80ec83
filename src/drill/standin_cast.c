/* The stand-in cast: reads calls, logs and blocks of the simulated chains through their real
 * JSON-RPC, and prints them as cast does. */
#include "drill/standin_private.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLAIN_MAX = 12,
	REPLY_BYTES = 16 * 1024 * 1024,
	TREE_BYTES = 256 * 1024 * 1024,
	DATA_BYTES = 4096,
	RESULT_BYTES = 65536,
	TIMEOUT_MS = 10000,
};

struct cast {
	const char *plain[PLAIN_MAX];
	int count;
	const char *url, *address, *from, *field, *strange;
};

/* One clean line on stderr; the exit code of a failure. */
static int complain(const char *fmt, ...) TOCSIN_PRINTF(1, 2);

static int complain(const char *fmt, ...)
{
	char text[600], clean[600];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(stderr, "%s\n", clean);
	return 1;
}

/* --- arguments ------------------------------------------------------------------------- */

/* Options with a value; the value of those without a slot changes nothing here. */
static bool take_option(struct cast *c, int argc, char **argv, int *i)
{
	const struct {
		const char *name;
		const char **slot;
	} options[] = {{"--rpc-url", &c->url}, {"-r", &c->url}, {"--address", &c->address}, {"--from-block", &c->from}, {"--to-block", NULL}, {"--field", &c->field}, {"-f", &c->field}, {"--account", NULL}, {"--block", NULL}};
	static const char *const switches[] = {"--json", "-j", "--async", "--ether"};
	const char *word = argv[*i];
	for (size_t n = 0; n < ARRAY_LENGTH(switches); n++)
		if (strcmp(word, switches[n]) == 0)
			return true;
	for (size_t n = 0; n < ARRAY_LENGTH(options); n++) {
		size_t len = strlen(options[n].name);
		if (strncmp(word, options[n].name, len) != 0 || (word[len] != '\0' && word[len] != '='))
			continue;
		const char *value = word[len] == '=' ? word + len + 1 : *i + 1 < argc ? argv[++*i]
										      : "";
		if (options[n].slot)
			*options[n].slot = value;
		return true;
	}
	return false;
}

static void read_arguments(struct cast *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			if (c->count < PLAIN_MAX)
				c->plain[c->count++] = argv[i];
		} else if (!take_option(c, argc, argv, &i) && !c->strange) {
			c->strange = argv[i];
		}
	}
}

static const char *word(const struct cast *c, int i)
{
	return i < c->count ? c->plain[i] : "";
}

/* --- asking ------------------------------------------------------------------------------ */

/* Sends one request; NULL after an error was printed. To be freed with json_free. */
static struct json *ask(const struct cast *c, const char *method, const char *params)
{
	struct json *reply = NULL;
	struct buf body, answer;
	const char *url = c->url ? c->url : getenv("ETH_RPC_URL");
	if (!standin_url_is_local(url)) {
		(void)complain("stand-in cast: %s is not of the simulated network (give its --rpc-url)", url ? url : "no address");
		return NULL;
	}
	buf_init(&body, RESULT_BYTES);
	buf_init(&answer, REPLY_BYTES);
	buf_printf(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
	CURL *easy = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (easy) {
		curl_easy_setopt(easy, CURLOPT_URL, url);
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buf_text(&body));
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, standin_take_bytes);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
		curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
		if (curl_easy_perform(easy) == CURLE_OK)
			reply = json_parse(buf_text(&answer), answer.len, TREE_BYTES, NULL);
		curl_easy_cleanup(easy);
	}
	curl_slist_free_all(headers);
	buf_free(&body);
	buf_free(&answer);
	if (!reply)
		(void)complain("Error: error sending request for url (%s)", url);
	return reply;
}

/* The result, or NULL after the peer's error was printed as cast does. */
static const struct json *result_of(const struct json *reply)
{
	const struct json *error = json_get(reply, "error");
	const char *data = json_string(json_get(error, "data"));
	uint8_t bytes[DATA_BYTES];
	char why[320];
	size_t len = 0;
	if (!error)
		return json_get(reply, "result");
	if (data && hex_data(data, bytes, sizeof(bytes), &len) && len >= ABI_SELECTOR)
		(void)complain("Error: server returned an error response: error code 3: execution reverted: %s", abi_revert(why, sizeof(why), (struct abi){bytes, len}));
	else
		(void)complain("Error: server returned an error response: %s", json_string(json_get(error, "message")) ? json_string(json_get(error, "message")) : "?");
	return NULL;
}

static int print_quantity(const struct cast *c, const char *method)
{
	uint64_t number;
	struct json *reply = ask(c, method, "[]");
	bool good = reply && json_quantity(result_of(reply), &number);
	if (good)
		printf("%" PRIu64 "\n", number);
	json_free(reply);
	return good ? 0 : 1;
}

/* --- commands --------------------------------------------------------------------------------- */

static int cast_block_number(const struct cast *c)
{
	return print_quantity(c, "eth_blockNumber");
}

static int cast_chain_id(const struct cast *c)
{
	return print_quantity(c, "eth_chainId");
}

/* The time of the newest block: all that is simulated of one. */
static bool latest_time(const struct cast *c, uint64_t *out)
{
	struct json *reply = ask(c, "eth_getBlockByNumber", "[\"latest\",false]");
	bool good = reply && json_quantity(json_get(result_of(reply), "timestamp"), out);
	json_free(reply);
	return good;
}

static int cast_block(const struct cast *c)
{
	uint64_t time_s;
	if (strcmp(word(c, 1), "latest") != 0 || !c->field || strcmp(c->field, "timestamp") != 0)
		return complain("stand-in cast: this block is not simulated (block latest --field timestamp is)");
	if (!latest_time(c, &time_s))
		return 1;
	printf("%" PRIu64 "\n", time_s);
	return 0;
}

static int cast_age(const struct cast *c)
{
	uint64_t time_s;
	char time[TIME_TEXT];
	if (!latest_time(c, &time_s))
		return 1;
	printf("%s\n", time_human(time, (int64_t)time_s * US_PER_S, 0));
	return 0;
}

static int cast_code(const struct cast *c)
{
	char params[200];
	struct address address;
	if (!address_parse(word(c, 1), &address))
		return complain("Error: invalid address %s", word(c, 1));
	struct json *reply = ask(c, "eth_getCode", text_format(params, sizeof(params), "[\"%s\",\"latest\"]", word(c, 1)));
	const char *code = reply ? json_string(result_of(reply)) : NULL;
	if (code)
		printf("%s\n", code);
	json_free(reply);
	return code ? 0 : 1;
}

/* One word of an argument: an address, a number, or up to 32 bytes. */
static bool put_argument(struct buf *out, const char *type, const char *text)
{
	struct address address;
	struct hash256 word = {0};
	uint64_t number;
	size_t len;
	if (strcmp(type, "address") == 0 && address_parse(text, &address))
		abi_put_address(out, &address);
	else if (strncmp(type, "uint", 4) == 0 && decimal_u64(text, &number))
		abi_put_u64(out, number);
	else if (strncmp(type, "bytes", 5) == 0 && type[5] != '\0' && hex_data(text, word.bytes, sizeof(word.bytes), &len))
		abi_put_hash(out, &word);
	else
		return false;
	return true;
}

/* Prints the words of a result by the types behind the signature: "(address,bool)". */
static int print_result(const char *types, struct abi view)
{
	char type[64], text[1024];
	struct u256 number;
	struct address address;
	for (size_t i = 0; *types; i++) {
		types += strspn(types, "(), ");
		size_t len = strcspn(types, "(),");
		if (len == 0)
			break;
		text_format(type, sizeof(type), "%.*s", (int)len, types);
		types += len;
		if (strcmp(type, "string") == 0 && abi_text(view, i, text, sizeof(text)))
			printf("\"%s\"\n", text);
		else if (strcmp(type, "address") == 0 && abi_address(view, i, &address))
			printf("%s\n", address_text(text, &address));
		else if (strcmp(type, "bool") == 0 && abi_word(view, i, &number))
			printf("%s\n", number.bytes[31] ? "true" : "false");
		else if (strstr(type, "int") && abi_word(view, i, &number))
			printf("%s\n", abi_decimal(text, sizeof(text), &number, type[0] == 'i', 0));
		else
			return complain("stand-in cast: a result of type %s is not simulated", type);
	}
	return 0;
}

static bool put_call(const struct cast *c, const struct abi_signature *signature, struct buf *out)
{
	abi_call(out, signature->text);
	for (size_t i = 0; i < signature->arguments; i++)
		if (!put_argument(out, signature->types[i], word(c, 3 + (int)i)))
			return false;
	return true;
}

static int cast_call(const struct cast *c)
{
	const char *declared = word(c, 2), *close = strchr(declared, ')');
	char function[320], params[DATA_BYTES];
	struct abi_signature signature;
	struct address to;
	struct buf data;
	uint8_t bytes[DATA_BYTES];
	size_t len = 0;
	/* Nested parentheses belong to tuples, whose arguments are not simulated. */
	if (!address_parse(word(c, 1), &to))
		return complain("Error: invalid address %s", word(c, 1));
	if (!close)
		return complain("Error: %s is no signature", declared);
	text_format(function, sizeof(function), "%.*s", (int)(close + 1 - declared), declared);
	buf_init(&data, DATA_BYTES);
	if (abi_signature_read(function, &signature, NULL) != STATUS_OK || !put_call(c, &signature, &data)) {
		buf_free(&data);
		return complain("stand-in cast: the arguments of %s are not simulated", declared);
	}
	text_format(params, sizeof(params), "[{\"to\":\"%s\",\"data\":\"%s\"},\"latest\"]", word(c, 1), buf_text(&data));
	buf_free(&data);
	struct json *reply = ask(c, "eth_call", params);
	const char *result = reply ? json_string(result_of(reply)) : NULL;
	int code = 1;
	if (result && strcmp(result, "0x") == 0)
		code = complain("Error: contract %s does not have any code", word(c, 1));
	else if (result && hex_data(result, bytes, sizeof(bytes), &len))
		code = print_result(close + 1, (struct abi){bytes, len});
	json_free(reply);
	return code;
}

static int cast_logs(const struct cast *c)
{
	char params[1024], topic[HASH_TEXT] = "";
	uint64_t from = 0;
	struct buf out;
	const char *wanted = word(c, 1);
	if (c->from && !decimal_u64(c->from, &from))
		return complain("Error: --from-block %s is no number", c->from);
	if (strncmp(wanted, "0x", 2) != 0) {
		struct abi_signature signature;
		if (abi_signature_read(wanted, &signature, NULL) != STATUS_OK)
			return complain("Error: %s is neither a topic nor an event", wanted);
		struct hash256 hash = abi_topic(signature.text);
		wanted = hex_text(topic, sizeof(topic), hash.bytes, sizeof(hash.bytes), true);
	}
	if (strlen(wanted) != HASH_TEXT - 1 || !c->address || strlen(c->address) != ADDRESS_TEXT - 1)
		return complain("stand-in cast: this filter is not simulated (logs --address ADDRESS TOPIC is)");
	text_format(params, sizeof(params), "[{\"fromBlock\":\"0x%" PRIx64 "\",\"toBlock\":\"latest\",\"address\":\"%s\",\"topics\":[\"%s\"]}]", from, c->address, wanted);
	struct json *reply = ask(c, "eth_getLogs", params);
	const struct json *logs = reply ? result_of(reply) : NULL;
	buf_init(&out, REPLY_BYTES);
	bool good = logs && json_canonical(logs, &out);
	if (good)
		printf("%s\n", buf_text(&out));
	buf_free(&out);
	json_free(reply);
	return good ? 0 : 1;
}

static int cast_send(const struct cast *c)
{
	char order[200];
	struct buf answer;
	long code;
	if (strlen(word(c, 1)) != ADDRESS_TEXT - 1 || c->count != 3 || strlen(word(c, 2)) > 60 || strchr(word(c, 2), ' '))
		return complain("stand-in cast: sending %s is not simulated (a function without arguments is)", word(c, 2));
	buf_init(&answer, RESULT_BYTES);
	standin_send_order(text_format(order, sizeof(order), "send %s %s", word(c, 1), word(c, 2)), &code, &answer);
	fputs(buf_text(&answer), code == 200 ? stdout : stderr);
	buf_free(&answer);
	return code == 200 ? 0 : 1;
}

static const struct {
	const char *name;
	int (*run)(const struct cast *c);
} commands[] = {
	{"call", cast_call},
	{"code", cast_code},
	{"logs", cast_logs},
	{"send", cast_send},
	{"block-number", cast_block_number},
	{"chain-id", cast_chain_id},
	{"block", cast_block},
	{"age", cast_age},
};

int standin_cast(int argc, char **argv)
{
	struct cast c = {0};
	read_arguments(&c, argc, argv);
	if (c.strange)
		return complain("stand-in cast: option %s is not simulated", c.strange);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (strcmp(commands[i].name, word(&c, 0)) == 0)
			return commands[i].run(&c);
	return complain("stand-in cast: %s is not simulated", c.count ? word(&c, 0) : "this call");
}
