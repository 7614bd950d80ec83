#include "runbook/danger_table.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	OWN_BYTES_MAX = 64 * 1024,
	OWN_ROWS_MAX = 500,
	WORD_BYTES = 200,
};

const struct danger_rule danger_rules[] = {
	{"kubectl", {"secret|secrets", NULL}, DANGER_CUSTODY},
	{"kubectl", {"delete", "pvc|pv|persistentvolume|persistentvolumes|persistentvolumeclaim|persistentvolumeclaims|namespace|namespaces|ns|crd|crds|customresourcedefinition|customresourcedefinitions|all|--all|--all-namespaces|-A|-f*|--filename|-k*|--kustomize|--raw"}, DANGER_DESTRUCTIVE},
	{"kubectl", {"--prune", NULL}, DANGER_DESTRUCTIVE},
	/* Another configuration may name programs to run; the others write files or ask the server for any path. */
	{"kubectl", {"--kubeconfig|--cache-dir|--profile|--profile-output|--raw", NULL}, DANGER_MUTATE},
	{"kubectl", {"config", "current-context|get-contexts"}, DANGER_READ},
	{"kubectl", {"config", NULL}, DANGER_MUTATE},
	{"kubectl", {"delete|scale|apply|create|patch|edit|replace|exec|cp|drain|cordon|uncordon|taint|label|annotate|run|expose|set|attach|debug|proxy|port-forward|autoscale|certificate", NULL}, DANGER_MUTATE},
	{"kubectl", {"rollout", "status|history"}, DANGER_READ},
	{"kubectl", {"rollout", NULL}, DANGER_MUTATE},
	{"kubectl", {"auth", "can-i"}, DANGER_READ},
	{"kubectl", {"cluster-info", "dump"}, DANGER_MUTATE}, /* into files, if told to */
	{"kubectl", {"get|describe|logs|top|explain|version|cluster-info|events|api-resources|api-versions|wait|diff", NULL}, DANGER_READ},

	{"helm", {"uninstall|delete|del", NULL}, DANGER_DESTRUCTIVE},
	{"helm", {"list|ls|status|history|hist|version|env|lint|search", NULL}, DANGER_READ},
	{"helm", {"get|show", NULL}, DANGER_READ},

	{"cast", {"--private-key|--mnemonic*|--keystore|--password*", NULL}, DANGER_CUSTODY},
	{"cast", {"wallet", NULL}, DANGER_CUSTODY},
	{"cast", {"rpc", "personal_*|clef_*"}, DANGER_CUSTODY},
	{"cast", {"rpc", "qbft_propose*|ibft_propose*|istanbul_propose*|clique_propose*|qbft_discard*|clique_discard"}, DANGER_NETWORK},
	{"cast", {"send|mktx|publish|upload-signature", NULL}, DANGER_FUNDS},
	{"cast", {"rpc", "eth_send*|eth_sign*"}, DANGER_FUNDS},
	{"cast", {"rpc", "eth_blockNumber|eth_get*|eth_call|eth_chainId|eth_syncing|eth_gasPrice|net_*|web3_*|txpool_*|qbft_get*|ibft_get*|admin_peers|admin_nodeInfo"}, DANGER_READ},
	{"cast", {"call|logs|block|block-number|bn|balance|code|codesize|storage|tx|receipt|chain-id|chain|client|gas-price|nonce|age|find-block|keccak|sig|sig-event|abi-decode|abi-encode|decode-abi|from-wei|to-wei|to-hex|to-dec|4byte|estimate|admin|implementation|proof|basefee", NULL}, DANGER_READ},
	{"ccip-cli", {"send|manual-exec|manualExec", NULL}, DANGER_FUNDS},
	{"ccip-cli", {"show|search|lane|lane-latency|get-supported-tokens|getSupportedTokens|parse", NULL}, DANGER_READ},
	{"tocsin", {"status|doctor|verify", NULL}, DANGER_READ},
	{"tocsin", {"runbook|drill", "list|show|lint"}, DANGER_READ},
	{"forge", {"--private-key|--mnemonic*|--keystore", NULL}, DANGER_CUSTODY},
	{"forge", {"create|--broadcast", NULL}, DANGER_FUNDS},
	{"geth", {"account|wallet", NULL}, DANGER_CUSTODY},
	{"geth", {"removedb", NULL}, DANGER_DESTRUCTIVE},
	{"besu", {"operator|password", NULL}, DANGER_CUSTODY},
	{"clef|ethkey|ethsigner|web3signer", {NULL, NULL}, DANGER_CUSTODY},

	{"cchost", {NULL, NULL}, DANGER_NETWORK},
	{"submit_recovery_share*|ccf_cose_sign1*|keygenerator.sh", {NULL, NULL}, DANGER_CUSTODY},
	{"read_ledger.py|ccf_ledger_viz", {NULL, NULL}, DANGER_READ},
	{"cometbft|tendermint", {"unsafe*|reset*|rollback|compact*|experimental*", NULL}, DANGER_DESTRUCTIVE},
	{"cometbft|tendermint", {"gen-*|init|testnet", NULL}, DANGER_CUSTODY},
	{"cometbft|tendermint", {"version|show-node-id|show-validator", NULL}, DANGER_READ},

	{"rm|dd|shred|wipefs|mkfs*|fdisk|parted|lvremove|vgremove|dropdb|pg_resetwal|truncate", {NULL, NULL}, DANGER_DESTRUCTIVE},
	{"zfs|zpool", {"destroy|rollback|labelclear", NULL}, DANGER_DESTRUCTIVE},
	{"zfs|zpool", {"list|get|status", NULL}, DANGER_READ},
	{"find", {"-delete|-exec|-execdir|-ok|-okdir|-fprint*|-fls", NULL}, DANGER_DESTRUCTIVE},
	{"find", {NULL, NULL}, DANGER_READ},
	{"pg_restore", {"--clean|-c|-[c]", NULL}, DANGER_DESTRUCTIVE},
	{"rsync", {"--delete*|--remove-source-files", NULL}, DANGER_DESTRUCTIVE},
	{"etcdctl", {"del|restore|--data-dir", NULL}, DANGER_DESTRUCTIVE},
	{"etcdctl", {"get|endpoint|version|alarm", "list|health|status|/*|--*"}, DANGER_READ},

	{"az", {"keyvault", NULL}, DANGER_CUSTODY},
	{"az", {"delete|purge", NULL}, DANGER_DESTRUCTIVE},
	{"az", {"update|create|start|stop|restart|set|add|remove|invoke|run-command|rest|login", NULL}, DANGER_MUTATE},
	{"az", {"show|list|show-backend-health", NULL}, DANGER_READ}, /* its verb is the last operand */
	{"gcloud", {"kms|secrets|keys", NULL}, DANGER_CUSTODY},
	{"gcloud", {"delete|destroy", NULL}, DANGER_DESTRUCTIVE},
	{"gcloud", {"describe|list|get-value", NULL}, DANGER_READ},
	{"aws", {"kms|secretsmanager|get-parameter*|get-session-token|get-login-password|create-access-key", NULL}, DANGER_CUSTODY},
	{"aws", {"delete-*|terminate-*|purge-*|rm|rb|--delete", NULL}, DANGER_DESTRUCTIVE},
	{"aws", {NULL, "describe-*|list-*|head-*|lookup-*|ls|get-caller-identity|get-metric*|get-log-events|filter-log-events|tail"}, DANGER_READ},
	{"terraform|tofu|pulumi", {"destroy|-destroy|taint", NULL}, DANGER_DESTRUCTIVE},
	{"terraform|tofu", {"version|validate|providers|graph", NULL}, DANGER_READ},
	{"vault|gpg|sops|age|pass|op|ssh-keygen|ssh-add", {NULL, NULL}, DANGER_CUSTODY},

	{"docker|podman", {"volume|system|image|builder|network", "rm|prune"}, DANGER_DESTRUCTIVE},
	{"docker|podman", {"compose", "--volumes|-v"}, DANGER_DESTRUCTIVE},
	{"docker-compose", {"down|rm", "--volumes|-v"}, DANGER_DESTRUCTIVE},
	{"docker|podman", {"compose|container|image|volume|network|system", "ps|ls|logs|images|top|list|inspect|df|config"}, DANGER_READ},
	{"docker|podman", {"ps|logs|inspect|stats|images|version|info|top|port|diff", NULL}, DANGER_READ},
	{"docker-compose", {"ps|logs|images|top|config|version", NULL}, DANGER_READ},
	{"crictl", {"ps|pods|images|logs|inspect|inspectp|stats|info|version", NULL}, DANGER_READ},
	{"systemctl", {"status|is-active|is-failed|is-enabled|is-system-running|show|list-units|list-timers|list-unit-files|list-dependencies|cat", NULL}, DANGER_READ},
	{"timedatectl", {"status|show|timesync-status", NULL}, DANGER_READ},
	{"chronyc", {"tracking|sources|sourcestats|activity", NULL}, DANGER_READ},
	{"amtool", {"alert|config", "query|show|routes"}, DANGER_READ},
	{"promtool", {"check|query", NULL}, DANGER_READ},
	{"logcli", {"query|labels|series|stats|instant-query", NULL}, DANGER_READ},
	{"ssh-keyscan|pg_isready|lsof|vmstat|iostat|lsblk|lscpu|sha512sum|md5sum|zcat|zgrep|base64|od|nl|tac", {NULL, NULL}, DANGER_READ},
	{"yq", {"-i|--inplace|-[i]", NULL}, DANGER_MUTATE},
	{"yq", {NULL, NULL}, DANGER_READ},

	{"openssl", {"genrsa|genpkey|pkcs12|pkcs8|rsa|ec|pkey|ecparam", NULL}, DANGER_CUSTODY},
	{"openssl", {"-out|-keylogfile|-sess_out|-CAkey|-signkey", NULL}, DANGER_MUTATE},
	{"openssl", {"x509|s_client|version|dgst", NULL}, DANGER_READ},
	{"printf", {"-v", NULL}, DANGER_MUTATE}, /* sets a variable */
	{"sort", {"-[o]|--o*|--compress*", NULL}, DANGER_MUTATE},
	{"date", {"-[s]|--s*|0*|1*", NULL}, DANGER_MUTATE}, /* a month in front sets the clock */
	{"journalctl", {"--rotate|--vacuum-*|--flush|--sync|--relinquish*|--smart-relinquish*|--setup-keys|--update-catalog|--cursor-file", NULL}, DANGER_MUTATE},
	{"dmesg", {"-[cCDEn]|--c*|--read-c*", NULL}, DANGER_MUTATE},
	{"ss", {"-[KD]|--kill|--diag", NULL}, DANGER_MUTATE},
	{NULL, {NULL, NULL}, DANGER_READ},
};

