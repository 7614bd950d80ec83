/* JSON behind one bounded door: a strict reader in front of cJSON, the canonical
 * form, and a writer. */
#include "base/json.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 64,
	NUMBER_CHARS_MAX = 63, /* cJSON reads no longer numbers */
};
static const int64_t INTEGER_MAX = INT64_C(1) << 53;

/* struct json is never defined: it is a cJSON item seen from outside. */
static const cJSON *item(const struct json *v)
{
	return (const cJSON *)v;
}

static const struct json *outside(const cJSON *v)
{
	return (const struct json *)v;
}

/* --- the strict reader ----------------------------------------------------------
 * cJSON accepts what JSON forbids, and cuts strings at \u0000; so this walks the
 * text first. It also notes for each number, in order, whether its text is an exact
 * integer, because a double no longer knows. */

struct scanner {
	const char *start, *at, *end;
	int depth;
	struct buf exact; /* one byte per number: 1 when it is an integer within +-2^53 */
	struct error *err;
};

static bool wrong(struct scanner *s, const char *why)
{
	error_set(s->err, STATUS_INVALID, "JSON: %s at byte %zu", why, (size_t)(s->at - s->start));
	return false;
}

static void skip_blanks(struct scanner *s)
{
	while (s->at < s->end && *s->at && strchr(" \t\r\n", *s->at))
		s->at++;
}

static bool take(struct scanner *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool is_digit(const struct scanner *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* Four hex digits at the cursor. */
static bool scan_unit(struct scanner *s, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *found = s->at < s->end && *s->at ? strchr(digits, *s->at) : NULL;

		if (!found)
			return wrong(s, "not four hex digits after \\u");
		*unit = *unit << 4 | (unsigned)((found - digits) & 15);
	}
	return true;
}

/* After "\u". */
static bool scan_unicode(struct scanner *s)
{
	unsigned unit, low;

	if (!scan_unit(s, &unit))
		return false;
	if (unit == 0)
		return wrong(s, "\\u0000 in a string");
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit > 0xdbff || !take(s, '\\') || !take(s, 'u') || !scan_unit(s, &low) || low < 0xdc00 || low > 0xdfff)
		return wrong(s, "a lone surrogate");
	return true;
}

static bool scan_string(struct scanner *s)
{
	uint32_t code;
	size_t size;

	if (!take(s, '"'))
		return wrong(s, "not a string");
	while (s->at < s->end && *s->at != '"') {
		if (*s->at >= ' ' && *s->at < 0x7f && *s->at != '\\') {
			s->at++;
			continue;
		}
		if (take(s, '\\')) {
			if (take(s, 'u')) {
				if (!scan_unicode(s))
					return false;
			} else if (s->at == s->end || !*s->at || !strchr("\"\\/bfnrt", *s->at)) {
				return wrong(s, "an unknown escape");
			} else {
				s->at++;
			}
			continue;
		}
		size = text_decode(s->at, (size_t)(s->end - s->at), &code);
		if (!size)
			return wrong(s, "invalid UTF-8");
		if (code < ' ')
			return wrong(s, "a control character in a string");
		s->at += size;
	}
	return take(s, '"') || wrong(s, "a string without end");
}

/* Digits without sign, point and exponent are the only spelling of an integer. */
static bool is_exact(const char *text, size_t len)
{
	bool negative = *text == '-';
	int64_t n = 0;

	for (size_t i = negative; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (text[i] - '0');
		if (n > INTEGER_MAX)
			return false;
	}
	return !(negative && n == 0);
}

