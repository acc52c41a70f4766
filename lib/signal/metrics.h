/* Numbers for the operator: Prometheus text (exposition format 0.0.4) and the objects of `GET /stats`. No names of
 * rooms or sites in the text, so that anybody may read it. */
#pragma once
#include <jansson.h>

struct signal;
struct seat;

/* malloc'ed text, or NULL: no memory. */
char *metrics_text(const struct signal *hub);
json_t *metrics_json(const struct signal *hub);
json_t *metrics_site_json(const struct seat *seat);