const char *const danger_readers[] = {
	"grep",
	"egrep",
	"fgrep",
	"head",
	"tail",
	"cat",
	"wc",
	"cut",
	"tr",
	"jq",
	"uniq",
	"sort",
	"date",
	"echo",
	"printf",
	"test",
	"[",
	"true",
	"false",
	"sleep",
	"ls",
	"df",
	"du",
	"free",
	"uptime",
	"ps",
	"pgrep",
	"ss",
	"netstat",
	"ping",
	"dig",
	"nslookup",
	"host",
	"getent",
	"traceroute",
	"tracepath",
	"mtr",
	"column",
	"id",
	"whoami",
	"stat",
	"sha256sum",
	"diff",
	"cmp",
	"comm",
	"journalctl",
	"dmesg",
	"cd",
	"pwd",
	"basename",
	"dirname",
	"seq",
	"nproc",
	"uname",
	"exit",
	"set",
	NULL,
};

/* Options that take the next word, where they may stand before an operand. */
static const struct {
	const char *program;
	const char *options;
} valued_options[] = {
	{"kubectl", "-n|--namespace|--context|--cluster|--user|-s|--server|--request-timeout|--as|--as-group|--token|-v|-l|--selector|-o|--output|-c|--container|-L|--label-columns|--field-selector|--sort-by|--template|--chunk-size|--tail|--since"},
	{"docker", "-f|--file|-p|--project-name|-H|--host|-c|--context|-l|--log-level"},
	{"systemctl", "-H|--host|-M|--machine|-n|--lines|-o|--output|-t|--type|-p|--property"},
	{"helm", "-n|--namespace|--kube-context|-o|--output"},
	{"aws", "--region|--profile|--output|--query|--endpoint-url"},
	{"gcloud", "--project|--format|--filter"},
	{"docker-compose", "-f|--file|-p|--project-name"},
	{"cast", ""},
	{"openssl", ""},
};

