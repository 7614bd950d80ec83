/* What the data of each kind of event holds: written by act_*.c and check.c, read
 * by fold.c. Canonical JSON objects; a key that is absent was not said. A reader
 * accepts missing and unknown keys, and ignores a value of the wrong type. Times are
 * integers in microseconds (`_us`), severities "P0" to "P3", steps "3" or "2.1".
 *
 * kind                 keys
 * -------------------  ---------------------------------------------------------------
 * record.opened        network drill (true: a simulated network, never a real night)
 * probe.change         component from to reach reason
 * detector.proposed    key cause severity rule reason title since_us components[]
 *                      consequences[] evidence[]{at_us text} refuted[] confidence confirm
 *                      refute
 * detector.changed     as detector.proposed
 * detector.cleared     key title components[]
 * proposal.dismissed   key reason
 * proposal.attached    key, or report (seq of a report.received); incident is set
 * report.received      from; the summary is its first line, the body all of it
 * incident.declared    key cause severity rule reason title components[] runbook (the
 *                      suggestion) impact_started_us
 * incident.severity    severity reason from
 * incident.title       title
 * incident.stage       from to
 * incident.components  components[]
 * incident.impact      impact
 * incident.runbook     runbook path (of one outside the library) sha256
 *                      steps[]{number title}
 * incident.closed      from
 * incident.reopened    reason to
 * incident.merged      into
 * role.assumed         role name from (who had it); offer (seq of a role.offered) when it
 *                      was handed over and accepted
 * role.renounced       role name
 * role.offered         role from to until_us; the body is the summary for the other side
 * role.declined        offer (seq) role name reason
 * note                 tz_minutes, the zone that its time was typed in; the summary is
 *                      its first line, the body all of it
 * evidence.attached    file sha256 bytes; the body is the note on it
 * decision             about reason (what was gone past, and why), or text objections
 * finding              text
 * hypothesis.opened    text
 * hypothesis.confirmed hypothesis (seq of its opening) evidence
 * hypothesis.refuted   as hypothesis.confirmed
 * task.opened          text owner minutes due_us
 * task.assigned        task (seq of its opening) owner minutes due_us
 * task.done            task note
 * task.cancelled       task reason
 * escalation.requested step title person channel reason wait_us severity: one event for
 *                      each person; channel is one of [person]'s contacts, "phone" and
 *                      "hand" are told by people, all others by the outbox
 * escalation.sent      request (seq) person channel detail
 * escalation.failed    as escalation.sent
 * escalation.acknowledged  request (seq) name how
 * escalation.lapsed    request name: who acknowledged was not heard of any more
 * clock.due            clock target due_us: a reminder that fell due, said once
 * clock.snoozed        clock target until_us minutes
 * step.done            step title runbook note
 * step.skipped         step title runbook reason
 * step.noted           step title runbook note
 * step.deviated        step title runbook reason (what was done instead)
 * step.started         step title runbook command resolved run fingerprint sha256 (of the
 *                      runbook) directory cluster danger approval (seq)
 *                      values[]{name value from} before[]{component state}
 * step.ran             step title runbook command resolved run exit signal duration_us
 *                      out_bytes err_bytes blob blob_cut_bytes timed_out cancelled survived
 *                      interactive why (it did not start); the body is the head of its output
 * step.observed        step title runbook run before[] after[]{component state}; the body is
 *                      the difference
 * step.verified        step title runbook command resolved run passed cancelled settles
 *                      attempts exit duration_us; the body is what it said last
 * approval.asked       step title runbook fingerprint name login danger word until_us; the
 *                      body is what was shown
 * approval.given       step runbook fingerprint name login asked (seq) until_us
 * approval.refused     step runbook fingerprint name login asked reason
 * glass.broken         as approval.asked, and reason
 * check.passed         check title detail total (how many checks there are in all)
 * check.failed         as check.passed
 * check.overridden     check ("all" or a name) reason
 * review.section       section; the body is its text
 * review.action_item   text owner due type; origin "to-do" when it was noted during the work
 * update.drafted       update (its id, made by who drafts) audience stage subject
 *                      conditions actions needs next_us; the body is its text. The same
 *                      id again revises it
 * update.discarded     update reason
 * update.approved      update sha256 (of subject, newline, text: what was approved)
 * update.queued        message (its id) channel kind action (post trigger acknowledge
 *                      resolve) update (none: it goes out by itself) audience stage
 *                      severity title subject next_us checkpoint; to and request (seq of
 *                      an escalation.requested) when it asks one person to come; the body
 *                      is its text
 * update.attempted     message attempt; durable before anything leaves
 * update.sent          message attempt status remote (what the peer calls it)
 * update.failed        message attempt status why retry_us (absent: it is not tried again)
 * update.unknown       message attempt why; it may have arrived, and a person chooses
 * update.resent        message; it waits to be sent again
 * update.arrived       message remote; a person saw it there
 * update.withdrawn     message reason
 * update.answered      message by; somebody acknowledged it where the channel says nothing
 * silence.asked        alertmanager action (set end) matchers until_us alerts (how many it
 *                      covers now) comment silence (its id, to end); durable before anything
 *                      is sent
 * silence.set          alertmanager silence matchers until_us comment
 * silence.ended        alertmanager silence
 * silence.failed       alertmanager silence matchers why
 * silence.found        alertmanager silence by comment until_us components[] (of the incident,
 *                      whose alerts it keeps quiet)
 * annotation.posted    grafana moment (declared over) id, or why it is not there
 * mode.armed           minutes until_us reason
 * mode.disarmed        reason
 * record.exported      format file
 * event.amended        target (seq) occurred_us; the body is the new text
 * event.retracted      target reason
 * event.redacted       target reason */
#ifndef TOCSIN_INCIDENT_PAYLOAD_H
#define TOCSIN_INCIDENT_PAYLOAD_H

#include "base/clock.h"

/* Bounds that hold for every incident, however long or hostile its record. */
enum {
	PAYLOAD_BYTES = 64 * 1024,    /* of one event's data, as written */
	PAYLOAD_TREE_BYTES = 1 << 20, /* of the same, parsed */
	COMPONENTS_MAX = 256,
	STEPS_MAX = 512,
	CHECKS_MAX = 64,
	ACTIONS_MAX = 500,
	APPROVALS_MAX = 256,
	VALUES_MAX = 128,
	UPDATES_MAX = 1000,
	MESSAGES_MAX = 4000,
	TENURES_MAX = 500,
	OFFERS_MAX = 200,
	TASKS_MAX = 500,
	DECISIONS_MAX = 500,
	HYPOTHESES_MAX = 200,
	FINDINGS_MAX = 500,
	ESCALATIONS_MAX = 300,
	MARKS_MAX = 1000,
};

/* Limits on what people type, in bytes of clean UTF-8. */
enum {
	TITLE_BYTES = 120,
	NAME_BYTES = 60,
	REASON_BYTES = 500,
	LINE_BYTES = 240,
	TEXT_BYTES = 16 * 1024,
	APPROVAL_BYTES = 64 * 1024, /* of what a second person is shown */
};

/* How long a request for an approval waits, and how long an approval may be used. */
#define APPROVAL_ASKED_US (30 * US_PER_MINUTE)
#define APPROVAL_VALID_US (10 * US_PER_MINUTE)

#endif
