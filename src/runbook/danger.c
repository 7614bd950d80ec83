#include "runbook/danger.h"

#include "base/mem.h"
#include "runbook/bind.h"
#include "runbook/shell.h"

#include <stdbool.h>
#include <string.h>

const char *danger_name(enum danger danger)
{
	static const char *const names[] = {"read", "mutate", "destructive", "funds/contract", "custody", "network-wide"};

	return names[danger];
}

const char *danger_meaning(enum danger danger)
{
	static const char *const meanings[] = {
		[DANGER_READ] = "changes nothing",
		[DANGER_MUTATE] = "changes something that runs",
		[DANGER_DESTRUCTIVE] = "destroys data",
		[DANGER_FUNDS] = "moves funds or changes contracts",
		[DANGER_CUSTODY] = "touches keys",
		[DANGER_NETWORK] = "changes the whole network",
	};

	return meanings[danger];
}

/* What a program with these words does. The first row that fits decides; the words may
 * stand anywhere behind the program, "a|b" names alternatives. A program that no row
 * names is at least a mutation. */
static const struct rule {
	const char *program;
	const char *words[2]; /* NULL: any */
	enum danger danger;
} rules[] = {
	{"kubectl", {"secret|secrets", NULL}, DANGER_CUSTODY},
	{"kubectl", {"delete", "pvc|pv|persistentvolumeclaim|persistentvolumeclaims|namespace|namespaces|ns|crd|--all"}, DANGER_DESTRUCTIVE},
	{"kubectl", {"config", "current-context|get-contexts"}, DANGER_READ},
	{"kubectl", {"config", NULL}, DANGER_MUTATE},
	{"kubectl", {"delete|scale|apply|create|patch|edit|replace|exec|cp|drain|cordon|uncordon|taint|label|annotate|run|expose|set|attach|debug|proxy|port-forward|autoscale|certificate", NULL}, DANGER_MUTATE},
	{"kubectl", {"rollout", "status|history"}, DANGER_READ},
	{"kubectl", {"rollout", NULL}, DANGER_MUTATE},
	{"kubectl", {"auth", "can-i"}, DANGER_READ},
	{"kubectl", {"get|describe|logs|top|explain|version|cluster-info|events|api-resources|api-versions|wait|diff", NULL}, DANGER_READ},
	{"cast", {"send|mktx|publish|upload-signature", NULL}, DANGER_FUNDS},
	{"cast", {"wallet", NULL}, DANGER_CUSTODY},
	{"cast", {"call|logs|block|block-number|bn|balance|code|codesize|storage|tx|receipt|chain-id|chain|client|gas-price|nonce|age|find-block|keccak|sig|sig-event|abi-decode|abi-encode|decode-abi|from-wei|to-wei|to-hex|to-dec|4byte", NULL}, DANGER_READ},
	{"rm", {NULL, NULL}, DANGER_DESTRUCTIVE},
	{"dd", {NULL, NULL}, DANGER_DESTRUCTIVE},
	{"shred", {NULL, NULL}, DANGER_DESTRUCTIVE},
	{"wipefs", {NULL, NULL}, DANGER_DESTRUCTIVE},
	{"az", {"keyvault", NULL}, DANGER_CUSTODY},
	{"az", {"delete|update|create|start|stop|restart|set|add|remove|invoke|run-command|rest|login", NULL}, DANGER_MUTATE},
	{"az", {"show|list|show-backend-health", NULL}, DANGER_READ},
	{"vault", {NULL, NULL}, DANGER_CUSTODY},
	{"gpg", {NULL, NULL}, DANGER_CUSTODY},
	{"cchost", {NULL, NULL}, DANGER_NETWORK},
	{"systemctl", {"status|is-active|is-failed|show|list-units|cat", NULL}, DANGER_READ},
	{"docker", {"ps|logs|inspect|stats|images|version|info|top", NULL}, DANGER_READ},
	{"openssl", {"x509|s_client|version", NULL}, DANGER_READ},
	{"find", {"-delete|-exec|-execdir|-ok|-okdir|-fprint|-fprintf|-fls", NULL}, DANGER_DESTRUCTIVE},
	{"find", {NULL, NULL}, DANGER_READ},
	{"sort", {"-o|--output", NULL}, DANGER_MUTATE},
	{"date", {"-s|--set", NULL}, DANGER_MUTATE},
	{"journalctl", {"--rotate|--vacuum-size|--vacuum-time|--vacuum-files|--flush|--sync|--relinquish-var|--setup-keys|--update-catalog", NULL}, DANGER_MUTATE},
	{"dmesg", {"-c|-C|-D|-E|-n|--clear|--read-clear|--console-off|--console-on|--console-level", NULL}, DANGER_MUTATE},
};

/* Programs that only look, whatever their words. */
static const char *const readers[] = {
	"grep", "egrep", "fgrep", "head", "tail", "cat", "wc", "cut", "tr", "jq", "uniq", "sort", "date", "echo", "printf", "test", "[", "true", "false",
	"sleep", "ls", "df", "du", "free", "uptime", "ps", "pgrep", "ss", "netstat", "ping", "dig", "nslookup", "host", "getent", "traceroute", "tracepath", "mtr",
	"column", "id", "whoami", "stat", "sha256sum", "diff", "cmp", "comm", "journalctl", "dmesg", "cd", "pwd", "basename", "dirname", "seq", "nproc", "uname", "exit", "set",
};

