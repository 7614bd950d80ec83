/* Events: the one append-only truth. DESIGN section 3 gives the shape, the incident
 * reference section 2 the kinds. The canonical form is frozen with the first release. */
#ifndef TOCSIN_RECORD_EVENT_H
#define TOCSIN_RECORD_EVENT_H

#include "base/buf.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

/* enum name, name on disk */
#define EVENT_KINDS(_)                                        \
	_(RECORD_OPENED, "record.opened")                     \
	_(COLLECTOR_TAKEN, "collector.taken")                 \
	_(PROBE_CHANGE, "probe.change")                       \
	_(DETECTOR_PROPOSED, "detector.proposed")             \
	_(DETECTOR_CHANGED, "detector.changed")               \
	_(DETECTOR_CLEARED, "detector.cleared")               \
	_(PROPOSAL_DISMISSED, "proposal.dismissed")           \
	_(PROPOSAL_ATTACHED, "proposal.attached")             \
	_(REPORT_RECEIVED, "report.received")                 \
	_(INCIDENT_DECLARED, "incident.declared")             \
	_(INCIDENT_SEVERITY, "incident.severity")             \
	_(INCIDENT_TITLE, "incident.title")                   \
	_(INCIDENT_STAGE, "incident.stage")                   \
	_(INCIDENT_COMPONENTS, "incident.components")         \
	_(INCIDENT_IMPACT, "incident.impact")                 \
	_(INCIDENT_RUNBOOK, "incident.runbook")               \
	_(INCIDENT_CLOSED, "incident.closed")                 \
	_(INCIDENT_REOPENED, "incident.reopened")             \
	_(INCIDENT_MERGED, "incident.merged")                 \
	_(ROLE_ASSUMED, "role.assumed")                       \
	_(ROLE_RENOUNCED, "role.renounced")                   \
	_(ROLE_OFFERED, "role.offered")                       \
	_(ROLE_DECLINED, "role.declined")                     \
	_(NOTE, "note")                                       \
	_(EVIDENCE_ATTACHED, "evidence.attached")             \
	_(DECISION, "decision")                               \
	_(FINDING, "finding")                                 \
	_(HYPOTHESIS_OPENED, "hypothesis.opened")             \
	_(HYPOTHESIS_CONFIRMED, "hypothesis.confirmed")       \
	_(HYPOTHESIS_REFUTED, "hypothesis.refuted")           \
	_(TASK_OPENED, "task.opened")                         \
	_(TASK_ASSIGNED, "task.assigned")                     \
	_(TASK_DONE, "task.done")                             \
	_(TASK_CANCELLED, "task.cancelled")                   \
	_(ESCALATION_REQUESTED, "escalation.requested")       \
	_(ESCALATION_SENT, "escalation.sent")                 \
	_(ESCALATION_FAILED, "escalation.failed")             \
	_(ESCALATION_ACKNOWLEDGED, "escalation.acknowledged") \
	_(ESCALATION_LAPSED, "escalation.lapsed")             \
	_(CLOCK_DUE, "clock.due")                             \
	_(CLOCK_SNOOZED, "clock.snoozed")                     \
	_(STEP_DONE, "step.done")                             \
	_(STEP_SKIPPED, "step.skipped")                       \
	_(STEP_NOTED, "step.noted")                           \
	_(STEP_STARTED, "step.started")                       \
	_(STEP_RAN, "step.ran")                               \
	_(STEP_DEVIATED, "step.deviated")                     \
	_(STEP_OBSERVED, "step.observed")                     \
	_(STEP_VERIFIED, "step.verified")                     \
	_(APPROVAL_ASKED, "approval.asked")                   \
	_(APPROVAL_GIVEN, "approval.given")                   \
	_(APPROVAL_REFUSED, "approval.refused")               \
	_(GLASS_BROKEN, "glass.broken")                       \
	_(CHECK_PASSED, "check.passed")                       \
	_(CHECK_FAILED, "check.failed")                       \
	_(CHECK_OVERRIDDEN, "check.overridden")               \
	_(REVIEW_SECTION, "review.section")                   \
	_(ACTION_ITEM, "review.action_item")                  \
	_(UPDATE_DRAFTED, "update.drafted")                   \
	_(UPDATE_DISCARDED, "update.discarded")               \
	_(UPDATE_APPROVED, "update.approved")                 \
	_(UPDATE_QUEUED, "update.queued")                     \
	_(UPDATE_ATTEMPTED, "update.attempted")               \
	_(UPDATE_SENT, "update.sent")                         \
	_(UPDATE_FAILED, "update.failed")                     \
	_(UPDATE_UNKNOWN, "update.unknown")                   \
	_(UPDATE_RESENT, "update.resent")                     \
	_(UPDATE_ARRIVED, "update.arrived")                   \
	_(UPDATE_WITHDRAWN, "update.withdrawn")               \
	_(UPDATE_ANSWERED, "update.answered")                 \
	_(SILENCE_ASKED, "silence.asked")                     \
	_(SILENCE_SET, "silence.set")                         \
	_(SILENCE_ENDED, "silence.ended")                     \
	_(SILENCE_FAILED, "silence.failed")                   \
	_(SILENCE_FOUND, "silence.found")                     \
	_(ANNOTATED, "annotation.posted")                     \
	_(MODE_ARMED, "mode.armed")                           \
	_(MODE_DISARMED, "mode.disarmed")                     \
	_(EXPORTED, "record.exported")                        \
	_(CHECKPOINT, "checkpoint")                           \
	_(AMENDED, "event.amended")                           \
	_(RETRACTED, "event.retracted")                       \
	_(REDACTED, "event.redacted")                         \
	_(CLOCK_STEP, "clock.step")

