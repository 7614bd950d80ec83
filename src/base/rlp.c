/* Recursive Length Prefix. */
#include "base/rlp.h"

enum {
	STRING = 0x80,  /* 0x80..0xb7: a string of 0 to 55 bytes */
	LIST = 0xc0,    /* 0xc0..0xf7: a list with a payload of 0 to 55 bytes */
	SHORT_MAX = 55, /* longer payloads say their length in bytes of its own */
	LENGTH_BYTES = 8,
};

/* A long length: big-endian, without leading zeros, and not one that fits the short form. */
static bool long_length(const uint8_t **at, const uint8_t *end, size_t size, size_t *len)
{
	uint64_t n = 0;

	if (size > (size_t)(end - *at) || **at == 0)
		return false;
	for (size_t i = 0; i < size; i++)
		n = n << 8 | *(*at)++;
	if (n <= SHORT_MAX || n > SIZE_MAX)
		return false;
	*len = (size_t)n;
	return true;
}

bool rlp_next(const uint8_t **at, const uint8_t *end, struct rlp *out)
{
	const uint8_t *p = *at;
	size_t len;
	uint8_t head;

	if (p >= end)
		return false;
	head = *p;
	out->list = head >= LIST;
	if (head < STRING) {
		len = 1;
	} else {
		len = (size_t)(head - (out->list ? LIST : STRING));
		p++;
		if (len > SHORT_MAX && !long_length(&p, end, len - SHORT_MAX, &len))
			return false;
	}
	if (len > (size_t)(end - p))
		return false;
	/* A single byte below 0x80 stands for itself and takes no prefix. */
	if (head == STRING + 1 && *p < STRING)
		return false;
	out->bytes = p;
	out->len = len;
	*at = p + len;
	return true;
}

bool rlp_u64(const struct rlp *item, uint64_t *out)
{
	uint64_t n = 0;

	if (item->list || item->len > LENGTH_BYTES || (item->len && item->bytes[0] == 0))
		return false;
	for (size_t i = 0; i < item->len; i++)
		n = n << 8 | item->bytes[i];
	*out = n;
	return true;
}

/* Big-endian without leading zeros; returns how many bytes. */
static size_t minimal(uint8_t dst[LENGTH_BYTES], uint64_t n)
{
	size_t size = 0;

	for (uint64_t rest = n; rest; rest >>= 8)
		size++;
	for (size_t i = size; i > 0; i--, n >>= 8)
		dst[i - 1] = (uint8_t)(n & 0xff);
	return size;
}

static void put_head(struct buf *out, unsigned base, size_t len)
{
	uint8_t bytes[LENGTH_BYTES];
	size_t size;

	if (len <= SHORT_MAX) {
		buf_putc(out, (char)(base + len));
		return;
	}
	size = minimal(bytes, len);
	buf_putc(out, (char)(base + SHORT_MAX + size));
	buf_add(out, bytes, size);
}

void rlp_put_string(struct buf *out, const void *bytes, size_t len)
{
	if (len != 1 || *(const uint8_t *)bytes >= STRING)
		put_head(out, STRING, len);
	buf_add(out, bytes, len);
}

void rlp_put_u64(struct buf *out, uint64_t number)
{
	uint8_t bytes[LENGTH_BYTES];
	size_t size = minimal(bytes, number);

	rlp_put_string(out, bytes, size);
}

void rlp_put_list(struct buf *out, const struct buf *payload)
{
	put_head(out, LIST, payload->len);
	buf_add(out, payload->data, payload->len);
	/* A payload that was cut would make a list that lies about itself. */
	out->full = out->full || payload->full;
}
