#include "world/pod.h"

#include "world/judge.h"

#include <string.h>

#define PENDING_CRITICAL_US (5 * US_PER_MINUTE)
#define NOT_READY_WARN_US (2 * US_PER_MINUTE)
#define ENDING_SLACK_US (30 * US_PER_S)
#define ROLLOUT_WARN_US (10 * US_PER_MINUTE)

enum {
	GRACE_S = 30, /* of Kubernetes, when a pod says nothing else */
	OUT_OF_MEMORY_CRITICAL = 2,
};

static int64_t since(int64_t then_us, int64_t now_us)
{
	return then_us != 0 && now_us > then_us ? now_us - then_us : 0;
}

static struct verdict judge_ending(const struct pod_facts *pod, int64_t now_us)
{
	int64_t grace_us = (pod->grace_s ? pod->grace_s : GRACE_S) * US_PER_S, age_us = since(pod->deleted_us, now_us);
	char age[DURATION_TEXT];

	duration_human(age, age_us);
	if (age_us > grace_us + ENDING_SLACK_US)
		return verdict_make(HEALTH_WARNING, SYMPTOM_NOT_READY, "terminating for %s, longer than its grace of %lld s", age, (long long)(grace_us / US_PER_S));
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "terminating for %s", age);
}

static struct verdict judge_pending(const struct pod_facts *pod, int64_t now_us)
{
	int64_t age_us = since(pod->created_us, now_us);
	enum symptom symptom = pod->unschedulable ? SYMPTOM_UNSCHEDULED : SYMPTOM_NOT_READY;
	enum health health = age_us >= PENDING_CRITICAL_US ? HEALTH_CRITICAL : pod->unschedulable || pod->waiting_badly ? HEALTH_WARNING
															: HEALTH_OK;
	char age[DURATION_TEXT];

	return verdict_make(health, health == HEALTH_OK ? SYMPTOM_NONE : symptom, "%s for %s%s%.80s", pod->unschedulable ? "no node takes it" : pod->reason,
			    duration_human(age, age_us), pod->message[0] ? ": " : "", pod->message);
}

static struct verdict judge_memory(const struct pod_facts *pod, int64_t now_us)
{
	char age[DURATION_TEXT];

	duration_human(age, since(pod->restarted_us, now_us));
	if (pod->out_of_memory >= OUT_OF_MEMORY_CRITICAL && pod->restarts_lately > 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "killed for memory %u times, last %s ago", pod->out_of_memory, age);
	if (pod->out_of_memory > 0 && pod->restarts_lately > 0)
		return verdict_make(HEALTH_WARNING, SYMPTOM_RESTARTED, "killed for memory %s ago", age);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "not killed for memory");
}

static struct verdict judge_restarts(const struct pod_facts *pod, int64_t now_us)
{
	char age[DURATION_TEXT];

	if (pod->restarts_lately == 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "ready");
	return verdict_make(HEALTH_WARNING, SYMPTOM_RESTARTED, "restarted %u %s lately, last %s ago", pod->restarts_lately, pod->restarts_lately == 1 ? "time" : "times",
			    duration_human(age, since(pod->restarted_us, now_us)));
}

static struct verdict judge_readiness(const struct pod_facts *pod, int64_t now_us)
{
	int64_t age_us = since(pod->ready_changed_us ? pod->ready_changed_us : pod->created_us, now_us);
	bool long_enough = age_us >= NOT_READY_WARN_US || pod->waiting_badly;
	char age[DURATION_TEXT];

	if (pod->ready)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "ready");
	return verdict_make(long_enough ? HEALTH_WARNING : HEALTH_OK, long_enough ? SYMPTOM_NOT_READY : SYMPTOM_NONE, "not ready for %s: %u of %u containers, %s",
			    duration_human(age, age_us), pod->ready_containers, pod->containers, pod->reason);
}

struct verdict judge_pod(const struct pod_facts *pod, int64_t now_us)
{
	if (pod->deleted_us != 0)
		return judge_ending(pod, now_us);
	if (strcmp(pod->phase, "Succeeded") == 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "completed");
	if (strcmp(pod->phase, "Failed") == 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_NOT_READY, "failed: %s%s%.80s", pod->reason, pod->message[0] ? ", " : "", pod->message);
	if (pod->crash_loop)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "crash loop: %u restarts%s%.80s", pod->restarts, pod->message[0] ? ", " : "", pod->message);
	if (strcmp(pod->phase, "Pending") == 0)
		return judge_pending(pod, now_us);
	if (strcmp(pod->phase, "Running") != 0)
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_NOT_READY, "phase %s: its host does not say how it is", pod->phase[0] ? pod->phase : "not told");
	struct verdict memory = judge_memory(pod, now_us), rest = verdict_worse(judge_readiness(pod, now_us), judge_restarts(pod, now_us));
	/* Why it died says more than that it did. */
	return memory.health != HEALTH_OK && memory.health == rest.health ? memory : verdict_worse(rest, memory);
}

static struct verdict judge_rollout(const struct workload_facts *w, int64_t now_us)
{
	int64_t age_us = since(w->rolling_us, now_us);
	char age[DURATION_TEXT];

	duration_human(age, age_us);
	if (w->stuck || (w->rolling && age_us >= ROLLOUT_WARN_US))
		return verdict_make(HEALTH_WARNING, SYMPTOM_ROLLOUT, "the rollout stands still: %u of %u updated, for %s", w->updated, w->desired, age);
	if (w->rolling)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "a rollout is under way: %u of %u updated, for %s", w->updated, w->desired, age);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "no rollout is under way");
}

static struct verdict judge_replicas(const struct workload_facts *w, int64_t now_us)
{
	char age[DURATION_TEXT];

	if (w->desired == 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "scaled to none");
	if (w->ready >= w->desired)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%u of %u ready", w->ready, w->desired);
	duration_human(age, since(w->unready_us, now_us));
	if (w->quorum != 0 && w->ready + w->others < w->quorum)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_REPLICAS, "%u of %u ready for %s: with %u elsewhere fewer than the quorum of %u", w->ready, w->desired, age, w->others, w->quorum);
	if (w->ready == 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_REPLICAS, "none of %u ready for %s", w->desired, age);
	/* A rollout takes pods down one by one, and says so itself. */
	if (w->rolling || since(w->unready_us, now_us) < NOT_READY_WARN_US)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%u of %u ready for %s", w->ready, w->desired, age);
	return verdict_make(HEALTH_WARNING, SYMPTOM_REPLICAS, "%u of %u ready for %s", w->ready, w->desired, age);
}

struct verdict judge_workload(const struct workload_facts *w, int64_t now_us)
{
	struct verdict replicas = judge_replicas(w, now_us), rollout = judge_rollout(w, now_us);

	return w->rolling && replicas.health == HEALTH_OK ? rollout : verdict_worse(replicas, rollout);
}
