/* The validators: who takes its turns, and how many more may be lost. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/detail.h"
#include "ui/order.h"
#include "ui/panes.h"
#include "ui/table.h"
#include "ui/words.h"

#include <string.h>

enum {
	STATE,
	NAME,
	TURNS,
	LAST,
	PROPOSED,
	REASON,
	COLUMNS,
};
enum {
	NAME_MOST = 28,
	FOOT_PARTS = 5,
};

static void fit(const struct ui *ui, struct area area, struct column columns[COLUMNS], struct table *table)
{
	int name = name_columns(ui, KIND_VALIDATOR, NAME_MOST);
	columns[STATE] = (struct column){.head = "state", .width = state_columns(ui, KIND_VALIDATOR)};
	columns[NAME] = (struct column){.head = "validator", .width = name < 16 ? name : 16, .most = name};
	columns[TURNS] = (struct column){.head = "turns", .width = 6, .most = picture_columns(area, 10)};
	columns[LAST] = (struct column){.head = "last block", .width = 10, .most = 11, .drop = 2, .right = true};
	columns[PROPOSED] = (struct column){.head = "proposed", .width = 8, .drop = 3, .right = true};
	columns[REASON] = (struct column){.head = "", .width = 20, .most = 160, .drop = 4};
	table_fit(table, columns, COLUMNS, area.columns);
}

static struct order order;

static const struct component *validator_at(const struct ui *ui, size_t i)
{
	return world_at(watch_world(ui_watch(ui)), KIND_VALIDATOR, order.rows[i]);
}

static bool has_qbft(const struct ui *ui)
{
	return consensus_def(world_consensus(watch_world(ui_watch(ui))))->makers;
}

static size_t count(const struct ui *ui)
{
	order_worst_first(&order, watch_world(ui_watch(ui)), KIND_VALIDATOR);
	return order.count;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	component_identify(validator_at(ui, i), id, text);
}

static void heads(const struct ui *ui, struct area area)
{
	struct column columns[COLUMNS];
	struct table table;
	fit(ui, area, columns, &table);
	table_heads(&table, area);
}

/* "last turns: 4 taken, 1 missed" */
static void say_turns(struct area area, const char *turns)
{
	int taken = 0, missed = 0;
	for (const char *turn = turns; *turn; turn++) {
		taken += *turn == 'o';
		missed += *turn == 'x';
	}
	area_printf(area, 0, 0, missed > 0 ? ROLE_CRIT : ROLE_OK, 0, "last turns: %d taken, %d missed", taken, missed);
}

/* The last turns as dots and crosses, newest right. */
static void draw_turns(struct area area, const char *turns)
{
	static const struct {
		char turn;
		struct word word;
	} marks[] = {{'o', {"●", ROLE_OK}}, {'x', {"×", ROLE_CRIT}}, {'.', {"·", ROLE_FAINT}}};
	size_t length = strlen(turns), shown = length < (size_t)area.columns ? length : (size_t)area.columns;
	for (size_t i = 0; i < shown; i++) {
		for (size_t m = 0; m < ARRAY_LENGTH(marks); m++) {
			if (turns[length - shown + i] == marks[m].turn)
				area_text(area, (int)i, 0, marks[m].word.role, 0, marks[m].word.text);
		}
	}
}

static void draw_number(const struct table *table, struct area area, size_t column, const struct component *c, int value, enum role role)
{
	char text[64];
	const struct value *known = component_value(c, value);
	value_text(text, sizeof(text), &kind_def(KIND_VALIDATOR)->values[value], known);
	table_cell(table, area, column, 0, known ? role : ROLE_UNKNOWN, 0, text);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct component *c = validator_at(ui, i);
	struct word word = component_word(c);
	struct column columns[COLUMNS];
	struct table table;
	const char *turns = component_text(c, VALIDATOR_TURNS);
	fit(ui, area, columns, &table);
	table_cell(&table, area, STATE, 0, word.role, role_weight(word.role), word.text);
	table_cell(&table, area, NAME, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, c->name);
	if (turns && area.canvas->spoken)
		say_turns(table_area(&table, area, TURNS, 0), turns);
	else if (turns)
		draw_turns(table_area(&table, area, TURNS, 0), turns);
	else
		table_cell(&table, area, TURNS, 0, ROLE_UNKNOWN, 0, "?");
	draw_number(&table, area, LAST, c, VALIDATOR_LAST_PROPOSED, c->health == HEALTH_OK ? ROLE_BASE : ROLE_DIM);
	draw_number(&table, area, PROPOSED, c, VALIDATOR_PROPOSED, ROLE_BASE);
	if (c->health != HEALTH_OK)
		table_cell(&table, area, REASON, 0, ROLE_DIM, 0, component_reason(c));
}