const char *danger_valued_options(const char *program)
{
	for (size_t i = 0; i < ARRAY_LENGTH(valued_options); i++)
		if (strcmp(valued_options[i].program, program) == 0)
			return valued_options[i].options;
	return NULL;
}

enum danger danger_of_method(const char *method)
{
	/* By their beginnings; the first that fits decides. */
	static const struct {
		const char *begin;
		enum danger danger;
	} methods[] = {
		{"eth_send", DANGER_FUNDS},
		{"eth_sign", DANGER_CUSTODY},
		{"personal_", DANGER_CUSTODY},
		{"qbft_propose", DANGER_NETWORK},
		{"qbft_discard", DANGER_NETWORK},
		{"ibft_propose", DANGER_NETWORK},
		{"ibft_discard", DANGER_NETWORK},
		{"istanbul_propose", DANGER_NETWORK},
		{"clique_propose", DANGER_NETWORK},
		{"clique_discard", DANGER_NETWORK},
		{"eth_blockNumber", DANGER_READ},
		{"eth_get", DANGER_READ},
		{"eth_call", DANGER_READ},
		{"eth_chainId", DANGER_READ},
		{"eth_syncing", DANGER_READ},
		{"eth_gasPrice", DANGER_READ},
		{"eth_estimateGas", DANGER_READ},
		{"net_", DANGER_READ},
		{"web3_", DANGER_READ},
		{"txpool_", DANGER_READ},
		{"qbft_get", DANGER_READ},
		{"ibft_get", DANGER_READ},
		{"istanbul_get", DANGER_READ},
		{"clique_getSigner", DANGER_READ},
		{"admin_peers", DANGER_READ},
		{"admin_nodeInfo", DANGER_READ},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
		if (strncmp(method, methods[i].begin, strlen(methods[i].begin)) == 0)
			return methods[i].danger;
	return DANGER_MUTATE;
}

/* --- the person's own table ---------------------------------------------------------------- */

static struct danger_rule *own;
static size_t own_count;

const struct danger_rule *danger_own_rules(void)
{
	static const struct danger_rule none = {NULL, {NULL, NULL}, DANGER_READ};

	return own ? own : &none;
}

static void forget(void)
{
	for (size_t i = 0; i < own_count; i++) {
		free((char *)own[i].program);
		free((char *)own[i].words[0]);
		free((char *)own[i].words[1]);
	}
	free(own);
	own = NULL;
	own_count = 0;
}

bool danger_parse(const char *name, enum danger *out)
{
	for (int danger = 0; danger < DANGER_COUNT; danger++) {
		const char *word = danger_name((enum danger)danger);
		size_t len = strcspn(word, "/-");
		if (strcasecmp(name, word) == 0 || (strncasecmp(name, word, len) == 0 && name[len] == '\0')) {
			*out = (enum danger)danger;
			return true;
		}
	}
	return false;
}

/* "*" stands for any word. */
static char *pattern_of(const char *word)
{
	return word[0] && strcmp(word, "*") != 0 ? xstrdup(word) : NULL;
}

static enum status take_row(const char *path, int number, const char *line, struct error *err)
{
	char class[32], program[WORD_BYTES], words[2][WORD_BYTES] = {"", ""}, more[8];
	struct danger_rule rule = {NULL, {NULL, NULL}, DANGER_READ};