static bool scan_number(struct scanner *s)
{
	const char *start = s->at;
	size_t len;

	take(s, '-');
	if (!is_digit(s))
		return wrong(s, "not a value");
	if (!take(s, '0'))
		while (is_digit(s))
			s->at++;
	else if (is_digit(s))
		return wrong(s, "a number that begins with 0");
	if (take(s, '.')) {
		if (!is_digit(s))
			return wrong(s, "no digit after the point");
		while (is_digit(s))
			s->at++;
	}
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			take(s, '-');
		if (!is_digit(s))
			return wrong(s, "no digit in the exponent");
		while (is_digit(s))
			s->at++;
	}
	len = (size_t)(s->at - start);
	if (len > NUMBER_CHARS_MAX)
		return wrong(s, "a number of more than 63 characters");
	buf_putc(&s->exact, is_exact(start, len));
	return true;
}

static bool scan_word(struct scanner *s, const char *word)
{
	for (; *word; word++)
		if (!take(s, *word))
			return wrong(s, "not a value");
	return true;
}

static bool scan_value(struct scanner *s);

/* The members of an object or the elements of an array, after the opening mark. */
static bool scan_members(struct scanner *s, bool object)
{
	char close = object ? '}' : ']';

	skip_blanks(s);
	if (take(s, close))
		return true;
	do {
		skip_blanks(s);
		if (object) {
			if (!scan_string(s))
				return false;
			skip_blanks(s);
			if (!take(s, ':'))
				return wrong(s, "no colon after a key");
		}
		if (!scan_value(s))
			return false;
		skip_blanks(s);
	} while (take(s, ','));
	return take(s, close) || wrong(s, object ? "no comma or } in an object" : "no comma or ] in an array");
}

static bool scan_container(struct scanner *s, bool object)
{
	bool ok;

	if (s->depth == DEPTH_MAX)
		return wrong(s, "nested deeper than 64");
	s->at++;
	s->depth++;
	ok = scan_members(s, object);
	s->depth--;
	return ok;
}

