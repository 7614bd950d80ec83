#include "world/alert.h"

#include "world/judge.h"

#include <strings.h>

const char *alert_state_name(enum alert_state state)
{
	static const char *const names[] = {
		[ALERT_IS_PENDING] = "pending",
		[ALERT_IS_FIRING] = "firing",
		[ALERT_IS_INHIBITED] = "inhibited",
		[ALERT_IS_SILENCED] = "silenced",
	};

	return names[state];
}

/* Teams spell their severities in many ways; what is not known is worth a look. */
static enum health health_of(const char *severity)
{
	static const struct {
		const char *word;
		enum health health;
	} words[] = {
		{"critical", HEALTH_CRITICAL},
		{"page", HEALTH_CRITICAL},
		{"error", HEALTH_CRITICAL},
		{"fatal", HEALTH_CRITICAL},
		{"emergency", HEALTH_CRITICAL},
		{"p0", HEALTH_CRITICAL},
		{"p1", HEALTH_CRITICAL},
		{"info", HEALTH_OK},
		{"informational", HEALTH_OK},
		{"none", HEALTH_OK},
		{"debug", HEALTH_OK},
		{"p3", HEALTH_OK},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(severity, words[i].word) == 0)
			return words[i].health;
	return HEALTH_WARNING;
}

struct verdict judge_alert(const struct alert_facts *alert, int64_t now_us)
{
	char age[DURATION_TEXT];
	const char *summary = alert->summary, *colon = summary[0] ? ": " : "";

	duration_human(age, alert->since_us && now_us > alert->since_us ? now_us - alert->since_us : 0);
	switch (alert->state) {
	case ALERT_IS_PENDING:
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "pending for %s, fires if it lasts%s%.90s", age, colon, summary);
	case ALERT_IS_INHIBITED:
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "inhibited by another alert, for %s%s%.90s", age, colon, summary);
	case ALERT_IS_SILENCED:
		return verdict_make(HEALTH_OK, SYMPTOM_SILENCED, "silenced%s%.60s%s%.60s", alert->quiet[0] ? " by " : "", alert->quiet, colon, summary);
	case ALERT_IS_FIRING:
		break;
	}
	return verdict_make(health_of(alert->severity), SYMPTOM_FIRING, "firing for %s%s%.110s", age, colon, summary);
}
