/*
 * The part of Envoy's ABI for dynamic modules that the host calls and serves, as of Envoy 1.40 (ABI v0.2.0). The names are Envoy's, less the
 * prefix `envoy_dynamic_module_`, which the macros below put in front.
 * @see https://github.com/envoyproxy/envoy/blob/v1.40.0/source/extensions/dynamic_modules/abi/abi.h
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVOY_ABI_VERSION "v0.2.0"

/* Bytes of whoever hands them over. */
typedef struct {
  const char *ptr;
  size_t length;
} Bytes;

typedef struct {
  Bytes name;
  Bytes value;
} Header;

typedef enum { REQUEST_HEADERS = 0, RESPONSE_HEADERS = 2 } HeaderMap;

/* Received: what this callback is about. Buffered: what earlier ones have told Envoy to hold. */
typedef enum { REQUEST_RECEIVED = 0, REQUEST_BUFFERED = 1, RESPONSE_RECEIVED = 2, RESPONSE_BUFFERED = 3 } Body;

typedef enum { RESPONSE_CODE_DETAILS = 16 } Attribute;

typedef enum { LOG_CRITICAL = 5 } LogLevel;

enum { CALLOUT_STARTED = 0, CALLOUT_ANSWERED = 0, RESET_LOCALLY = 0 };

#define CALLBACK(name) envoy_dynamic_module_callback_##name
#define HOOK(name) __attribute__((visibility("default"))) envoy_dynamic_module_on_##name

void CALLBACK(log)(LogLevel level, Bytes message);

size_t CALLBACK(http_get_headers_size)(void *filter, HeaderMap map);
bool CALLBACK(http_get_headers)(void *filter, HeaderMap map, Header *headers);
bool CALLBACK(http_get_header)(void *filter, HeaderMap map, Bytes name, Bytes *value, size_t index, size_t *count);
/* A value without a pointer removes the header. */
bool CALLBACK(http_set_header)(void *filter, HeaderMap map, Bytes name, Bytes value);
void CALLBACK(http_clear_route_cache)(void *filter);

size_t CALLBACK(http_get_body_chunks_size)(void *filter, Body body);
bool CALLBACK(http_get_body_chunks)(void *filter, Body body, Bytes *chunks);
bool CALLBACK(http_append_body)(void *filter, Body body, Bytes data);
bool CALLBACK(http_drain_body)(void *filter, Body body, size_t bytes);

bool CALLBACK(http_set_filter_state_bytes)(void *filter, Bytes key, Bytes value);
bool CALLBACK(http_get_filter_state_bytes)(void *filter, Bytes key, Bytes *value);
bool CALLBACK(http_filter_get_attribute_string)(void *filter, Attribute attribute, Bytes *value);

/* 0 when the attempt has no connection (yet). */
uint64_t CALLBACK(http_get_upstream_connection_id)(void *filter);

void CALLBACK(http_send_response)(void *filter, uint32_t status, Header *headers, size_t header_count, Bytes body, Bytes details);
void CALLBACK(http_filter_continue_decoding)(void *filter);
void CALLBACK(http_filter_reset_stream)(void *filter, int reason, Bytes details);

int CALLBACK(http_filter_http_callout)(void *filter, uint64_t *id, Bytes cluster, Header *headers, size_t header_count, Bytes body,
                                       uint64_t timeout_ms);
int CALLBACK(http_filter_config_http_callout)(void *config, uint64_t *id, Bytes cluster, Header *headers, size_t header_count, Bytes body,
                                              uint64_t timeout_ms);

/* From any thread, to the filter's worker; nothing happens when the filter is gone. */
void *CALLBACK(http_filter_scheduler_new)(void *filter);
void CALLBACK(http_filter_scheduler_commit)(void *scheduler, uint64_t event);
void CALLBACK(http_filter_scheduler_delete)(void *scheduler);
/* From any thread, to the main one. */
void *CALLBACK(http_filter_config_scheduler_new)(void *config);
void CALLBACK(http_filter_config_scheduler_commit)(void *scheduler, uint64_t event);
void CALLBACK(http_filter_config_scheduler_delete)(void *scheduler);
