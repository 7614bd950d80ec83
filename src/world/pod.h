/* What Kubernetes tells of a pod or a workload, and what to make of it: pure, tested as
 * tables. Rules are those of the protocol reference, 6.1. */
#ifndef TOCSIN_WORLD_POD_H
#define TOCSIN_WORLD_POD_H

#include "world/world.h"

/* A pod as its object says, in the words of kubectl. Times are 0 when they are not known. */
struct pod_facts {
	char phase[16];   /* "Running" */
	char reason[48];  /* "CrashLoopBackOff", "Terminating", "Init:0/1"; the phase when all is well */
	char message[96]; /* why it cannot be scheduled, or what a container waits for */
	unsigned containers, ready_containers;
	unsigned restarts;
	int64_t restarted_us;     /* the last one */
	unsigned restarts_lately; /* within POD_LATELY_US */
	unsigned out_of_memory;   /* times that it was killed for that, as far as we saw */
	bool ready;               /* its condition Ready */
	bool unschedulable;
	bool waiting_badly; /* a container waits for what does not come by itself: a crash loop, an image */
	bool crash_loop;
	int64_t created_us, ready_changed_us, deleted_us;
	int64_t grace_s; /* to end in, once it is deleted */
};

#define POD_LATELY_US (10 * US_PER_MINUTE)

/* Critical: a crash loop, killed for memory twice, pending for five minutes, failed. Warning: it
 * restarted lately, is not ready for two minutes, or should have ended. What began a moment ago
 * is ok, with words that say so. */
struct verdict judge_pod(const struct pod_facts *pod, int64_t now_us);

/* A statefulset or deployment. */
struct workload_facts {
	unsigned desired, ready, updated;
	bool rolling;       /* a rollout is under way */
	bool stuck;         /* the controller says that it makes no progress */
	int64_t rolling_us; /* since when, as far as we saw */
	int64_t unready_us; /* fewer are ready than desired since; 0: they are not */
	unsigned quorum;    /* of the chain, when it runs validators; else 0 */
	unsigned others;    /* validators alive that it does not run */
};

/* Critical: the validators that are ready, with those elsewhere, are fewer than a quorum, or
 * none of what is wanted is ready. Warning: fewer than wanted are ready, or a rollout stands still. */
struct verdict judge_workload(const struct workload_facts *workload, int64_t now_us);

#endif