static bool scan_value(struct scanner *s)
{
	skip_blanks(s);
	if (s->at == s->end)
		return wrong(s, "ends too early");
	switch (*s->at) {
	case '{':
		return scan_container(s, true);
	case '[':
		return scan_container(s, false);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

static bool scan_text(struct scanner *s)
{
	if (s->end - s->at >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0)
		return wrong(s, "a byte order mark");
	if (!scan_value(s))
		return false;
	skip_blanks(s);
	return s->at == s->end || wrong(s, "something after the value");
}

/* --- the tree -------------------------------------------------------------------- */

/* A tree lives in few pieces of memory, taken and given back as a whole: thousands of
 * answers a second must not cost an allocation for each value. The root is the first
 * thing in the first piece, so that it leads back to all of them. */
struct piece {
	struct piece *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

enum {
	PIECE_BYTES_MIN = 1024,
	PIECE_BYTES_MAX = 64 * 1024,
};

/* The tree that this thread builds, and what it may still take. cJSON's hooks are set
 * once for the process; nothing else in it uses cJSON. */
static _Thread_local struct tree {
	struct piece *first, *last;
	size_t budget;
} tree;
static pthread_once_t hooks_once = PTHREAD_ONCE_INIT;

/* cJSON notes where the last parse failed in a global. Nobody reads it, but threads
 * must not write it at once. */
static pthread_mutex_t parse_lock = PTHREAD_MUTEX_INITIALIZER;

static bool add_piece(size_t size)
{
	struct piece *piece = malloc(sizeof(*piece) + size);

	if (!piece)
		return false;
	*piece = (struct piece){.size = size};
	if (tree.last)
		tree.last->next = piece;
	else
		tree.first = piece;
	tree.last = piece;
	return true;
}

static void free_pieces(struct piece *piece)
{
	for (struct piece *next; piece; piece = next) {
		next = piece->next;
		free(piece);
	}
}

static void *tree_malloc(size_t size)
{
	size_t whole = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);

	if (size > tree.budget)
		return NULL;
	tree.budget -= size;
	if (whole > tree.last->size - tree.last->used && !add_piece(whole > PIECE_BYTES_MAX ? whole : PIECE_BYTES_MAX))
		return NULL;
	tree.last->used += whole;
	return tree.last->bytes + tree.last->used - whole;
}

static void tree_free(void *part)
{
	(void)part; /* it goes with the tree */
}

static void set_hooks(void)
{
	cJSON_Hooks hooks = {.malloc_fn = tree_malloc, .free_fn = tree_free};

	cJSON_InitHooks(&hooks);
}

/* Carries the scanner's notes to the numbers of the tree, in the order of the text.
 * valueint, which cJSON clamps and nothing here reads otherwise, holds them. */
static void mark_exact(cJSON *v, const char **notes)
{
	if (cJSON_IsNumber(v))
		v->valueint = (unsigned char)*(*notes)++;
	for (cJSON *child = v->child; child; child = child->next)
		mark_exact(child, notes);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether two members of one object have the same key. Sorted, because a hostile
 * object with very many keys must not cost their square. */
static bool has_duplicate(const cJSON *object, struct error *err)
{
	size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
	const char **names;
	bool found = false;

	if (count < 2)
		return false;
	names = xreallocarray(NULL, count, sizeof(*names));
	for (const cJSON *member = object->child; member; member = member->next)
		names[i++] = member->string;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 1; i < count && !found; i++) {
		found = strcmp(names[i - 1], names[i]) == 0;
		if (found)
			error_set(err, STATUS_INVALID, "JSON: the key \"%.60s\" occurs twice in one object", names[i]);
	}
	free(names);
	return found;
}

static bool keys_unique(const cJSON *v, struct error *err)
{
	if (cJSON_IsObject(v) && has_duplicate(v, err))
		return false;
	for (const cJSON *child = v->child; child; child = child->next)
		if (!keys_unique(child, err))
			return false;
	return true;
}

/* The first piece holds the tree of a usual text of that length. */
static size_t first_piece(size_t len)
{
	size_t size = 2 * len + PIECE_BYTES_MIN;

	return size < PIECE_BYTES_MAX ? size : PIECE_BYTES_MAX;
}

static cJSON *build_tree(const char *text, size_t len, size_t memory_limit, const char *notes, struct error *err)
{
	cJSON *root = NULL;

	pthread_once(&hooks_once, set_hooks);
	tree = (struct tree){.budget = memory_limit};
	if (add_piece(first_piece(len))) {
		pthread_mutex_lock(&parse_lock);
		root = cJSON_ParseWithLengthOpts(text, len, NULL, 0);
		pthread_mutex_unlock(&parse_lock);
	}
	if (!root) {
		free_pieces(tree.first);
		error_set(err, STATUS_LIMIT, "JSON: needs more than %zu bytes of memory", memory_limit);
		return NULL;
	}
	assert((char *)root == tree.first->bytes);
	mark_exact(root, &notes);
	if (keys_unique(root, err))
		return root;
	free_pieces(tree.first);
	return NULL;
}

struct json *json_parse(const char *text, size_t len, size_t memory_limit, struct error *err)
{
	struct scanner s = {.start = text, .at = text, .end = text + len, .err = err};
	cJSON *root = NULL;

	buf_init(&s.exact, len);
	if (scan_text(&s))
		root = build_tree(text, len, memory_limit, buf_text(&s.exact), err);
	buf_free(&s.exact);
	return (struct json *)root;
}

void json_free(struct json *root)
{
	if (root)
		free_pieces((struct piece *)((char *)root - offsetof(struct piece, bytes)));
}

const struct json *json_get(const struct json *object, const char *key)
{
	return json_is_object(object) ? outside(cJSON_GetObjectItemCaseSensitive(item(object), key)) : NULL;
}

const struct json *json_first(const struct json *container)
{
	return container ? outside(item(container)->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
	return v ? outside(item(v)->next) : NULL;
}

const char *json_key(const struct json *member)
{
	return member ? item(member)->string : NULL;
}

size_t json_count(const struct json *container)
{
	return container ? (size_t)cJSON_GetArraySize(item(container)) : 0;
}

bool json_is_object(const struct json *v)
{
	return cJSON_IsObject(item(v));
}

bool json_is_array(const struct json *v)
{
	return cJSON_IsArray(item(v));
}

bool json_is_null(const struct json *v)
{
	return cJSON_IsNull(item(v));
}

const char *json_string(const struct json *v)
{
	return cJSON_IsString(item(v)) ? item(v)->valuestring : NULL;
}

bool json_bool(const struct json *v, bool *out)
{
	if (!cJSON_IsBool(item(v)))
		return false;
	*out = cJSON_IsTrue(item(v));
	return true;
}

bool json_i64(const struct json *v, int64_t *out)
{
	if (!cJSON_IsNumber(item(v)) || !item(v)->valueint)
		return false;
	*out = (int64_t)item(v)->valuedouble;
	return true;
}

bool json_double(const struct json *v, double *out)
{
	if (!cJSON_IsNumber(item(v)))
		return false;
	*out = item(v)->valuedouble;
	return true;
}

bool json_quantity(const struct json *v, uint64_t *out)
{
	return hex_u64(json_string(v), out);
}

/* --- the canonical form ------------------------------------------------------------ */

/* The next UTF-16 code unit's place in the order: surrogates (characters beyond the
 * basic plane) come before U+E000 to U+FFFF, unlike in UTF-8. */
static uint32_t utf16_rank(uint32_t code)
{
	return code > 0xffff ? 0xd800 + ((code - 0x10000) >> 10) : code;
}

static int compare_utf16(const char *a, const char *b)
{
	size_t left = strlen(a), right = strlen(b);

	while (left && right) {
		uint32_t x = 0, y = 0;
		size_t m = text_decode(a, left, &x), n = text_decode(b, right, &y);

		/* The tree holds valid UTF-8 only; the reader saw to it. */
		if (x != y)
			return utf16_rank(x) != utf16_rank(y) ? (utf16_rank(x) < utf16_rank(y) ? -1 : 1) : x < y ? -1
														 : 1;
		a += m;
		left -= m;
		b += n;
		right -= n;
	}
	return (left > 0) - (right > 0);
}

static int compare_members(const void *a, const void *b)
{
	return compare_utf16((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* The two-letter escape of a character, or 0. */
static char short_escape(uint32_t c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = c && c < 0x80 ? strchr(from, (int)c) : NULL;

	return found ? to[found - from] : '\0';
}

/* How many bytes from here on are written as they are, whatever the style. */
static size_t plain_run(const char *text)
{
	size_t len = 0;

	while (text[len] >= ' ' && text[len] < 0x7f && text[len] != '"' && text[len] != '\\')
		len++;
	return len;
}

static void quote(struct buf *out, const char *text, bool (*must_escape)(uint32_t))
{
	size_t left = strlen(text);

	buf_putc(out, '"');
	while (left) {
		size_t plain = plain_run(text);
		buf_add(out, text, plain);
		text += plain;
		left -= plain;
		if (!left)
			break;
		uint32_t c = 0xfffd;
		size_t n = text_decode(text, left, &c);
		char bytes[4];

		if (short_escape(c))
			buf_printf(out, "\\%c", short_escape(c));
		else if (must_escape(c))
			buf_printf(out, "\\u%04" PRIx32, c);
		else
			buf_add(out, bytes, text_encode(bytes, c));
		text += n ? n : 1;
		left -= n ? n : 1;
	}
	buf_putc(out, '"');
}

static bool canonical_escapes(uint32_t c)
{
	return c < ' ';
}

/* Also what breaks terminals (DEL, C1) and JavaScript (line separators). */
static bool careful_escapes(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

static bool put_canonical(const cJSON *v, struct buf *out);

static bool put_object(const cJSON *v, struct buf *out)
{
	size_t count = (size_t)cJSON_GetArraySize(v), i = 0;
	const cJSON **members = xreallocarray(NULL, count, sizeof(*members));
	bool ok = true;

	for (const cJSON *member = v->child; member; member = member->next)
		members[i++] = member;
	qsort(members, count, sizeof(*members), compare_members);
	buf_putc(out, '{');
	for (i = 0; i < count && ok; i++) {
		if (i)
			buf_putc(out, ',');
		quote(out, members[i]->string, canonical_escapes);
		buf_putc(out, ':');
		ok = put_canonical(members[i], out);
	}
	buf_putc(out, '}');
	free(members);
	return ok;
}

static bool put_array(const cJSON *v, struct buf *out)
{
	buf_putc(out, '[');
	for (const cJSON *child = v->child; child; child = child->next) {
		if (child != v->child)
			buf_putc(out, ',');
		if (!put_canonical(child, out))
			return false;
	}
	buf_putc(out, ']');
	return true;
}

static bool put_canonical(const cJSON *v, struct buf *out)
{
	int64_t number;

	if (cJSON_IsObject(v))
		return put_object(v, out);
	if (cJSON_IsArray(v))
		return put_array(v, out);
	if (cJSON_IsString(v))
		quote(out, v->valuestring, canonical_escapes);
	else if (cJSON_IsNumber(v) && json_i64(outside(v), &number))
		buf_printf(out, "%" PRId64, number);
	else if (cJSON_IsNumber(v))
		return false;
	else
		buf_puts(out, cJSON_IsNull(v) ? "null" : cJSON_IsTrue(v) ? "true"
									 : "false");
	return true;
}

bool json_canonical(const struct json *v, struct buf *out)
{
	return v && put_canonical(item(v), out) && !out->full;
}

/* --- writing ------------------------------------------------------------------------ */

void json_writer_init(struct json_writer *w, struct buf *out, bool pretty)
{
	*w = (struct json_writer){.out = out, .pretty = pretty};
}

static void new_line(struct json_writer *w)
{
	if (!w->pretty)
		return;
	buf_putc(w->out, '\n');
	for (int i = 0; i < w->depth; i++)
		buf_puts(w->out, "  ");
}

/* What stands before a value: the comma, the line, the key. */
static void lead(struct json_writer *w, const char *key)
{
	if (w->comma[w->depth])
		buf_putc(w->out, ',');
	if (w->depth)
		new_line(w);
	w->comma[w->depth] = true;
	if (!key)
		return;
	json_quote(w->out, key);
	buf_puts(w->out, w->pretty ? ": " : ":");
}

static void begin(struct json_writer *w, const char *key, char mark)
{
	assert(w->depth + 1 < (int)ARRAY_LENGTH(w->comma));
	lead(w, key);
	buf_putc(w->out, mark);
	w->depth++;
	w->comma[w->depth] = false;
}

static void end(struct json_writer *w, char mark)
{
	bool empty = !w->comma[w->depth];

	assert(w->depth > 0);
	w->depth--;
	if (!empty)
		new_line(w);
	buf_putc(w->out, mark);
}

void json_begin_object(struct json_writer *w, const char *key)
{
	begin(w, key, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w, const char *key)
{
	begin(w, key, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

void json_put_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value) {
		json_put_null(w, key);
		return;
	}
	lead(w, key);
	json_quote(w->out, value);
}

void json_put_i64(struct json_writer *w, const char *key, int64_t value)
{
	lead(w, key);
	buf_printf(w->out, "%" PRId64, value);
}

void json_put_text(struct json_writer *w, const char *key, const char *value)
{
	json_put_string(w, key, value && value[0] ? value : NULL);
}

void json_put_time(struct json_writer *w, const char *key, int64_t us)
{
	char text[TIME_TEXT];

	json_put_string(w, key, us > 0 ? time_rfc3339(text, us) : NULL);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	lead(w, key);
	buf_puts(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
	lead(w, key);
	buf_puts(w->out, "null");
}

void json_put_raw(struct json_writer *w, const char *key, const char *json)
{
	lead(w, key);
	buf_puts(w->out, json);
}

void json_quote(struct buf *out, const char *text)
{
	quote(out, text, careful_escapes);
}