/* JSON-RPC methods that only look, by their beginnings. */
static const char *const rpc_reads[] = {
	"eth_blockNumber", "eth_get", "eth_call", "eth_chainId", "eth_syncing", "eth_gasPrice", "eth_estimateGas", "net_", "web3_", "txpool_", "qbft_get", "ibft_get", "istanbul_get",
	"clique_getSigner", "admin_peers", "admin_nodeInfo",
};

static bool any_of(const char *alternatives, const char *word)
{
	size_t len = strcspn(word, "="); /* "--output=x" is the option --output */

	for (const char *at = alternatives; *at;) {
		size_t one = strcspn(at, "|");
		if (one == len && strncmp(at, word, len) == 0)
			return true;
		at += one + (at[one] == '|');
	}
	return false;
}

static bool has_word(const struct shell_command *c, const char *alternatives)
{
	for (size_t i = 1; i < c->word_count; i++)
		if (any_of(alternatives, c->words[i]))
			return true;
	return false;
}

/* True if each "method" in the data is known to look only, and there is one. */
static bool data_only_reads(const char *data)
{
	bool any = false;

	for (const char *at = strstr(data, "\"method\""); at; at = strstr(at + 1, "\"method\"")) {
		const char *name = at + strlen("\"method\"");
		bool known = false;
		name += strspn(name, " :\"");
		for (size_t i = 0; i < ARRAY_LENGTH(rpc_reads); i++)
			known |= strncmp(name, rpc_reads[i], strlen(rpc_reads[i])) == 0;
		if (!known)
			return false;
		any = true;
	}
	return any;
}

/* curl reads when it gets, and when it posts JSON-RPC calls that read. */
static enum danger classify_curl(const struct shell_command *c)
{
	static const char *const writes = "-o|-O|--output|--remote-name|-T|--upload-file|-K|--config|-F|--form|-c|--cookie-jar|--output-dir|--trace|--trace-ascii|-D|--dump-header";
	static const char *const data_options = "-d|--data|--data-raw|--data-binary|--json|--data-ascii";
	bool posts = false;

	for (size_t i = 1; i < c->word_count; i++) {
		const char *word = c->words[i];
		const char *next = i + 1 < c->word_count ? c->words[i + 1] : "";
		bool null_output = any_of("-o|--output", word) && strcmp(next, "/dev/null") == 0;
		if (any_of(writes, word) && !null_output)
			return DANGER_MUTATE;
		if (any_of("-X|--request", word)) {
			if (!any_of("GET|HEAD|POST", next))
				return DANGER_MUTATE;
			posts |= strcmp(next, "POST") == 0;
		}
		if (word[0] == '-' && word[1] == 'X' && word[2] != '\0')
			return DANGER_MUTATE;
		if (any_of(data_options, word)) {
			if (!data_only_reads(strchr(word, '=') && word[1] == '-' ? strchr(word, '=') : next))
				return DANGER_MUTATE;
			posts = false;
		} else if (word[0] == '-' && word[1] == 'd' && word[2] != '\0') {
			return DANGER_MUTATE;
		}
	}
	return posts ? DANGER_MUTATE : DANGER_READ;
}

static bool fits(const struct rule *rule, const struct shell_command *c)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rule->words); i++)
		if (rule->words[i] && !has_word(c, rule->words[i]))
			return false;
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum danger classify_command(const struct shell_command *c)
{
	if (c->word_count == 0)
		return c->writes_file ? DANGER_MUTATE : DANGER_READ; /* assignments only */
	const char *program = base_name(c->words[0]);
	if (strcmp(program, "curl") == 0)
		return c->writes_file ? DANGER_MUTATE : classify_curl(c);
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		if (strcmp(rules[i].program, program) == 0 && fits(&rules[i], c))
			return rules[i].danger == DANGER_READ && c->writes_file ? DANGER_MUTATE : rules[i].danger;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(readers); i++)
		if (strcmp(readers[i], program) == 0)
			return c->writes_file ? DANGER_MUTATE : DANGER_READ;
	return DANGER_MUTATE;
}

static enum danger classify_script(const char *script)
{
	struct shell_script parsed;
	enum danger worst = DANGER_READ;

	if (!shell_split(script, &parsed))
		worst = DANGER_MUTATE;
	for (size_t i = 0; i < parsed.command_count; i++) {
		enum danger one = classify_command(&parsed.commands[i]);
		if (one > worst)
			worst = one;
	}
	shell_free(&parsed);
	return worst;
}

enum danger danger_classify(const char *script)
{
	static const struct bindings none;
	struct bound bound;

	/* To a shell, "<validator-pod>" is a redirection: placeholders become what they will be. */
	if (bind_command(script, &none, &bound, NULL) != STATUS_OK) {
		enum danger danger = classify_script(script);
		return danger > DANGER_MUTATE ? danger : DANGER_MUTATE;
	}
	enum danger danger = classify_script(bound.script);
	bound_free(&bound);
	return danger;
}
