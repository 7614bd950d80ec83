/* What leaves, byte by byte: values that try to be more than text, the templates, and the
 * mistakes that people make with a channel's section. */
#include "recorder.h"

#include "base/json.h"
#include "base/path.h"
#include "comms/compose.h"
#include "comms/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- one letter by one channel ----------------------------------------------------------- */

static void set(struct settings *s, const char *name, const char *value)
{
	struct error err = {0};
	if (settings_set(s, name, value, 1, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

/* What would leave with this subject and text; owned by the caller. */
static char *leaves(const char *kind, const char *subject, const char *text)
{
	struct settings s;
	struct message_record m = {.id = "abc123", .channel = "c", .action = "post", .audience = "technical", .stage = "respond", .severity = "P1", .title = (char *)subject, .subject = (char *)subject, .text = (char *)text, .checkpoint = (char *)"tocsin/x\n7\nabcd\n", .queued_us = T0};
	const struct letter letter = {.message = &m, .incident = "INC-7", .update = 2, .network = "Test", .origin = "tocsin/x", .remote = ""};
	struct buf out;
	settings_init(&s, &channel_section, "c", 1);
	set(&s, "kind", kind);
	set(&s, "from", "tocsin@example.org");
	set(&s, "to", "a@example.org b@example.org");
	set(&s, "page", "p");
	const struct channel channel = {.name = "c", .kind = channel_kind(kind), .settings = &s};
	buf_init(&out, 1 << 20);
	channel.kind->write(&channel, &letter, "KEY", &out);
	settings_free(&s);
	return buf_take(&out);
}

static const char *const hostile[] = {
	"plain",
	"<!channel> <@U123> <https://evil|click>",
	"@here @channel @everyone",
	"a\r\nBcc: victim@example.org\r\n\r\nbody",
	"\"},\"x\":{\"y\":\"",
	"äöü \xe2\x80\xa8 \xf0\x9f\x94\xa5 \x1b[31mred",
	"=?utf-8?q?spoof?= & <b>&amp;</b>",
	"{{severity}} %s %n $(touch pwned) `id`",
};

static void json_stays_json(void **state)
{
	static const char *const kinds[] = {"slack", "pagerduty", "statuspage", "webhook"};
	(void)state;
	for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
		for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
			struct error err = {0};
			char *body = leaves(kinds[k], hostile[i], hostile[i]);
			struct json *tree = json_parse(body, strlen(body), 1 << 24, &err);
			if (!tree)
				fail_msg("%s: %s: %s", kinds[k], err.text, body);
			/* No value became a member of its own. */
			assert_null(json_get(tree, "x"));
			assert_null(strchr(body, '\x1b'));
			json_free(tree);
			free(body);
		}
	}
}

static void slack_calls_nobody(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"<!channel>", "&lt;!channel&gt;"},
		{"a < b & c > d", "a &lt; b &amp; c &gt; d"},
		{"@here now", "@\xe2\x81\xa0here now"},
		{"@Channel", "@\xe2\x81\xa0"
			     "Channel"},
		{"alice@example.org", "alice@example.org"},
		{"&lt;", "&amp;lt;"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *body = leaves("slack", "s", cases[i].text);
		if (!strstr(body, cases[i].wanted))
			fail_msg("%s: not %s in %s", cases[i].text, cases[i].wanted, body);
		assert_non_null(strstr(body, "\"verbatim\": true"));
		assert_non_null(strstr(body, "\"parse\": \"none\""));
		free(body);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		char *body = leaves("slack", hostile[i], hostile[i]);
		struct json *tree = json_parse(body, strlen(body), 1 << 24, NULL);
		const char *text = json_string(json_get(tree, "text"));
		assert_non_null(text);
		assert_null(strchr(text, '<'));
		assert_null(strstr(text, "@here"));
		json_free(tree);
		free(body);
	}
}