	if (!text_word(&line, class, sizeof(class)) || class[0] == '#')
		return STATUS_OK;
	if (!danger_parse(class, &rule.danger))
		return error_set(err, STATUS_INVALID, "%s:%d: %s is no class (write read, mutate, destructive, funds, custody or network)", path, number, class);
	if (!text_word(&line, program, sizeof(program)))
		return error_set(err, STATUS_INVALID, "%s:%d: no program behind the class (write: read mytool status|list)", path, number);
	for (size_t i = 0; i < 2 && text_word(&line, words[i], WORD_BYTES); i++)
		;
	if (text_word(&line, more, sizeof(more)))
		return error_set(err, STATUS_INVALID, "%s:%d: more than two words behind the program (write alternatives as a|b)", path, number);
	if (own_count == OWN_ROWS_MAX)
		return error_set(err, STATUS_LIMIT, "%s:%d: more than %d rows (take some out)", path, number, OWN_ROWS_MAX);
	rule.program = xstrdup(program);
	rule.words[0] = pattern_of(words[0]);
	rule.words[1] = pattern_of(words[1]);
	own = xreallocarray(own, own_count + 2, sizeof(*own));
	own[own_count++] = rule;
	own[own_count] = (struct danger_rule){NULL, {NULL, NULL}, DANGER_READ};
	return STATUS_OK;
}

enum status danger_load(const char *path, struct error *err)
{
	struct buf text;
	int number = 0;

	forget();
	buf_init(&text, OWN_BYTES_MAX);
	enum status status = file_read(path, OWN_BYTES_MAX, &text, err);
	for (const char *at = buf_text(&text); status != STATUS_IO && *at;) {
		size_t len = strcspn(at, "\n");
		char *line = xstrndup(at, len);
		enum status one = take_row(path, ++number, line, err);
		status = status == STATUS_OK ? one : status;
		free(line);
		at += len + (at[len] == '\n');
	}
	buf_free(&text);
	return status;
}
