// The files of the shipped dashboards as read-only bytes of the program: no start pays for them.
// ShippedDashboards asks for one by its file's name. An array literal in Swift would take the compiler minutes.

#include "CShippedDashboards.h"

#include <string.h>

// An extension before C23, which every clang that comes with Swift 6.2 has.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char host_bytes[] = {
#embed "../host.json"
};
static const unsigned char demo_bytes[] = {
#embed "../demo.json"
};
static const unsigned char prometheus_bytes[] = {
#embed "../prometheus.yml"
};
static const unsigned char ferula_bytes[] = {
#embed "../ferula.yml"
};
static const unsigned char go_bytes[] = {
#embed "../go.yml"
};
static const unsigned char jvm_bytes[] = {
#embed "../jvm.yml"
};
static const unsigned char python_bytes[] = {
#embed "../python.yml"
};
static const unsigned char http_bytes[] = {
#embed "../http.yml"
};
static const unsigned char valet_bytes[] = {
#embed "../valet.yml"
};
static const unsigned char kubernetes_bytes[] = {
#embed "../kubernetes.yml"
};
static const unsigned char kubernetes_namespace_bytes[] = {
#embed "../kubernetes-namespace.yml"
};
static const unsigned char kubernetes_pod_bytes[] = {
#embed "../kubernetes-pod.yml"
};
static const unsigned char envoy_bytes[] = {
#embed "../envoy.yml"
};
static const unsigned char nginx_bytes[] = {
#embed "../nginx.yml"
};
static const unsigned char ingress_nginx_bytes[] = {
#embed "../ingress-nginx.yml"
};
static const unsigned char haproxy_bytes[] = {
#embed "../haproxy.yml"
};
static const unsigned char etcd_bytes[] = {
#embed "../etcd.yml"
};
static const unsigned char redis_bytes[] = {
#embed "../redis.yml"
};
static const unsigned char postgres_bytes[] = {
#embed "../postgres.yml"
};
static const unsigned char elasticsearch_bytes[] = {
#embed "../elasticsearch.yml"
};
static const unsigned char fluent_bit_bytes[] = {
#embed "../fluent-bit.yml"
};
static const unsigned char blackbox_bytes[] = {
#embed "../blackbox.yml"
};

#define FILE_OF(name, array) { name, array, sizeof(array) }

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} files[] = {
    FILE_OF("host.json", host_bytes),
    FILE_OF("demo.json", demo_bytes),
    FILE_OF("prometheus.yml", prometheus_bytes),
    FILE_OF("ferula.yml", ferula_bytes),
    FILE_OF("go.yml", go_bytes),
    FILE_OF("jvm.yml", jvm_bytes),
    FILE_OF("python.yml", python_bytes),
    FILE_OF("http.yml", http_bytes),
    FILE_OF("valet.yml", valet_bytes),
    FILE_OF("kubernetes.yml", kubernetes_bytes),
    FILE_OF("kubernetes-namespace.yml", kubernetes_namespace_bytes),
    FILE_OF("kubernetes-pod.yml", kubernetes_pod_bytes),
    FILE_OF("envoy.yml", envoy_bytes),
    FILE_OF("nginx.yml", nginx_bytes),
    FILE_OF("ingress-nginx.yml", ingress_nginx_bytes),
    FILE_OF("haproxy.yml", haproxy_bytes),
    FILE_OF("etcd.yml", etcd_bytes),
    FILE_OF("redis.yml", redis_bytes),
    FILE_OF("postgres.yml", postgres_bytes),
    FILE_OF("elasticsearch.yml", elasticsearch_bytes),
    FILE_OF("fluent-bit.yml", fluent_bit_bytes),
    FILE_OF("blackbox.yml", blackbox_bytes),
};

const unsigned char *shipped_dashboard(const char *file, size_t *count) {
    for (size_t index = 0; index < sizeof(files) / sizeof(files[0]); index++) {
        if (strcmp(files[index].name, file) == 0) {
            *count = files[index].count;
            return files[index].bytes;
        }
    }
    *count = 0;
    return NULL;
}
