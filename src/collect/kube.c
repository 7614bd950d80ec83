#include "collect/kube.h"

const struct settings_def kube_section = {
	.word = "kubernetes",
	.help = "Where pods are: for runbooks, and for the pane of pods.",
	.items = (const struct setting_def[]){
		{.name = "namespace", .type = SETTING_TEXT, .help = "The namespace of the network's pods.", .fallback = NAMESPACE_DEFAULT},
		{.name = "context", .type = SETTING_TEXT, .help = "The context of kubectl; without it, kubectl's current one."},
		{.name = "namespaces", .type = SETTING_TEXT, .help = "More namespaces to watch, parted by blanks."},
		{.name = "selector", .type = SETTING_TEXT, .help = "A label selector of the pods and workloads to watch, such as component in (validator,rpc); without it, all of the namespace."},
		{.name = "access", .type = SETTING_WORD, .help = "How the API server is reached: through kubectl proxy on a private socket, with the service account of the pod that Tocsin runs in, at the address in url, or not at all: then the section is for runbooks alone. auto is pod inside a pod, url when there is one, else kubectl.", .choices = "auto kubectl pod url none", .fallback = "auto"},
		{.name = "url", .type = SETTING_URL, .help = "The API server, or a kubectl proxy that runs already."},
		{.name = "usage", .type = SETTING_FLAG, .help = "Whether CPU and memory of pods are asked for, where the cluster has metrics.k8s.io.", .fallback = "yes"},
		{.name = "interval", .type = SETTING_DURATION, .help = "Time between two looks at usage, and after a failure.", .fallback = "30s"},
		{.name = "timeout", .type = SETTING_DURATION, .help = "Of one request that is no watch.", .fallback = "10s", .low = 100, .high = 60000},
		{.name = "bearer_env", .type = SETTING_ENV, .help = "An environment variable that holds a token, for url."},
		{.name = "bearer_file", .type = SETTING_FILE, .help = "A file that holds a token, for url, readable by you alone."},
		{.name = "ca_file", .type = SETTING_FILE, .help = "A certificate authority to trust beside the system's, for url."},
		{0},
	},
};