/* Slack refuses a section over 3,000 characters, and everything with it. */
static void long_texts_fit(void **state)
{
	char *text = xcalloc(60001, 1);
	(void)state;
	for (size_t i = 0; i < 60000; i++)
		text[i] = i % 80 == 79 ? '\n' : i % 7 ? 'a'
						      : '&';
	char *body = leaves("slack", "s", text);
	struct json *tree = json_parse(body, strlen(body), 1 << 24, NULL);
	size_t sections = 0;
	for (const struct json *block = json_first(json_get(tree, "blocks")); block; block = json_next(block)) {
		const char *said = json_string(json_get(json_get(block, "text"), "text"));
		assert_true(!said || strlen(said) <= 3000);
		sections++;
	}
	assert_true(sections >= 4 && sections <= 10);
	assert_non_null(strstr(body, "cut here"));
	json_free(tree);
	free(body);
	body = leaves("statuspage", "s", text);
	assert_true(strlen(body) < 30000);
	free(body);
	free(text);
}

static void a_mail_has_only_our_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		char *mail = leaves("email", hostile[i], hostile[i]);
		char *end = strstr(mail, "\r\n\r\n");
		assert_non_null(end);
		*end = '\0';
		size_t lines = 0;
		for (char *at = mail, *next; at; at = next, lines++) {
			static const char *const ours[] = {"From: ", "To: ", " <", "Subject: ", " =?UTF-8?B?", "Date: ", "Message-ID: ", "In-Reply-To: ", "References: ", "Auto-Submitted: ", "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: "};
			bool known = false;
			next = strstr(at, "\r\n");
			if (next) {
				*next = '\0';
				next += 2;
			}
			for (size_t k = 0; k < ARRAY_LENGTH(ours); k++)
				known |= strncmp(at, ours[k], strlen(ours[k])) == 0;
			if (!known || strpbrk(at, "\r\n") || strlen(at) > 200)
				fail_msg("%s: this is not ours: %s", hostile[i], at);
			for (const char *c = at; *c; c++)
				assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
		}
		for (const char *c = end + 4; *c; c++)
			assert_true(*c == '\r' || *c == '\n' || ((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f));
		free(mail);
	}
	char *mail = leaves("email", "sch\xc3\xb6n", "t");
	assert_non_null(strstr(mail, "Subject: =?UTF-8?B?c2Now7Zu?=\r\n"));
	assert_non_null(strstr(mail, "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"));
	assert_non_null(strstr(mail, "Message-ID: <tocsin.x.INC-7.abc123@example.org>\r\n"));
	free(mail);
}

/* --- sections of the configuration ------------------------------------------------------------ */

