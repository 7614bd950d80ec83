/* Targets for what contracts and endpoints of other chains say. */
#include "fuzz.h"

#include "base/hash.h"
#include "base/text.h"
#include "collect/ccip.h"
#include "collect/eth.h"
#include "collect/feed.h"
#include "collect/lane_book.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = 1 << 20 };
#define NOW_US (INT64_C(1767225600) * US_PER_S)

/* A view never leads out of its bytes. */
static void inside(struct abi view, struct abi part)
{
	require(part.bytes >= view.bytes && part.len <= view.len);
	require((size_t)(part.bytes - view.bytes) <= view.len - part.len);
}

static void read_words(struct abi view)
{
	struct abi part, elements;
	struct u256 word, back;
	char text[160];
	size_t count;

	for (size_t i = 0; i < 6; i++) {
		if (abi_at(view, i, &part))
			inside(view, part);
		if (abi_bytes(view, i, &part))
			inside(view, part);
		if (abi_array(view, i, 2, 64, &elements, &count)) {
			inside(view, elements);
			require(count * 2 * ABI_WORD <= elements.len);
		}
		if (abi_text(view, i, text, sizeof(text)))
			require(text_is_clean(text, strlen(text)));
		if (!abi_word(view, i, &word))
			continue;
		abi_decimal(text, sizeof(text), &word, true, (unsigned)(view.len % 78));
		require(strlen(text) < sizeof(text) - 1);
		if (abi_scaled(text, (unsigned)(view.len % 78), &back))
			require(memcmp(back.bytes, word.bytes, sizeof(back.bytes)) == 0);
	}
}

void fuzz_abi(const uint8_t *bytes, size_t len)
{
	struct abi view = {bytes, len};
	struct abi_signature once, again;
	struct fuzz_input in = fuzz_input(bytes, len);
	struct feed_round round;
	char said[200], *declared = fuzz_rest(&in);
	double number;

	read_words(view);
	abi_revert(said, sizeof(said), view);
	require(said[0] && text_is_clean(said, strlen(said)));
	if (feed_round_read(view, &round))
		require(round.updated_s >= 0);
	(void)!feed_page_read((const char *)bytes, len, "data.0.price", &number);
	/* What is canonical stays as it is. */
	if (abi_signature_read(declared, &once, NULL) == STATUS_OK) {
		require(abi_signature_read(once.text, &again, NULL) == STATUS_OK);
		require(strcmp(once.text, again.text) == 0 && once.arguments == again.arguments);
	}
	free(declared);
}

static struct eth_list *usual_questions(void)
{
	struct eth_list *list = eth_list_new();
	struct eth_filter filter = {.address_count = 1, .topic_count = 1, .from = 0, .to = 500};
	const struct address contract = {{0}};

	for (int i = 0; i < 3; i++)
		eth_add_call(list, &contract, "0x5c975abb");
	eth_add_block(list, ETH_LATEST);
	eth_add_chain_id(list);
	eth_add_logs(list, &filter);
	return list;
}

/* A conversation: each reply ends at a NUL. It comes to an end whatever is answered. */
void fuzz_eth(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	struct eth_list *list = usual_questions();
	struct eth_limits limits = {.batch = 4, .span = 100, .span_max = 100};
	struct buf body;
	char why[160];

	buf_init(&body, BODY_BYTES);
	for (int round = 0; round < 32; round++) {
		buf_clear(&body);
		if (!eth_write(list, &limits, &body))
			break;
		require(!body.full && limits.batch > 0 && limits.span > 0 && limits.span <= limits.span_max);
		char *reply = fuzz_string(&in, '\0');
		if (!eth_read(list, &limits, reply, strlen(reply), why) && !eth_halve(list, &limits))
			round = 32;
		free(reply);
	}
	for (size_t i = 0; i < eth_list_count(list); i++)
		require(text_is_clean(eth_answer(list, i)->why, strlen(eth_answer(list, i)->why)));
	eth_list_free(list);
	buf_free(&body);
}

static struct hash256 topic_of(unsigned choice)
{
	static const char *const events[] = {TOPIC_SENT_1_5, TOPIC_SENT_1_6, TOPIC_SENT_2_0, TOPIC_COMMIT_1_5, TOPIC_COMMIT_1_6, TOPIC_STATE_1_5, TOPIC_STATE_1_6, TOPIC_STATE_2_0};

	return abi_topic(events[choice % 8]);
}

static void check_book(struct book *book)
{
	struct lane_facts facts = {0};

	book_settle(book);
	require(book->count <= BOOK_MESSAGES_MAX && book->low <= book->frontier);
	for (size_t i = 0; i < book->count; i++) {
		require(book->open[i].shown.number > book->low);
		require(i == 0 || book->open[i - 1].shown.number < book->open[i].shown.number);
	}
	book_facts(book, NOW_US, &facts);
	struct lane_verdict verdict = judge_lane(&facts);
	require(verdict.verdict.reason[0] && text_is_clean(verdict.verdict.reason, strlen(verdict.verdict.reason)));
}

/* Events one after the other, of one kind each: topics, then data up to a length. */
void fuzz_ccip(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	struct ccip_lane lane = {.version = CCIP_1_5, .source = 1, .dest = 2};
	struct book book;

	lane.version = fuzz_byte(&in) % 2 ? CCIP_1_5 : CCIP_1_6;
	book_init(&book, lane.version);
	book_start(&book, fuzz_byte(&in));
	for (int round = 0; round < 16 && in.at < in.end; round++) {
		struct eth_log log = {.topics = {topic_of(fuzz_byte(&in))}, .topic_count = 4, .block = 10, .time_s = 1767225600};
		struct ccip_commit commits[CCIP_COMMITS_MAX];
		struct ccip_execution execution;
		struct ccip_sent sent;
		size_t count, size = fuzz_byte(&in) * (size_t)8;
		for (size_t i = 1; i < 4; i++)
			log.topics[i].bytes[31] = (uint8_t)fuzz_byte(&in);
		log.len = size < (size_t)(in.end - in.at) ? size : (size_t)(in.end - in.at);
		log.data = malloc(log.len + 1);
		memcpy(log.data, in.at, log.len);
		in.at += log.len;
		if (ccip_sent_read(&lane, &log, &sent))
			book_take_sent(&book, &sent, &log, round % 2, NOW_US);
		if (ccip_commit_read(&lane, &log, commits, &count)) {
			require(count <= CCIP_COMMITS_MAX);
			for (size_t i = 0; i < count; i++)
				book_take_commit(&book, &commits[i], &log, NOW_US);
		}
		if (ccip_execution_read(&log, &execution))
			book_take_execution(&book, &execution, &log, NOW_US);
		check_book(&book);
		free(log.data);
	}
	book_free(&book);
}
