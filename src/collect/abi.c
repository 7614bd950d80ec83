#include "collect/abi.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

/* --- signatures ------------------------------------------------------------------------ */

enum { NESTING_MAX = 8 };

/* A signature on its way from what was declared to the canonical form. */
struct parse {
	const char *at;
	struct buf out;
	int depth;
	struct abi_signature *signature;
};

static enum status bad(struct error *err, const char *why)
{
	return error_set(err, STATUS_INVALID, "no signature: %s (write one such as MessageSent(bytes32 indexed id, uint64 dest))", why);
}

static void skip_blanks(struct parse *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* The next word, "" when there is none. */
static void take_word(struct parse *p, char *dst, size_t size)
{
	size_t len = 0;

	skip_blanks(p);
	while (is_name_char(*p->at)) {
		if (len + 1 < size)
			dst[len++] = *p->at;
		p->at++;
	}
	dst[len] = '\0';
}

/* A number of bits or bytes behind a type's name, within its bounds. */
static bool is_sized(const char *digits, unsigned low, unsigned high, unsigned step)
{
	uint64_t size;

	return digits[0] != '0' && decimal_u64(digits, &size) && size >= low && size <= high && size % step == 0;
}

static bool put_elementary(struct buf *out, const char *word)
{
	if (strcmp(word, "uint") == 0 || strcmp(word, "int") == 0) {
		buf_printf(out, "%s256", word);
		return true;
	}
	buf_puts(out, word);
	if (strcmp(word, "address") == 0 || strcmp(word, "bool") == 0 || strcmp(word, "string") == 0 || strcmp(word, "bytes") == 0)
		return true;
	if (strncmp(word, "bytes", 5) == 0)
		return is_sized(word + 5, 1, 32, 1);
	if (strncmp(word, "uint", 4) == 0)
		return is_sized(word + 4, 8, 256, 8);
	return strncmp(word, "int", 3) == 0 && is_sized(word + 3, 8, 256, 8);
}

static enum status read_list(struct parse *p, struct error *err);

static enum status read_brackets(struct parse *p, struct error *err)
{
	for (skip_blanks(p); *p->at == '['; skip_blanks(p)) {
		buf_putc(&p->out, *p->at++);
		while (isdigit((unsigned char)*p->at))
			buf_putc(&p->out, *p->at++);
		if (*p->at != ']')
			return bad(err, "a [ is not closed");
		buf_putc(&p->out, *p->at++);
	}
	return STATUS_OK;
}

static enum status read_type(struct parse *p, struct error *err)
{
	char word[48];
	enum status status = STATUS_OK;

	take_word(p, word, sizeof(word));
	skip_blanks(p);
	if (*p->at == '(' && (word[0] == '\0' || strcmp(word, "tuple") == 0))
		status = read_list(p, err);
	else if (!put_elementary(&p->out, word))
		return error_set(err, STATUS_INVALID, "no signature: %s is no type (write uint64, address, bytes32 or the like)", word[0] ? word : "nothing");
	return status == STATUS_OK ? read_brackets(p, err) : status;
}

static void note_argument(struct parse *p, size_t begin, bool indexed)
{
	struct abi_signature *s = p->signature;
	size_t len = p->out.len - begin;

	if (len >= sizeof(s->types[0]))
		len = sizeof(s->types[0]) - 1;
	memcpy(s->types[s->arguments], buf_text(&p->out) + begin, len);
	s->types[s->arguments][len] = '\0';
	s->indexed[s->arguments++] = indexed;
	s->indexed_count += indexed;
}

/* One argument: its type, then words that are not part of the canonical form. */
static enum status read_argument(struct parse *p, struct error *err)
{
	char word[48];
	size_t begin = p->out.len;
	bool indexed = false;
	enum status status = read_type(p, err);

	if (status != STATUS_OK)
		return status;
	for (take_word(p, word, sizeof(word)); word[0]; take_word(p, word, sizeof(word)))
		indexed |= strcmp(word, "indexed") == 0;
	if (p->depth > 1)
		return STATUS_OK;
	if (p->signature->arguments == ABI_ARGUMENTS_MAX)
		return bad(err, "too many arguments");
	note_argument(p, begin, indexed);
	return STATUS_OK;
}

static enum status read_list(struct parse *p, struct error *err)
{
	if (p->depth == NESTING_MAX)
		return bad(err, "tuples within tuples within tuples");
	p->depth++;
	buf_putc(&p->out, *p->at++);
	skip_blanks(p);
	while (*p->at != ')') {
		enum status status = read_argument(p, err);
		if (status != STATUS_OK)
			return status;
		skip_blanks(p);
		if (*p->at != ',' && *p->at != ')')
			return bad(err, *p->at ? "a comma is missing" : "a ) is missing");
		if (*p->at == ',') {
			buf_putc(&p->out, *p->at++);
			skip_blanks(p);
			if (*p->at == ')')
				return bad(err, "nothing follows a comma");
		}
	}
	buf_putc(&p->out, *p->at++);
	p->depth--;
	return STATUS_OK;
}

static enum status read_signature(struct parse *p, struct error *err)
{
	char word[96];

	take_word(p, word, sizeof(word));
	skip_blanks(p);
	/* "event MessageSent(…)", as it was copied. */
	if (*p->at != '(' && (strcmp(word, "event") == 0 || strcmp(word, "function") == 0 || strcmp(word, "error") == 0))
		take_word(p, word, sizeof(word));
	skip_blanks(p);
	if (word[0] == '\0' || isdigit((unsigned char)word[0]))
		return bad(err, "it does not begin with a name");
	if (*p->at != '(')
		return bad(err, "no ( follows the name");
	buf_puts(&p->out, word);
	enum status status = read_list(p, err);
	if (status != STATUS_OK)
		return status;
	skip_blanks(p);
	if (*p->at && *p->at != ';')
		return bad(err, "something follows the )");
	return p->out.full ? bad(err, "it is too long") : STATUS_OK;
}

enum status abi_signature_read(const char *declared, struct abi_signature *out, struct error *err)
{
	struct parse p = {.at = declared, .signature = out};

	*out = (struct abi_signature){0};
	buf_init(&p.out, sizeof(out->text) - 1);
	enum status status = read_signature(&p, err);
	if (status == STATUS_OK)
		text_format(out->text, sizeof(out->text), "%s", buf_text(&p.out));
	buf_free(&p.out);
	return status;
}

struct hash256 abi_topic(const char *signature)
{
	return keccak256(signature, strlen(signature));
}

uint32_t abi_selector(const char *signature)
{
	struct hash256 hash = abi_topic(signature);

	return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 | (uint32_t)hash.bytes[2] << 8 | hash.bytes[3];
}

/* --- calls --------------------------------------------------------------------------------- */

static void put_bytes(struct buf *out, const uint8_t *bytes, size_t len)
{
	char hex[2 * ABI_WORD + 3];

	buf_puts(out, hex_text(hex, sizeof(hex), bytes, len, false));
}

static void put_zeros(struct buf *out, size_t bytes)
{
	static const uint8_t zeros[ABI_WORD];

	put_bytes(out, zeros, bytes);
}

void abi_call(struct buf *out, const char *signature)
{
	abi_call_selector(out, abi_selector(signature));
}

void abi_call_selector(struct buf *out, uint32_t selector)
{
	buf_printf(out, "0x%08x", (unsigned)selector);
}

void abi_put_u64(struct buf *out, uint64_t number)
{
	buf_printf(out, "%064llx", (unsigned long long)number);
}

void abi_put_address(struct buf *out, const struct address *address)
{
	put_zeros(out, ABI_WORD - sizeof(address->bytes));
	put_bytes(out, address->bytes, sizeof(address->bytes));
}

void abi_put_hash(struct buf *out, const struct hash256 *hash)
{
	put_bytes(out, hash->bytes, sizeof(hash->bytes));
}

void abi_put_subject(struct buf *out, uint64_t selector)
{
	buf_printf(out, "%032llx", (unsigned long long)selector);
	put_zeros(out, ABI_WORD / 2);
}

/* --- replies --------------------------------------------------------------------------------- */

bool abi_word(struct abi view, size_t index, struct u256 *out)
{
	if (index >= view.len / ABI_WORD)
		return false;
	memcpy(out->bytes, view.bytes + index * ABI_WORD, ABI_WORD);
	return true;
}

bool abi_u64(struct abi view, size_t index, uint64_t *out)
{
	struct u256 word;

	return abi_word(view, index, &word) && u256_u64(&word, out);
}

bool abi_bool(struct abi view, size_t index, bool *out)
{
	uint64_t number;

	if (!abi_u64(view, index, &number) || number > 1)
		return false;
	*out = number == 1;
	return true;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

bool abi_address(struct abi view, size_t index, struct address *out)
{
	struct u256 word;
	enum { LEAD = ABI_WORD - sizeof(out->bytes) };

	if (!abi_word(view, index, &word) || !all_zero(word.bytes, LEAD))
		return false;
	memcpy(out->bytes, word.bytes + LEAD, sizeof(out->bytes));
	return true;
}

bool abi_hash(struct abi view, size_t index, struct hash256 *out)
{
	struct u256 word;

	if (!abi_word(view, index, &word))
		return false;
	memcpy(out->bytes, word.bytes, sizeof(out->bytes));
	return true;
}

bool abi_fixed(struct abi view, size_t index, uint8_t *out, size_t size)
{
	struct u256 word;

	if (!abi_word(view, index, &word) || !all_zero(word.bytes + size, ABI_WORD - size))
		return false;
	memcpy(out, word.bytes, size);
	return true;
}

bool abi_at(struct abi view, size_t index, struct abi *out)
{
	uint64_t offset;

	if (!abi_u64(view, index, &offset) || offset > view.len)
		return false;
	*out = (struct abi){view.bytes + offset, view.len - (size_t)offset};
	return true;
}

bool abi_bytes(struct abi view, size_t index, struct abi *out)
{
	struct abi at;
	uint64_t len;

	if (!abi_at(view, index, &at) || !abi_u64(at, 0, &len) || len > at.len - ABI_WORD)
		return false;
	*out = (struct abi){at.bytes + ABI_WORD, (size_t)len};
	return true;
}

bool abi_text(struct abi view, size_t index, char *dst, size_t size)
{
	struct abi bytes;

	if (!abi_bytes(view, index, &bytes))
		return false;
	text_clean(dst, size, (const char *)bytes.bytes, bytes.len);
	return true;
}

bool abi_array(struct abi view, size_t index, size_t element_words, size_t most, struct abi *elements, size_t *count)
{
	struct abi at;
	uint64_t len;

	if (!abi_at(view, index, &at) || !abi_u64(at, 0, &len) || len > most)
		return false;
	*elements = (struct abi){at.bytes + ABI_WORD, at.len - ABI_WORD};
	*count = (size_t)len;
	return len <= elements->len / ABI_WORD / element_words;
}

bool abi_address_in(struct abi bytes, struct address *out)
{
	if (bytes.len < sizeof(out->bytes))
		return false;
	memcpy(out->bytes, bytes.bytes + bytes.len - sizeof(out->bytes), sizeof(out->bytes));
	return true;
}

/* --- numbers ------------------------------------------------------------------------------------ */

bool abi_negative(const struct u256 *number)
{
	return (number->bytes[0] & 0x80) != 0;
}

struct u256 abi_negate(const struct u256 *number)
{
	struct u256 out;
	unsigned carry = 1;

	for (size_t i = sizeof(out.bytes); i-- > 0;) {
		carry += (unsigned)(uint8_t)~number->bytes[i];
		out.bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return out;
}

char *abi_decimal(char *dst, size_t size, const struct u256 *number, bool is_signed, unsigned decimals)
{
	bool negative = is_signed && abi_negative(number);
	struct u256 magnitude = negative ? abi_negate(number) : *number;
	char digits[80], whole[80], rest[160];

	u256_text(digits, sizeof(digits), &magnitude);
	size_t len = strlen(digits);
	if (decimals > 77)
		decimals = 77;
	if (len > decimals) {
		text_format(whole, sizeof(whole), "%.*s", (int)(len - decimals), digits);
		text_format(rest, sizeof(rest), "%s", digits + len - decimals);
	} else {
		text_format(whole, sizeof(whole), "0");
		text_format(rest, sizeof(rest), "%.*s%s", (int)(decimals - len), "00000000000000000000000000000000000000000000000000000000000000000000000000000", digits);
	}
	size_t kept = strlen(rest);
	while (kept > 0 && rest[kept - 1] == '0')
		kept--;
	rest[kept] = '\0';
	return text_format(dst, size, "%s%s%s%s", negative ? "-" : "", whole, kept ? "." : "", rest);
}

double abi_double(const struct u256 *number, bool is_signed)
{
	bool negative = is_signed && abi_negative(number);
	struct u256 magnitude = negative ? abi_negate(number) : *number;
	double sum = 0;

	for (size_t i = 0; i < sizeof(magnitude.bytes); i++)
		sum = sum * 256 + magnitude.bytes[i];
	return negative ? -sum : sum;
}

/* number * 10 + digit; false when it does not fit. */
static bool append_digit(struct u256 *number, unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = sizeof(number->bytes); i-- > 0;) {
		carry += number->bytes[i] * 10u;
		number->bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

bool abi_scaled(const char *text, unsigned decimals, struct u256 *out)
{
	unsigned behind = 0;
	bool point = false, any = false, negative = *text == '-';

	*out = (struct u256){{0}};
	for (text += negative; *text; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (!isdigit((unsigned char)*text))
			return false;
		any = true;
		if (point && behind == decimals)
			continue; /* finer than it can be told */
		behind += point;
		if (!append_digit(out, (unsigned)(*text - '0')))
			return false;
	}
	for (; behind < decimals; behind++)
		if (!append_digit(out, 0))
			return false;
	if (abi_negative(out))
		return false;
	if (negative)
		*out = abi_negate(out);
	return any;
}