static void sections_are_checked(void **state)
{
	static const struct {
		const char *name, *lines[6], *wanted; /* wanted NULL: it is fine */
	} cases[] = {
		{"a webhook", {"kind=slack", "url_env=HOOK", "audiences=technical on-call"}, NULL},
		{"no address", {"kind=slack"}, "url_env: a channel of kind slack needs it"},
		{"the address in the file", {"kind=webhook", "url=https://hooks.example.org/x"}, "url: a channel of kind webhook has no such key"},
		{"a key of another kind", {"kind=slack", "url_env=A", "page=x"}, "page: a channel of kind slack has no such key"},
		{"pager", {"kind=pagerduty", "key_file=/k", "on=declare resolve", "severities=P0"}, NULL},
		{"an unknown moment", {"kind=pagerduty", "key_env=K", "on=close"}, "on: close is not known"},
		{"an unknown severity", {"kind=pagerduty", "key_env=K", "severities=SEV1"}, "severities: SEV1 is not known"},
		{"http to the world", {"kind=pagerduty", "key_env=K", "url=http://pager.example.org"}, "unencrypted"},
		{"http that looks like here", {"kind=pagerduty", "key_env=K", "url=http://127.0.0.1@evil.example.org/"}, "unencrypted"},
		{"http to a name that begins so", {"kind=pagerduty", "key_env=K", "url=http://127.0.0.1.evil.example.org/"}, "unencrypted"},
		{"http to here", {"kind=pagerduty", "key_env=K", "url=http://127.0.0.1:8080"}, NULL},
		{"no page", {"kind=statuspage", "key_env=K"}, "page: a status page has an id"},
		{"a page with a path", {"kind=statuspage", "key_env=K", "page=../x"}, "page: a status page has an id"},
		{"mail", {"kind=email", "host=mail.example.org", "from=a@b.org", "to=c@d.org e@f.org"}, NULL},
		{"nobody", {"kind=email", "host=mail.example.org", "from=a@b.org"}, "to: a channel of kind email needs"},
		{"a name as an address", {"kind=email", "host=m", "from=a@b.org", "to=Carol <c@d.org>"}, "to: Carol is not an address"},
		{"plain mail to the world", {"kind=email", "host=mail.example.org", "tls=none", "from=a@b.org", "to=c@d.org"}, "tls: none is for a mail server on this machine"},
		{"a user without a password", {"kind=email", "host=m", "from=a@b.org", "to=c@d.org", "user=x"}, "user: a login is"},
		{"an audience with a path", {"kind=slack", "url_env=A", "audiences=../../etc"}, "audiences: ../../etc is not a name"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct settings s;
		struct error err = {0};
		settings_init(&s, &channel_section, "c", 1);
		for (size_t k = 0; k < ARRAY_LENGTH(cases[i].lines) && cases[i].lines[k]; k++) {
			char name[32];
			size_t len = strcspn(cases[i].lines[k], "=");
			text_format(name, sizeof(name), "%.*s", (int)len, cases[i].lines[k]);
			set(&s, name, cases[i].lines[k] + len + 1);
		}
		bool fine = settings_complete(&s, &err) == STATUS_OK;
		if (fine != !cases[i].wanted || (!fine && !strstr(err.text, cases[i].wanted)))
			fail_msg("%s: %s", cases[i].name, fine ? "is accepted" : err.text);
		settings_free(&s);
	}
}

/* --- templates ------------------------------------------------------------------------------------ */

static void templates_are_filled(void **state)
{
	static const struct template_value values[] = {{"a", "one"}, {"b", "two\nlines"}, {"none", NULL}, {"empty", ""}, {"tricky", "{{a}} \x1b[2J"}};
	static const struct {
		const char *name, *text, *stage, *subject, *wanted, *error;
	} cases[] = {
		{"plain", "# any\nSubject: s {{a}}\n\ntext\n", "respond", "s one", "text", NULL},
		{"the stage's part", "# triage\nSubject: t\nx\n# respond resolve\nSubject: r\ny\n# any\nSubject: z\nz\n", "resolve", "r", "y", NULL},
		{"any of them", "# triage\nSubject: t\nx\n# any\nSubject: z\nz\n", "review", "z", "z", NULL},
		{"no part", "# triage\nSubject: t\nx\n", "review", NULL, NULL, "has no part for the stage review"},
		{"a remark", "remark {{unknown}}\n# any\nSubject: s\nx\n", "triage", "s", "x", NULL},
		{"empty lines go", "# any\nSubject: s\nA: {{a}}\nB: {{none}}\nC: {{empty}}{{none}}\nD: {{a}}{{none}}\n", "triage", "s", "A: one\nD: one", NULL},
		{"and what parted them", "# any\nSubject: s\nA\n\n{{none}}\n\nB\n", "triage", "s", "A\n\nB", NULL},
		{"lines become blanks", "# any\nSubject: {{b}}\nb: {{b}}\n{{b}}\n", "triage", "two lines", "b: two lines\ntwo\nlines", NULL},
		{"blanks inside", "# any\nSubject: s\n{{ a }}\n", "triage", "s", "one", NULL},
		{"a value is not a template", "# any\nSubject: s\nx {{tricky}}\n", "triage", "s", "x {{a}}", NULL},
		{"not closed", "# any\nSubject: s\n{{a\n}}\n", "triage", "s", "{{a\n}}", NULL},
		{"an unknown name", "# any\nSubject: s\n\n{{whatever}}\n", "triage", NULL, NULL, "t.md:4: {{whatever}} is not known"},
		{"no subject", "# any\ntext\n", "triage", NULL, NULL, "has no line \"Subject: …\""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct template template = {.where = (char *)"t.md", .text = (char *)cases[i].text};
		struct buf subject, text;
		struct error err = {0};
		buf_init(&subject, 1000);
		buf_init(&text, 1000);
		enum status status = template_write(&template, cases[i].stage, values, ARRAY_LENGTH(values), &subject, &text, &err);
		if (cases[i].error && (status == STATUS_OK || !strstr(err.text, cases[i].error)))
			fail_msg("%s: %s", cases[i].name, status == STATUS_OK ? "is accepted" : err.text);
		if (!cases[i].error && (status != STATUS_OK || strcmp(buf_text(&subject), cases[i].subject) != 0 || strncmp(buf_text(&text), cases[i].wanted, strlen(cases[i].wanted)) != 0))
			fail_msg("%s: \"%s\" and \"%s\" %s", cases[i].name, buf_text(&subject), buf_text(&text), err.text);
		assert_null(strchr(buf_text(&text), '\x1b'));
		buf_free(&subject);
		buf_free(&text);
	}
}

static const enum stage stages[] = {STAGE_TRIAGE, STAGE_RESPOND, STAGE_RESOLVE, STAGE_REVIEW, STAGE_CLOSED};

/* Every shipped template makes an update of every stage, and the public one names nobody. */
static void shipped_templates_fit_every_stage(void **state)
{
	struct recorder *r = *state;
	struct template_list list;
	const char *parts[] = {"node/secret-host-7", NULL};
	char id[16], data[64];
	const struct declaration d = {.title = "Validator failure", .severity = SEVERITY_P1, .components = parts};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	DO(r, act_role(r->fold, &r->who, "INC-1", "commander", "alice", &r->drafts, &r->err));
	DO(r, act_impact(r->fold, &r->who, "INC-1", "blocks are slower", &r->drafts, &r->err));
	template_list(&list, "/nonexistent");
	assert_true(list.count >= 3);
	for (size_t i = 0; i < list.count; i++) {
		for (size_t s = 0; s < ARRAY_LENGTH(stages); s++) {
			struct composition c;
			struct error err = {0};
			recorder_raw(r, EVENT_INCIDENT_STAGE, "INC-1", text_format(data, sizeof(data), "{\"to\":\"%s\"}", stage_name(stages[s])));
			if (compose_begin(&c, fold_incident(r->fold, "INC-1"), list.names[i], "Test network", 20 * US_PER_MINUTE, r->who.now_us, &err) != STATUS_OK)
				fail_msg("%s in %s: %s", list.names[i], stage_name(stages[s]), err.text);
			assert_true(c.subject[0] && c.text[0]);
			assert_null(strstr(c.text, "{{"));
			bool over = stages[s] >= STAGE_REVIEW;
			assert_true(over == !strstr(c.text, "Next update by 2026-01-01 00:2"));
			if (strcmp(list.names[i], "public") == 0) {
				assert_null(strstr(c.text, "alice"));
				assert_null(strstr(c.text, "secret-host"));
			}
			composition_free(&c);
		}
	}
	template_list_free(&list);
}

static void a_team_has_its_own_templates(void **state)
{
	struct template template;
	struct error err = {0};
	char directory[] = "/tmp/tocsin-updates-XXXXXX", *path;
	static const char own[] = "# any\nSubject: ours\nours\n";
	(void)state;
	assert_non_null(mkdtemp(directory));
	path = xasprintf("%s/public.md", directory);
	assert_int_equal(file_write(path, own, strlen(own), 0600, &err), STATUS_OK);
	assert_int_equal(template_load(&template, "public", directory, &err), STATUS_OK);
	assert_string_equal(template.text, own);
	template_free(&template);
	assert_int_equal(template_load(&template, "technical", directory, &err), STATUS_OK);
	template_free(&template);
	assert_int_equal(template_load(&template, "../../etc/passwd", directory, &err), STATUS_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(template_load(&template, "regulator", directory, &err), STATUS_NOT_FOUND);
	assert_non_null(strstr(err.text, "there are: management, public, technical"));
	unlink(path);
	rmdir(directory);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_stays_json),
		cmocka_unit_test(slack_calls_nobody),
		cmocka_unit_test(long_texts_fit),
		cmocka_unit_test(a_mail_has_only_our_headers),
		cmocka_unit_test(sections_are_checked),
		cmocka_unit_test(templates_are_filled),
		cmocka_unit_test_setup_teardown(shipped_templates_fit_every_stage, recorder_setup, recorder_teardown),
		cmocka_unit_test(a_team_has_its_own_templates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