static void status(const struct ui *ui, struct area area)
{
	draw_kind_status(ui, KIND_VALIDATOR, area);
}

static const char *empty(const struct ui *ui)
{
	if (world_chain(watch_world(ui_watch(ui)))->seen_us == 0)
		return "no node told its validators yet";
	return has_qbft(ui) ? "the validator set is not known yet" : "these blocks carry no QBFT data: validators are those of the configuration, and it names none";
}

/* --- the summary below: what the set can bear ------------------------------------- */

struct fact {
	const char *label;
	char text[32];
	enum role role;
};

static void fact_number(struct fact *fact, const char *label, const struct component *chain, int value, enum role role)
{
	int64_t number;
	bool known = component_number(chain, value, &number);
	fact->label = label;
	fact->role = known ? role : ROLE_UNKNOWN;
	if (known)
		text_format(fact->text, sizeof(fact->text), "%lld", (long long)number);
	else
		text_format(fact->text, sizeof(fact->text), "?");
}

static size_t facts_of(const struct ui *ui, struct fact facts[FOOT_PARTS])
{
	const struct component *chain = world_chain(watch_world(ui_watch(ui)));
	int64_t round = 0, alive = 0, can_lose = 1, quorum = 0, validators = 0;
	bool lives = component_number(chain, CHAIN_ALIVE, &alive), bears = component_number(chain, CHAIN_CAN_LOSE, &can_lose);
	bool counted = component_number(chain, CHAIN_QUORUM, &quorum) && component_number(chain, CHAIN_VALIDATORS, &validators);
	int64_t together = counted && bears ? quorum + can_lose : alive;
	(void)component_number(chain, CHAIN_ROUND, &round);
	fact_number(&facts[0], "round", chain, CHAIN_ROUND, round > 0 ? ROLE_WARN : ROLE_BASE);
	fact_number(&facts[1], "quorum", chain, CHAIN_QUORUM, ROLE_BASE);
	if (counted)
		text_format(facts[1].text, sizeof(facts[1].text), "%lld of %lld", (long long)quorum, (long long)validators);
	fact_number(&facts[2], "alive", chain, CHAIN_ALIVE, lives && counted && together < quorum ? ROLE_CRIT : lives && counted && together < validators ? ROLE_WARN
																			  : ROLE_BASE);
	if (lives && together < alive)
		text_format(facts[2].text, sizeof(facts[2].text), "%lld, %lld in one group", (long long)alive, (long long)together);
	fact_number(&facts[3], "can lose", chain, CHAIN_CAN_LOSE, bears && can_lose < 0 ? ROLE_CRIT : bears && can_lose == 0 ? ROLE_WARN
															     : ROLE_BASE);
	/* Below the quorum there is nothing left to lose; how many are short is said by `alive`. */
	if (bears && can_lose < 0)
		text_format(facts[3].text, sizeof(facts[3].text), "0");
	fact_number(&facts[4], "f", chain, CHAIN_F, ROLE_DIM);
	return FOOT_PARTS;
}

/* Lays the facts out from left to right, whole ones only; draws them unless only the
 * rows are asked for. */
static int lay_facts(const struct ui *ui, struct area *area, int columns)
{
	struct fact facts[FOOT_PARTS];
	size_t facts_count = facts_of(ui, facts);
	int x = 0, y = 0;
	for (size_t i = 0; i < facts_count; i++) {
		int width = text_width(facts[i].label) + 1 + text_width(facts[i].text);
		if (x > 0 && x + width > columns) {
			x = 0;
			y++;
		}
		if (area) {
			int at = area_text(*area, x, y, ROLE_DIM, 0, facts[i].label);
			area_text(*area, at + 1, y, facts[i].role, role_weight(facts[i].role), facts[i].text);
		}
		x += width + 2;
	}
	return y + 1;
}

static const char *const no_qbft = "no QBFT here: validators are those of the configuration";

static int foot_rows(const struct ui *ui, int columns, int rows)
{
	(void)rows;
	if (world_chain(watch_world(ui_watch(ui)))->seen_us == 0)
		return 0;
	return has_qbft(ui) ? lay_facts(ui, NULL, columns) : count(ui) > 0 ? area_wrap_rows(columns, no_qbft)
									   : 0;
}

static void foot(const struct ui *ui, struct area area)
{
	if (has_qbft(ui))
		lay_facts(ui, &area, area.columns);
	else
		area_wrap(area, 0, 0, area.columns, area.rows, ROLE_DIM, 0, no_qbft);
}

const struct pane pane_validators = {
	.name = "validators",
	.title = "Validators",
	.count = count,
	.identify = identify,
	.row = row,
	.heads = heads,
	.status = status,
	.empty = empty,
	.foot_rows = foot_rows,
	.foot = foot,
	.min_rows = 6,
	.min_columns = 36,
	.rank = 1,
	.open = detail_component,
};