enum event_kind {
	EVENT_OTHER, /* written by a newer Tocsin; kept, shown, never acted on */
#define EVENT_ENUM(name, text) EVENT_##name,
	EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
		EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind);
enum event_kind event_kind_parse(const char *name); /* EVENT_OTHER when unknown */

/* What a writer says of a new event. All strings are borrowed until the append
 * returns; NULL means absent. */
struct draft {
	enum event_kind kind;
	const char *incident;    /* "INC-7", or NULL before an incident exists */
	int64_t occurred_us;     /* 0: now */
	int64_t occurred_end_us; /* 0: a moment */
	const char *precision;   /* "exact" (NULL), "second", "minute", "approximate" */
	const char *actor;       /* "alice@ops1 pts/3", "tocsin" for the machine */
	const char *role;        /* "commander", … at that time, or NULL */
	const char *source;      /* "operator", "detector:S-1", "runbook:network-outage.md#3", "system" */
	const char *refs;        /* canonical JSON array [{"id":…,"rel":"amends"}], or NULL */
	const char *visibility;  /* "internal" (NULL), "stakeholder", "public", "restricted" */
	const char *summary;     /* one line, at most 240 bytes after cleaning */
	const char *body;        /* Markdown, may be NULL */
	const char *data;        /* canonical JSON object, or NULL for {} */
};

/* An event as the store holds it. Owned by whoever read it; event_free frees the
 * strings. No string is NULL except where marked. */
struct event {
	uint64_t seq;
	char id[27];    /* ULID */
	char *incident; /* NULL: none */
	enum event_kind kind;
	char *kind_name;
	int64_t occurred_us, occurred_end_us, recorded_us, mono_us;
	char *precision, *boot, *actor, *role /* NULL */, *source, *refs, *visibility;
	int32_t tz_minutes; /* of the writer, east of UTC */
	struct hash256 content_hash, prev_hash, hash;
	bool redacted; /* the content row is gone; the fields below are empty */
	char salt[33]; /* 32 hex digits */
	char *summary, *body, *data;
};
/* Frees the strings and zeroes the struct; the struct itself is the caller's. */
void event_free(struct event *event);
/* Makes dst a deep copy of src; what dst held before is not looked at. */
void event_copy(struct event *dst, const struct event *src);

/* --- the canonical form, frozen with the first release ----------------------
 *
 * One line of canonical JSON (RFC 8785: keys sorted, no blanks, no line end; only
 * \" \\ \b \t \n \f \r and \u00xx are escaped, every other byte is itself):
 *
 *   {"actor":S,"boot":S,"content_hash":H,"id":S,"incident":S|null,"kind":S,
 *    "mono_us":N,"occurred_end_us":N|null,"occurred_precision":S,"occurred_us":N,
 *    "prev_hash":H,"recorded_us":N,"refs":[…],"role":S|null,"seq":N,"source":S,
 *    "tz":N,"v":1,"visibility":S}
 *
 * S is a string, N an integer, H 64 lower-case hex digits. Every field of the row
 * is in it but `hash`; the content is there as its hash. Who has a row can check it:
 *
 *   printf '%s\n%s' "$prev_hash" "$line" | sha256sum                  = hash
 *   printf '%s{"body":%s,"data":%s,"summary":%s}' "$salt" … | sha256sum = content_hash
 *   printf '%s' "$origin" | sha256sum                                  = prev_hash of seq 1
 *
 * where body and summary are quoted strings and data is the object as stored. */
enum { EVENT_SCHEMA = 1 };

/* Appends the line that is hashed. */
void event_canonical(const struct event *event, struct buf *out);
/* Appends the object that is hashed behind the salt. */
void event_content_canonical(const struct event *event, struct buf *out);
/* SHA-256(salt || canonical {"body","data","summary"}); the salt counts as its hex text. */
struct hash256 event_content_hash(const struct event *event);
/* SHA-256(hex of prev_hash, newline, canonical line). */
struct hash256 event_hash(const struct event *event);
/* What stands before the first event of a record: SHA-256(origin). */
struct hash256 event_genesis(const char *origin);

/* A new id: 26 characters of Crockford's base 32, the milliseconds of `us` first
 * (a ULID), so that ids sort by time. `random` is 10 bytes. */
void event_id(char dst[27], int64_t us, const uint8_t random[10]);

#endif
