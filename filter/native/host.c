/*
 * Hosts llm_gateway.wasm, compiled ahead of time to C by wasm2c, as a dynamic module of Envoy's: the filter's imports, which are those of the
 * proxy-wasm ABI, in terms of Envoy's ABI for dynamic modules, and that ABI's hooks in terms of the filter's exports. What a call from the
 * filter into Envoy costs under proxy-wasm (docs/performance.md) is what this saves; what the filter does and says is the same.
 *
 * A worker has one instance of the filter for all places that it plays a part in, as under proxy-wasm. No two threads are in an instance at once: a
 * worker owns its instance while it has streams, and between them the main thread may tick it (to send what has gathered to brightstaff).
 * @see https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1
 */
#define _GNU_SOURCE
#include "envoy_abi.h"
#include "llm_gateway.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef w2c_llm__gateway Module;
typedef struct w2c_env Instance;
typedef struct Stream Stream;
typedef struct Config Config;
typedef struct Root Root;
typedef struct Call Call;
typedef struct Action Action;

/* Results of the proxy-wasm ABI. */
enum { OK = 0, NOT_FOUND = 1, BAD_ARGUMENT = 2, INTERNAL_FAILURE = 10 };
/* Its numbers of bodies and header maps. */
enum { BODY_REQUEST = 0, BODY_RESPONSE = 1, BODY_CALL_RESPONSE = 4, BODY_CONFIGURATION = 7 };
enum { MAP_REQUEST = 0, MAP_RESPONSE = 2, MAP_CALL_RESPONSE = 6 };
/* What callbacks about headers and bodies tell Envoy, in both ABIs. */
enum { CONTINUE = 0, STOP_ITERATION = 1, STOP_AND_BUFFER = 1, STOP_NO_BUFFER = 3 };

/* Ids of contexts: where it is in the table, and below that how often the place was used before, so that an id is not soon seen again. */
enum { PLACE_BITS = 20, PLACES_MAX = 1 << PLACE_BITS };

/* As much of Envoy's words for how a response came about as the filter looks at. */
enum { DETAILS_BYTES_MAX = 64 };
/* Of a stream's chunks, so many go by before the filter is asked for the lines of its memory that the others will need: at most so many. */
enum { CHUNKS_BEFORE = 8, LINES_MAX = 32 };
/* Headers that the filter may set in a reply of its own. */
enum { REPLY_HEADERS_MAX = 16 };

typedef enum { ON_NOTHING, ON_REQUEST, ON_REQUEST_BODY, ON_RESPONSE_BODY } Phase;
/* Who may be in an instance. */
enum { IDLE, WORKER, MAIN };
/* Events that a worker, or the main thread, is asked for. */
enum { EVENT_TICK, EVENT_CALLS, EVENT_ANSWERS };

/* A filter's configuration in Envoy: a role in a place. */
struct Config {
  char *json;
  size_t json_length;
  bool is_gateway;
  size_t ordinal;
  atomic_size_t references;
  atomic_bool is_destroyed;
  void *scheduler;
  Call *outbox;
  Call *under_way;
  Config *next;
};

/* A configuration on one worker. */
struct Root {
  Config *config;
  uint32_t context;
  size_t streams;
};

/* What each chunk needs stands first. */
struct Stream {
  void *envoy;
  Instance *instance;
  Root *root;
  uint32_t context;
  bool looks_at_no_chunks;
  uint8_t chunks;
  uint8_t line_count;
  bool is_gateway;
  bool request_is_buffered;
  bool response_is_buffered;
  bool response_has_begun;
  bool route_is_stale;
  /* In the filter's memory. */
  uint32_t lines[LINES_MAX];
  /* What Envoy said when the stream was complete. */
  bool is_complete;
  bool is_connected;
  size_t code_details_length;
  char code_details[DETAILS_BYTES_MAX];
  uint32_t call_token;
  uint64_t call_id;
  Stream *previous;
  Stream *next;
};

/* A call to a cluster that no stream waits for: the main thread makes it, and hands the answer to the instance. */
struct Call {
  Instance *instance;
  Config *config;
  uint32_t token;
  uint32_t timeout_ms;
  uint64_t id;
  Header *headers;
  size_t header_count;
  Bytes cluster;
  Bytes body;
  char *memory;
  Bytes answer;
  Header answer_status;
  char status[4];
  Call *next;
};

/* What the filter wants done to a stream, which may end it: it is done when the filter has returned. */
struct Action {
  enum { RESUME, REPLY, RESET } kind;
  uint32_t context;
  uint32_t status;
  Header *headers;
  size_t header_count;
  /* What the filter has set in the reply's headers when it was shown them. */
  char *added[REPLY_HEADERS_MAX];
  size_t added_count;
  Bytes body;
  Bytes details;
  char *memory;
  Action *next;
};

typedef struct {
  Stream *stream;
  uint32_t uses;
  uint32_t next_free;
} Place;

/* What host calls are about. */
typedef struct {
  Stream *stream;
  Root *root;
  Phase phase;
} Subject;

struct w2c_env {
  Module module;
  Subject subject;
  Bytes configuration;
  Action *reply;
  const Header *answer_headers;
  size_t answer_header_count;
  const Bytes *answer_chunks;
  size_t answer_bytes;
  /* The body of the stream `listed` (null: of none) as Envoy holds it: first what was buffered, then what has come. */
  const Stream *listed;
  bool request_is_listed;
  Bytes *chunks;
  size_t chunks_max;
  size_t chunk_count;
  size_t buffered_bytes;
  size_t body_bytes;

  Action *actions;
  Action **last_action;
  bool is_dead;
  uint32_t last_token;
  Place *places;
  uint32_t place_count;
  uint32_t place_limit;
  uint32_t free_place;
  Root **roots;
  size_t root_limit;
  Stream *streams;
  size_t stream_count;
  atomic_int owner;

  pthread_mutex_t lock;
  /* Under the lock. What the worker was asked for and has not done yet goes along when another stream carries the clock. */
  void *scheduler;
  unsigned pending;
  Call *inbox;
  Stream *carrier;
};

static _Thread_local Instance *worker __attribute__((tls_model("initial-exec")));

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static Config *configs;
static size_t configs_made;
static Instance **instances;
static size_t instance_count;
static atomic_uint tick_ms;
static pthread_once_t clock_once = PTHREAD_ONCE_INIT;

static void *allocate(size_t bytes) {
  void *memory = calloc(1, bytes);
  if (memory == NULL) abort();
  return memory;
}

static Bytes text(const char *words) { return (Bytes){words, strlen(words)}; }

static bool is(Bytes bytes, const char *words) { return bytes.length == strlen(words) && memcmp(bytes.ptr, words, bytes.length) == 0; }

/* Copies what the filter hands over for later, one after the other. */
static Bytes keep(char **to, Bytes bytes) {
  char *const start = *to;
  memcpy(start, bytes.ptr, bytes.length);
  *to += bytes.length;
  return (Bytes){start, bytes.length};
}

/* ---- The filter's memory ---- */

/* @returns where `length` bytes of the filter's memory lie; a trap when they are not all in it */
static uint8_t *at(Instance *in, uint32_t address, uint64_t length) {
  if (UNLIKELY(address + length > in->module.w2c_memory.size)) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return in->module.w2c_memory.data + address;
}

static Bytes bytes_at(Instance *in, uint32_t address, uint32_t length) { return (Bytes){(const char *)at(in, address, length), length}; }

static void store_u32(Instance *in, uint32_t address, uint32_t value) { memcpy(at(in, address, 4), &value, 4); }

static uint32_t load_u32(const uint8_t *from) {
  uint32_t value;
  memcpy(&value, from, 4);
  return value;
}

/* @returns memory of the filter's own for `length` bytes, whose place and length it is told */
static uint8_t *hand_over(Instance *in, uint32_t address_to, uint32_t length_to, size_t length) {
  const uint32_t address = w2c_llm__gateway_malloc(&in->module, (uint32_t)length);
  store_u32(in, address_to, address);
  store_u32(in, length_to, (uint32_t)length);
  return at(in, address, length);
}

static uint32_t hand_over_bytes(Instance *in, uint32_t address_to, uint32_t length_to, Bytes bytes) {
  uint8_t *to = hand_over(in, address_to, length_to, bytes.length);
  if (bytes.length > 0) memcpy(to, bytes.ptr, bytes.length);
  return OK;
}

/* ---- Contexts ---- */

static uint32_t take_place(Instance *in, Stream *stream) {
  uint32_t place = in->free_place;
  if (place != 0) {
    in->free_place = in->places[place].next_free;
  } else {
    if (in->place_count == in->place_limit) {
      if (in->place_limit == PLACES_MAX) return 0;
      in->place_limit = in->place_limit == 0 ? 256 : in->place_limit * 2;
      in->places = realloc(in->places, in->place_limit * sizeof(Place));
      if (in->places == NULL) abort();
      if (in->place_count == 0) in->place_count = 1; /* no context is 0 */
    }
    place = in->place_count++;
    in->places[place].uses = 0;
  }
  in->places[place].stream = stream;
  return in->places[place].uses++ << PLACE_BITS | place;
}

static void leave_place(Instance *in, uint32_t context) {
  const uint32_t place = context & (PLACES_MAX - 1);
  in->places[place].stream = NULL;
  in->places[place].next_free = in->free_place;
  in->free_place = place;
}

/* @returns null when that stream is no more, or is none */
static Stream *stream_of(Instance *in, uint32_t context) {
  const uint32_t place = context & (PLACES_MAX - 1);
  if (place == 0 || place >= in->place_count) return NULL;
  Stream *stream = in->places[place].stream;
  return stream != NULL && stream->context == context ? stream : NULL;
}

/* ---- Calls into the filter ---- */

typedef uint32_t (*Export)(Module *module, uint32_t a, uint32_t b, uint32_t c);

static uint32_t initialize(Module *m, uint32_t a, uint32_t b, uint32_t c) {
  (void)a, (void)b, (void)c;
  w2c_llm__gateway_0x5Finitialize(m);
  return w2c_llm__gateway_proxy_on_vm_start(m, 0, 0);
}

static uint32_t context_create(Module *m, uint32_t context, uint32_t root, uint32_t c) {
  (void)c;
  w2c_llm__gateway_proxy_on_context_create(m, context, root);
  return 0;
}

static uint32_t configure(Module *m, uint32_t root, uint32_t size, uint32_t c) {
  (void)c;
  w2c_llm__gateway_proxy_on_context_create(m, root, 0);
  return w2c_llm__gateway_proxy_on_configure(m, root, size);
}

static uint32_t request_trailers(Module *m, uint32_t context, uint32_t b, uint32_t c) {
  (void)b, (void)c;
  return w2c_llm__gateway_proxy_on_request_trailers(m, context, 0);
}

static uint32_t response_trailers(Module *m, uint32_t context, uint32_t b, uint32_t c) {
  (void)b, (void)c;
  return w2c_llm__gateway_proxy_on_response_trailers(m, context, 0);
}

static uint32_t call_response(Module *m, uint32_t root, uint32_t token, uint32_t size) {
  w2c_llm__gateway_proxy_on_http_call_response(m, root, token, 0, size, 0);
  return 0;
}

static uint32_t chunk_memory(Module *m, uint32_t context, uint32_t b, uint32_t c) {
  (void)b, (void)c;
  return w2c_llm__gateway_chunk_memory(m, context);
}

static uint32_t tick(Module *m, uint32_t root, uint32_t b, uint32_t c) {
  (void)b, (void)c;
  w2c_llm__gateway_proxy_on_tick(m, root);
  return 0;
}

static uint32_t delete(Module *m, uint32_t context, uint32_t b, uint32_t c) {
  (void)b, (void)c;
  w2c_llm__gateway_proxy_on_delete(m, context);
  return 0;
}

static void fail(Instance *in, int trap);

/* Calls one of the filter's exports, on behalf of a stream or (null) of its root. After a trap the instance is dead and `on_trap` the answer. */
static uint32_t enter(Instance *in, Stream *stream, Root *root, Phase phase, Export callee, uint32_t a, uint32_t b, uint32_t c,
                      uint32_t on_trap) {
  jmp_buf here;
  const wasm_rt_frame_t outer = wasm_rt_frame;
  const Subject before = in->subject;
  in->subject = (Subject){stream, root, phase};
  wasm_rt_frame = (wasm_rt_frame_t){&here, &in->module.w2c_memory};
  const int trap = _setjmp(here);
  const uint32_t result = LIKELY(trap == 0) ? callee(&in->module, a, b, c) : on_trap;
  wasm_rt_frame = outer;
  in->subject = before;
  in->listed = NULL;
  if (UNLIKELY(trap != 0)) fail(in, trap);
  return result;
}

/* ---- Instances ---- */

static Instance *make_instance(void) {
  Instance *in = allocate(sizeof(Instance));
  in->last_action = &in->actions;
  pthread_mutex_init(&in->lock, NULL);
  wasm2c_llm__gateway_instantiate(&in->module, in);
  enter(in, NULL, NULL, ON_NOTHING, initialize, 0, 0, 0, 0);
  return in;
}

static Instance *make_worker_instance(void) {
  wasm_rt_init_thread();
  Instance *in = make_instance();
  pthread_mutex_lock(&registry);
  instances = realloc(instances, (instance_count + 1) * sizeof(*instances));
  if (instances == NULL) abort();
  instances[instance_count++] = in;
  pthread_mutex_unlock(&registry);
  return in;
}

static void release(Config *config) {
  if (atomic_fetch_sub(&config->references, 1) > 1) return;
  free(config->json);
  free(config);
}

/* What a dead instance holds. The rest of it stays, as answers may still be on their way to it. */
static void free_module(Instance *in) {
  wasm2c_llm__gateway_free(&in->module);
  for (size_t i = 0; i < in->root_limit; i++) {
    if (in->roots[i] == NULL) continue;
    release(in->roots[i]->config);
    free(in->roots[i]);
  }
  free(in->roots);
  free(in->places);
  free(in->chunks);
  in->roots = NULL;
  in->places = NULL;
  in->chunks = NULL;
  in->root_limit = in->place_count = in->place_limit = 0;
  in->chunks_max = 0;
}

/* @returns whether the filter takes the configuration */
static bool configure_root(Instance *in, Root *root) {
  root->context = take_place(in, NULL);
  if (root->context == 0) return false;
  in->configuration = (Bytes){root->config->json, root->config->json_length};
  return enter(in, NULL, root, ON_NOTHING, configure, root->context, (uint32_t)root->config->json_length, 0, 0) != 0;
}

/* @returns the configuration on this worker, made when it is met first; null when the filter does not take it */
static Root *root_of(Instance *in, Config *config) {
  const size_t ordinal = config->ordinal;
  if (UNLIKELY(ordinal >= in->root_limit)) {
    const size_t limit = ordinal + 16;
    in->roots = realloc(in->roots, limit * sizeof(*in->roots));
    if (in->roots == NULL) abort();
    memset(in->roots + in->root_limit, 0, (limit - in->root_limit) * sizeof(*in->roots));
    in->root_limit = limit;
  }
  if (LIKELY(in->roots[ordinal] != NULL)) return in->roots[ordinal];
  Root *root = allocate(sizeof(Root));
  root->config = config;
  if (!configure_root(in, root)) {
    free(root);
    return NULL;
  }
  atomic_fetch_add(&config->references, 1);
  return in->roots[ordinal] = root;
}

/* Configurations that Envoy has dropped, and that no stream has any more. */
static void drop_roots(Instance *in) {
  for (size_t i = 0; i < in->root_limit; i++) {
    Root *root = in->roots[i];
    if (root == NULL || root->streams > 0 || !atomic_load(&root->config->is_destroyed)) continue;
    in->roots[i] = NULL;
    if (!in->is_dead) {
      enter(in, NULL, root, ON_NOTHING, delete, root->context, 0, 0, 0);
      leave_place(in, root->context);
    }
    release(root->config);
    free(root);
  }
}

/* ---- Streams that carry the clock ---- */

/* Asks the worker for an event; under the lock. @returns whether it has a stream to ask by */
static bool ask_worker(Instance *in, unsigned event) {
  if (in->scheduler == NULL) return false;
  in->pending |= 1u << event;
  CALLBACK(http_filter_scheduler_commit)(in->scheduler, event);
  return true;
}

/* A worker's events come by way of one of its streams, and are lost with it. */
static void carry_clock(Instance *in, Stream *stream) {
  void *scheduler = stream == NULL ? NULL : CALLBACK(http_filter_scheduler_new)(stream->envoy);
  pthread_mutex_lock(&in->lock);
  void *const before = in->scheduler;
  in->scheduler = scheduler;
  in->carrier = stream;
  for (unsigned event = EVENT_TICK; event <= EVENT_ANSWERS; event++) {
    if (in->pending & 1u << event) ask_worker(in, event);
  }
  pthread_mutex_unlock(&in->lock);
  if (before != NULL) CALLBACK(http_filter_scheduler_delete)(before);
}

static void *keep_clock(void *unused) {
  (void)unused;
  for (;;) {
    const unsigned period_ms = atomic_load(&tick_ms);
    const struct timespec period = {period_ms / 1000, period_ms % 1000 * 1000000};
    nanosleep(&period, NULL);
    bool some_idle = false;
    pthread_mutex_lock(&registry);
    for (size_t i = 0; i < instance_count; i++) {
      pthread_mutex_lock(&instances[i]->lock);
      if (!ask_worker(instances[i], EVENT_TICK)) some_idle = true;
      pthread_mutex_unlock(&instances[i]->lock);
    }
    if (some_idle && configs != NULL) CALLBACK(http_filter_config_scheduler_commit)(configs->scheduler, EVENT_TICK);
    pthread_mutex_unlock(&registry);
  }
  return NULL;
}

static void start_clock(void) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread, NULL, keep_clock, NULL) != 0) abort();
  pthread_setname_np(thread, "llm_clock");
  pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- What is done when the filter has returned ---- */

static void free_action(Action *action) {
  for (size_t i = 0; i < action->added_count; i++) free(action->added[i]);
  free(action->headers);
  free(action->memory);
  free(action);
}

static void act(Instance *in, Action *action) {
  *in->last_action = action;
  in->last_action = &action->next;
}

/*
 * Envoy keeps a reply from the filter that made it, where proxy-wasm shows it: in the listener's place the filter notes and describes all
 * answers.
 */
static void show_reply(Instance *in, Stream *stream, Action *reply) {
  if (!stream->is_gateway || stream->response_has_begun) return;
  stream->response_has_begun = true;
  in->reply = reply;
  enter(in, stream, stream->root, ON_NOTHING, w2c_llm__gateway_proxy_on_response_headers, stream->context, 0, reply->body.length == 0,
        STOP_ITERATION);
  in->reply = NULL;
}

static void settle(Instance *in) {
  while (UNLIKELY(in->actions != NULL)) {
    Action *action = in->actions;
    in->actions = action->next;
    if (in->actions == NULL) in->last_action = &in->actions;
    Stream *stream = stream_of(in, action->context);
    if (stream != NULL && action->kind == REPLY) show_reply(in, stream, action);
    if (stream != NULL) {
      void *envoy = stream->envoy;
      switch (action->kind) {
        case RESUME: CALLBACK(http_filter_continue_decoding)(envoy); break;
        case RESET: CALLBACK(http_filter_reset_stream)(envoy, RESET_LOCALLY, action->details); break;
        case REPLY:
          CALLBACK(http_send_response)(envoy, action->status, action->headers, action->header_count, action->body, action->details);
          break;
      }
    }
    free_action(action);
  }
}

/* A stream whose filter has failed ends: with an answer, when the client has had none. */
static void condemn(Stream *stream) {
  static const char JSON[] =
      "{\"error\":{\"message\":\"The gateway failed at another request; try again.\",\"type\":\"server_error\",\"param\":null,\"code\":null}}";
  static Header type = {{"content-type", 12}, {"application/json", 16}};
  if (stream->response_has_begun) CALLBACK(http_filter_reset_stream)(stream->envoy, RESET_LOCALLY, text("llm_gateway_failed"));
  else CALLBACK(http_send_response)(stream->envoy, 503, &type, 1, text(JSON), text("llm_gateway_failed"));
}

/* A trap: as under proxy-wasm it costs the worker's streams, and the next request gets a fresh instance. */
static void fail(Instance *in, int trap) {
  char line[128];
  const char *const what = wasm_rt_strerror((wasm_rt_trap_t)trap);
  snprintf(line, sizeof(line), "llm_gateway: trap in the filter: %s; the worker's streams end with it", what);
  CALLBACK(log)(LOG_CRITICAL, text(line));
  in->is_dead = true;
  while (in->actions != NULL) {
    Action *action = in->actions;
    in->actions = action->next;
    free_action(action);
  }
  in->last_action = &in->actions;
}

/* After a trap: ends all streams of the instance. */
static void condemn_all(Instance *in) {
  uint32_t *contexts = allocate((in->stream_count + 1) * sizeof(uint32_t));
  size_t count = 0;
  for (Stream *stream = in->streams; stream != NULL; stream = stream->next) contexts[count++] = stream->context;
  for (size_t i = 0; i < count; i++) {
    Stream *stream = stream_of(in, contexts[i]);
    if (stream != NULL) condemn(stream);
  }
  free(contexts);
}

/* ---- Bodies ---- */

static void list_chunks(Instance *in, const Stream *stream, Body body) {
  const size_t count = CALLBACK(http_get_body_chunks_size)(stream->envoy, body);
  if (count == 0) return;
  if (UNLIKELY(in->chunk_count + count > in->chunks_max)) {
    in->chunks_max = (in->chunk_count + count) * 2;
    in->chunks = realloc(in->chunks, in->chunks_max * sizeof(Bytes));
    if (in->chunks == NULL) abort();
  }
  if (!CALLBACK(http_get_body_chunks)(stream->envoy, body, in->chunks + in->chunk_count)) return;
  for (size_t i = 0; i < count; i++) in->body_bytes += in->chunks[in->chunk_count + i].length;
  in->chunk_count += count;
}

/* Whether a callback is about a piece of this body; else there is only what Envoy holds of it. */
static bool is_received(Phase phase, bool is_request) { return phase == (is_request ? ON_REQUEST_BODY : ON_RESPONSE_BODY); }

static void list_body(Instance *in, const Stream *stream, Phase phase, bool is_request) {
  const bool is_piece = is_received(phase, is_request);
  const bool is_held = !is_piece || (is_request ? stream->request_is_buffered : stream->response_is_buffered);
  in->chunk_count = in->body_bytes = 0;
  if (is_held) list_chunks(in, stream, is_request ? REQUEST_BUFFERED : RESPONSE_BUFFERED);
  in->buffered_bytes = in->body_bytes;
  if (is_piece) list_chunks(in, stream, is_request ? REQUEST_RECEIVED : RESPONSE_RECEIVED);
  in->listed = stream;
  in->request_is_listed = is_request;
}

/* Finds where the body lies that the filter means; false when there is none. */
static bool find_body(Instance *in, uint32_t type) {
  const bool is_request = type == BODY_REQUEST;
  const Stream *stream = in->subject.stream;
  if (stream == NULL || (!is_request && type != BODY_RESPONSE)) return false;
  if (in->listed != stream || in->request_is_listed != is_request) list_body(in, stream, in->subject.phase, is_request);
  return true;
}

u32 w2c_env_proxy_get_buffer_bytes(Instance *in, u32 type, u32 start, u32 length, u32 address_to, u32 length_to) {
  if (type == BODY_CONFIGURATION) return hand_over_bytes(in, address_to, length_to, in->configuration);
  const Bytes *chunks = in->answer_chunks;
  size_t bytes = in->answer_bytes;
  if (type != BODY_CALL_RESPONSE) {
    if (!find_body(in, type)) return NOT_FOUND;
    chunks = in->chunks;
    bytes = in->body_bytes;
  }
  if (start > bytes) return BAD_ARGUMENT;
  if (length > bytes - start) length = (u32)(bytes - start);
  uint8_t *to = hand_over(in, address_to, length_to, length);
  for (size_t i = 0; length > 0; i++) {
    if (start >= chunks[i].length) {
      start -= (u32)chunks[i].length;
      continue;
    }
    const size_t here = chunks[i].length - start;
    const size_t taken = here < length ? here : length;
    memcpy(to, chunks[i].ptr + start, taken);
    to += taken;
    length -= (u32)taken;
    start = 0;
  }
  return OK;
}

/* Behind what there is: the new head, then what it leaves of the old body, which Envoy copies; then the old body goes. */
u32 w2c_env_proxy_set_buffer_bytes(Instance *in, u32 type, u32 start, u32 length, u32 data, u32 size) {
  if (!find_body(in, type)) return NOT_FOUND;
  void *const envoy = in->subject.stream->envoy;
  const bool is_request = type == BODY_REQUEST;
  const bool is_piece = is_received(in->subject.phase, is_request);
  const Body buffered = is_request ? REQUEST_BUFFERED : RESPONSE_BUFFERED;
  const Body received = is_request ? REQUEST_RECEIVED : RESPONSE_RECEIVED;
  const Body to = is_piece ? received : buffered;
  const Bytes head = bytes_at(in, data, size);
  in->listed = NULL;
  if (start >= in->body_bytes && (start > 0 || length == 0)) return CALLBACK(http_append_body)(envoy, to, head) ? OK : INTERNAL_FAILURE;
  if (start > 0) return BAD_ARGUMENT;
  const size_t received_bytes = in->body_bytes - in->buffered_bytes;
  const size_t to_bytes = is_piece ? received_bytes : in->buffered_bytes;
  size_t skipped = length < in->body_bytes ? length : in->body_bytes;
  if (size > 0) CALLBACK(http_append_body)(envoy, to, head);
  for (size_t i = 0; i < in->chunk_count; i++) {
    const Bytes chunk = in->chunks[i];
    if (skipped >= chunk.length) {
      skipped -= chunk.length;
      continue;
    }
    CALLBACK(http_append_body)(envoy, to, (Bytes){chunk.ptr + skipped, chunk.length - skipped});
    skipped = 0;
  }
  if (is_piece && in->buffered_bytes > 0) CALLBACK(http_drain_body)(envoy, buffered, in->buffered_bytes);
  if (to_bytes > 0) CALLBACK(http_drain_body)(envoy, to, to_bytes);
  return OK;
}

/* ---- Headers ---- */

static bool map_of(uint32_t type, HeaderMap *map) {
  *map = type == MAP_REQUEST ? REQUEST_HEADERS : RESPONSE_HEADERS;
  return type == MAP_REQUEST || type == MAP_RESPONSE;
}

static bool same_name(Bytes a, Bytes b) { return a.length == b.length && memcmp(a.ptr, b.ptr, a.length) == 0; }

/* @returns the reply's header of that name, null when it has none */
static Header *find_reply_header(Action *reply, Bytes name) {
  for (size_t i = 0; i < reply->header_count; i++) {
    if (same_name(reply->headers[i].name, name)) return &reply->headers[i];
  }
  return NULL;
}

static u32 set_reply_header(Action *reply, Bytes name, Bytes value) {
  if (value.ptr == NULL || reply->added_count == REPLY_HEADERS_MAX) return BAD_ARGUMENT;
  Header *header = find_reply_header(reply, name);
  if (header == NULL) {
    reply->headers = realloc(reply->headers, (reply->header_count + 1) * sizeof(Header));
    if (reply->headers == NULL) abort();
    header = &reply->headers[reply->header_count++];
  }
  char *to = reply->added[reply->added_count++] = allocate(name.length + value.length + 1);
  header->name = keep(&to, name);
  header->value = keep(&to, value);
  return OK;
}

u32 w2c_env_proxy_get_header_map_value(Instance *in, u32 type, u32 name_at, u32 name_length, u32 address_to, u32 length_to) {
  const Bytes name = bytes_at(in, name_at, name_length);
  if (type == MAP_CALL_RESPONSE) {
    for (size_t i = 0; i < in->answer_header_count; i++) {
      if (same_name(in->answer_headers[i].name, name)) return hand_over_bytes(in, address_to, length_to, in->answer_headers[i].value);
    }
    return NOT_FOUND;
  }
  if (type == MAP_RESPONSE && in->reply != NULL) {
    char status[12];
    snprintf(status, sizeof(status), "%u", in->reply->status);
    if (is(name, ":status")) return hand_over_bytes(in, address_to, length_to, text(status));
    const Header *header = find_reply_header(in->reply, name);
    return header == NULL ? NOT_FOUND : hand_over_bytes(in, address_to, length_to, header->value);
  }
  HeaderMap map;
  Bytes value;
  if (in->subject.stream == NULL || !map_of(type, &map)) return BAD_ARGUMENT;
  if (!CALLBACK(http_get_header)(in->subject.stream->envoy, map, name, &value, 0, NULL) || value.ptr == NULL) return NOT_FOUND;
  return hand_over_bytes(in, address_to, length_to, value);
}

static u32 set_header(Instance *in, u32 type, Bytes name, Bytes value) {
  HeaderMap map;
  if (type == MAP_RESPONSE && in->reply != NULL) return set_reply_header(in->reply, name, value);
  if (in->subject.stream == NULL || !map_of(type, &map)) return BAD_ARGUMENT;
  CALLBACK(http_set_header)(in->subject.stream->envoy, map, name, value);
  if (map == REQUEST_HEADERS) in->subject.stream->route_is_stale = in->subject.stream->is_gateway;
  return OK;
}

u32 w2c_env_proxy_replace_header_map_value(Instance *in, u32 type, u32 name_at, u32 name_length, u32 value_at, u32 value_length) {
  return set_header(in, type, bytes_at(in, name_at, name_length), bytes_at(in, value_at, value_length));
}

u32 w2c_env_proxy_remove_header_map_value(Instance *in, u32 type, u32 name_at, u32 name_length) {
  return set_header(in, type, bytes_at(in, name_at, name_length), (Bytes){NULL, 0});
}

/* A count, two lengths for each pair, then every name and value with a zero byte behind each. */
u32 w2c_env_proxy_get_header_map_pairs(Instance *in, u32 type, u32 address_to, u32 length_to) {
  enum { HEADERS_ON_STACK = 64 };
  HeaderMap map;
  Header few[HEADERS_ON_STACK];
  if (in->subject.stream == NULL || !map_of(type, &map)) return BAD_ARGUMENT;
  const size_t count = CALLBACK(http_get_headers_size)(in->subject.stream->envoy, map);
  Header *headers = count <= HEADERS_ON_STACK ? few : allocate(count * sizeof(Header));
  if (count > 0) CALLBACK(http_get_headers)(in->subject.stream->envoy, map, headers);
  size_t bytes = 4 + count * 8;
  for (size_t i = 0; i < count; i++) bytes += headers[i].name.length + headers[i].value.length + 2;
  uint8_t *lengths = hand_over(in, address_to, length_to, bytes);
  uint8_t *to = lengths + 4 + count * 8;
  const uint32_t pairs = (uint32_t)count;
  memcpy(lengths, &pairs, 4);
  lengths += 4;
  for (size_t i = 0; i < count; i++) {
    const Bytes name = headers[i].name, value = headers[i].value;
    const uint32_t both[2] = {(uint32_t)name.length, (uint32_t)value.length};
    memcpy(lengths, both, 8);
    lengths += 8;
    memcpy(to, name.ptr, name.length);
    to += name.length;
    *to++ = 0;
    if (value.length > 0) memcpy(to, value.ptr, value.length);
    to += value.length;
    *to++ = 0;
  }
  if (headers != few) free(headers);
  return OK;
}

/* Reads headers in that form, which must stay where they are. @returns how many */
static size_t read_pairs(Bytes pairs, Header **headers) {
  *headers = NULL;
  if (pairs.length < 4) return 0;
  const uint8_t *lengths = (const uint8_t *)pairs.ptr;
  const uint8_t *const end = lengths + pairs.length;
  const size_t count = load_u32(lengths);
  lengths += 4;
  if (count == 0 || count > (size_t)(end - lengths) / 8) return 0;
  const uint8_t *from = lengths + count * 8;
  Header *all = allocate(count * sizeof(Header));
  for (size_t i = 0; i < count; i++) {
    const size_t name_length = load_u32(lengths + i * 8), value_length = load_u32(lengths + i * 8 + 4);
    if (name_length + value_length + 2 > (size_t)(end - from)) {
      free(all);
      return 0;
    }
    all[i].name = (Bytes){(const char *)from, name_length};
    all[i].value = (Bytes){(const char *)from + name_length + 1, value_length};
    from += name_length + value_length + 2;
  }
  *headers = all;
  return count;
}

/* ---- Properties ---- */

enum { KEY_BYTES_MAX = 128 };

/* The filter state that the property is: `wasm.` and its name. @returns false when the name is too long */
static bool state_key(Bytes name, char *key, Bytes *result) {
  static const char PREFIX[] = {'w', 'a', 's', 'm', '.'};
  if (name.length + sizeof(PREFIX) > KEY_BYTES_MAX) return false;
  memcpy(key, PREFIX, sizeof(PREFIX));
  memcpy(key + sizeof(PREFIX), name.ptr, name.length);
  *result = (Bytes){key, name.length + sizeof(PREFIX)};
  return true;
}

u32 w2c_env_proxy_set_property(Instance *in, u32 name_at, u32 name_length, u32 value_at, u32 value_length) {
  char buffer[KEY_BYTES_MAX];
  Bytes key;
  if (in->subject.stream == NULL || !state_key(bytes_at(in, name_at, name_length), buffer, &key)) return BAD_ARGUMENT;
  return CALLBACK(http_set_filter_state_bytes)(in->subject.stream->envoy, key, bytes_at(in, value_at, value_length)) ? OK : INTERNAL_FAILURE;
}

static bool property(const Stream *stream, Bytes name, Bytes *value) {
  /* Parts of a path have a zero byte between them. */
  static const char CODE_DETAILS[] = "response\0code_details", LOCAL_ADDRESS[] = "upstream\0local_address";
  if (same_name(name, (Bytes){CODE_DETAILS, sizeof(CODE_DETAILS) - 1})) {
    *value = (Bytes){stream->code_details, stream->code_details_length};
    return stream->is_complete || CALLBACK(http_filter_get_attribute_string)(stream->envoy, RESPONSE_CODE_DETAILS, value);
  }
  if (same_name(name, (Bytes){LOCAL_ADDRESS, sizeof(LOCAL_ADDRESS) - 1})) {
    /* Envoy does not tell modules the address; that there is a connection is all that the filter wants to know. */
    *value = text("connected");
    return stream->is_complete ? stream->is_connected : CALLBACK(http_get_upstream_connection_id)(stream->envoy) != 0;
  }
  char buffer[KEY_BYTES_MAX];
  Bytes key;
  return state_key(name, buffer, &key) && CALLBACK(http_get_filter_state_bytes)(stream->envoy, key, value);
}

u32 w2c_env_proxy_get_property(Instance *in, u32 name_at, u32 name_length, u32 address_to, u32 length_to) {
  Bytes value;
  if (in->subject.stream == NULL || !property(in->subject.stream, bytes_at(in, name_at, name_length), &value)) return NOT_FOUND;
  return hand_over_bytes(in, address_to, length_to, value);
}

/* ---- Streams ---- */

static Action *new_action(Instance *in, int kind) {
  Action *action = allocate(sizeof(Action));
  action->kind = kind;
  action->context = in->subject.stream->context;
  return action;
}

u32 w2c_env_proxy_continue_stream(Instance *in, u32 type) {
  if (in->subject.stream == NULL || type != 0) return BAD_ARGUMENT;
  act(in, new_action(in, RESUME));
  return OK;
}

u32 w2c_env_proxy_close_stream(Instance *in, u32 type) {
  (void)type;
  if (in->subject.stream == NULL) return BAD_ARGUMENT;
  Action *action = new_action(in, RESET);
  action->details = text("llm_gateway_reset");
  act(in, action);
  return OK;
}

u32 w2c_env_proxy_send_local_response(Instance *in, u32 status, u32 details_at, u32 details_length, u32 body_at, u32 body_length,
                                      u32 pairs_at, u32 pairs_length, u32 grpc_status) {
  (void)grpc_status;
  if (in->subject.stream == NULL) return BAD_ARGUMENT;
  Action *action = new_action(in, REPLY);
  char *to = action->memory = allocate((size_t)details_length + body_length + pairs_length + 1);
  action->status = status;
  action->details = keep(&to, bytes_at(in, details_at, details_length));
  action->body = keep(&to, bytes_at(in, body_at, body_length));
  action->header_count = read_pairs(keep(&to, bytes_at(in, pairs_at, pairs_length)), &action->headers);
  act(in, action);
  return OK;
}

u32 w2c_env_proxy_set_effective_context(Instance *in, u32 context) {
  in->subject.stream = stream_of(in, context);
  return in->subject.stream == NULL ? BAD_ARGUMENT : OK;
}

/* ---- Calls to clusters ---- */

static u32 call_for_stream(Instance *in, Bytes cluster, Bytes pairs, Bytes body, u32 timeout_ms, u32 token_to) {
  Stream *stream = in->subject.stream;
  Header *headers;
  if (stream->call_token != 0) return INTERNAL_FAILURE;
  const size_t count = read_pairs(pairs, &headers);
  const int result = CALLBACK(http_filter_http_callout)(stream->envoy, &stream->call_id, cluster, headers, count, body, timeout_ms);
  free(headers);
  if (result != CALLOUT_STARTED) return INTERNAL_FAILURE;
  stream->call_token = ++in->last_token;
  store_u32(in, token_to, stream->call_token);
  return OK;
}

static void free_call(Call *call) {
  release(call->config);
  free((char *)call->answer.ptr);
  free(call->headers);
  free(call->memory);
  free(call);
}

/* Hands a call's end to its instance, which takes it as soon as its worker can; one without streams takes it with its next tick. */
static void deliver(Call *call) {
  Instance *in = call->instance;
  pthread_mutex_lock(&in->lock);
  call->next = in->inbox;
  in->inbox = call;
  ask_worker(in, EVENT_ANSWERS);
  pthread_mutex_unlock(&in->lock);
}

static u32 call_for_root(Instance *in, Bytes cluster, Bytes pairs, Bytes body, u32 timeout_ms, u32 token_to) {
  Config *config = in->subject.root->config;
  Call *call = allocate(sizeof(Call));
  char *to = call->memory = allocate(cluster.length + pairs.length + body.length + 1);
  call->instance = in;
  call->config = config;
  call->timeout_ms = timeout_ms;
  call->cluster = keep(&to, cluster);
  call->body = keep(&to, body);
  call->header_count = read_pairs(keep(&to, pairs), &call->headers);
  call->token = ++in->last_token;
  store_u32(in, token_to, call->token);
  atomic_fetch_add(&config->references, 1);
  pthread_mutex_lock(&registry);
  const bool is_gone = atomic_load(&config->is_destroyed);
  if (!is_gone) {
    call->next = config->outbox;
    config->outbox = call;
    CALLBACK(http_filter_config_scheduler_commit)(config->scheduler, EVENT_CALLS);
  }
  pthread_mutex_unlock(&registry);
  if (is_gone) deliver(call);
  return OK;
}

u32 w2c_env_proxy_http_call(Instance *in, u32 cluster_at, u32 cluster_length, u32 pairs_at, u32 pairs_length, u32 body_at, u32 body_length,
                            u32 trailers_at, u32 trailers_length, u32 timeout_ms, u32 token_to) {
  (void)trailers_at, (void)trailers_length;
  const Bytes cluster = bytes_at(in, cluster_at, cluster_length);
  const Bytes pairs = bytes_at(in, pairs_at, pairs_length);
  const Bytes body = bytes_at(in, body_at, body_length);
  const bool is_for_stream = in->subject.stream != NULL && (in->subject.phase == ON_REQUEST || in->subject.phase == ON_REQUEST_BODY);
  return is_for_stream ? call_for_stream(in, cluster, pairs, body, timeout_ms, token_to)
                       : call_for_root(in, cluster, pairs, body, timeout_ms, token_to);
}

static void tell_answer(Instance *in, Root *root, uint32_t token, const Header *headers, size_t header_count, const Bytes *chunks,
                        size_t chunk_count) {
  size_t bytes = 0;
  for (size_t i = 0; i < chunk_count; i++) bytes += chunks[i].length;
  in->answer_headers = headers;
  in->answer_header_count = header_count;
  in->answer_chunks = chunks;
  in->answer_bytes = bytes;
  enter(in, NULL, root, ON_NOTHING, call_response, root->context, token, (uint32_t)bytes, 0);
  in->answer_header_count = in->answer_bytes = 0;
}

/* ---- Time and words ---- */

u32 w2c_env_proxy_get_current_time_nanoseconds(Instance *in, u32 to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
  memcpy(at(in, to, 8), &now_ns, 8);
  return OK;
}

u32 w2c_env_proxy_set_tick_period_milliseconds(Instance *in, u32 period_ms) {
  (void)in;
  if (period_ms == 0) return BAD_ARGUMENT;
  atomic_store(&tick_ms, period_ms);
  pthread_once(&clock_once, start_clock);
  return OK;
}

u32 w2c_env_proxy_log(Instance *in, u32 level, u32 words_at, u32 length) {
  CALLBACK(log)((LogLevel)level, bytes_at(in, words_at, length));
  return OK;
}

/* ---- Envoy's hooks ---- */

/* Tells the filter what has become of its calls. */
static void take_answers(Instance *in) {
  pthread_mutex_lock(&in->lock);
  Call *call = in->inbox;
  in->inbox = NULL;
  pthread_mutex_unlock(&in->lock);
  while (call != NULL) {
    Call *const next = call->next;
    Root *root = call->config->ordinal < in->root_limit ? in->roots[call->config->ordinal] : NULL;
    if (root != NULL && !in->is_dead)
      tell_answer(in, root, call->token, &call->answer_status, call->answer_status.value.length > 0, &call->answer, 1);
    free_call(call);
    call = next;
  }
}

/* Runs the clock of an instance: each gateway configuration's tick. */
static void run_tick(Instance *in) {
  take_answers(in);
  drop_roots(in);
  for (size_t i = 0; i < in->root_limit && !in->is_dead; i++) {
    Root *root = in->roots[i];
    if (root != NULL && root->config->is_gateway) enter(in, NULL, root, ON_NOTHING, tick, root->context, 0, 0, 0);
  }
  settle(in);
  if (in->is_dead) condemn_all(in);
}

const char *HOOK(program_init)(void) { return wasm_rt_init() ? ENVOY_ABI_VERSION : NULL; }

Config *HOOK(http_filter_config_new)(void *envoy, Bytes name, Bytes json) {
  Config *config = allocate(sizeof(Config));
  config->json = allocate(json.length + 1);
  memcpy(config->json, json.ptr, json.length);
  config->json_length = json.length;
  config->is_gateway = is(name, "gateway");
  atomic_store(&config->references, 1);
  if (config->is_gateway) {
    /* Workers meet it with their first stream, too late to refuse it. */
    Instance *trial = make_instance();
    Root root = {config, 0, 0};
    const bool is_right = !trial->is_dead && configure_root(trial, &root);
    free_module(trial);
    free(trial);
    if (!is_right) {
      release(config);
      return NULL;
    }
  }
  pthread_mutex_lock(&registry);
  config->ordinal = configs_made++;
  config->scheduler = CALLBACK(http_filter_config_scheduler_new)(envoy);
  config->next = configs;
  configs = config;
  pthread_mutex_unlock(&registry);
  return config;
}

void HOOK(http_filter_config_destroy)(Config *config) {
  pthread_mutex_lock(&registry);
  atomic_store(&config->is_destroyed, true);
  Config **link = &configs;
  while (*link != config) link = &(*link)->next;
  *link = config->next;
  CALLBACK(http_filter_config_scheduler_delete)(config->scheduler);
  Call *lost[2] = {config->outbox, config->under_way};
  config->outbox = config->under_way = NULL;
  pthread_mutex_unlock(&registry);
  for (int i = 0; i < 2; i++) {
    while (lost[i] != NULL) {
      Call *const call = lost[i];
      lost[i] = call->next;
      deliver(call);
    }
  }
  release(config);
}

/* On the main thread. */
void HOOK(http_filter_config_scheduled)(void *envoy, Config *config, uint64_t event) {
  if (event == EVENT_CALLS) {
    pthread_mutex_lock(&registry);
    Call *call = config->outbox;
    config->outbox = NULL;
    pthread_mutex_unlock(&registry);
    while (call != NULL) {
      Call *const next = call->next;
      const int result = CALLBACK(http_filter_config_http_callout)(envoy, &call->id, call->cluster, call->headers, call->header_count,
                                                                   call->body, call->timeout_ms);
      if (result == CALLOUT_STARTED) {
        pthread_mutex_lock(&registry);
        call->next = config->under_way;
        config->under_way = call;
        pthread_mutex_unlock(&registry);
      } else {
        deliver(call);
      }
      call = next;
    }
    return;
  }
  for (size_t i = 0;; i++) {
    pthread_mutex_lock(&registry);
    Instance *in = i < instance_count ? instances[i] : NULL;
    pthread_mutex_unlock(&registry);
    if (in == NULL) return;
    int expected = IDLE;
    if (!atomic_compare_exchange_strong(&in->owner, &expected, MAIN)) continue;
    run_tick(in);
    atomic_store(&in->owner, IDLE);
  }
}

void HOOK(http_filter_config_http_callout_done)(void *envoy, Config *config, uint64_t id, int result, Header *headers,
                                                size_t header_count, Bytes *chunks, size_t chunk_count) {
  (void)envoy;
  pthread_mutex_lock(&registry);
  Call **link = &config->under_way;
  while (*link != NULL && (*link)->id != id) link = &(*link)->next;
  Call *call = *link;
  if (call != NULL) *link = call->next;
  pthread_mutex_unlock(&registry);
  if (call == NULL) return;
  size_t bytes = 0;
  if (result == CALLOUT_ANSWERED) {
    for (size_t i = 0; i < header_count; i++) {
      if (!is(headers[i].name, ":status") || headers[i].value.length >= sizeof(call->status)) continue;
      memcpy(call->status, headers[i].value.ptr, headers[i].value.length);
      call->answer_status = (Header){text(":status"), {call->status, headers[i].value.length}};
    }
    for (size_t i = 0; i < chunk_count; i++) bytes += chunks[i].length;
    char *answer = allocate(bytes + 1);
    call->answer = (Bytes){answer, bytes};
    for (size_t i = 0; i < chunk_count; i++) keep(&answer, chunks[i]);
  }
  deliver(call);
}

/* The worker's instance, with nobody else in it; a new one after a trap. */
static Instance *take_instance(void) {
  for (;;) {
    Instance *in = worker;
    if (UNLIKELY(in == NULL || in->is_dead)) in = worker = make_worker_instance();
    if (in->stream_count > 0) return in;
    for (int expected = IDLE; !atomic_compare_exchange_strong(&in->owner, &expected, WORKER); expected = IDLE) sched_yield();
    if (!in->is_dead) return in; /* else the main thread's tick has just failed */
    atomic_store(&in->owner, IDLE);
  }
}

Stream *HOOK(http_filter_new)(Config *config, void *envoy) {
  Instance *in = take_instance();
  Root *root = root_of(in, config);
  Stream *stream = root == NULL ? NULL : allocate(sizeof(Stream));
  if (stream != NULL) {
    stream->context = take_place(in, stream);
    stream->envoy = envoy;
    stream->instance = in;
    stream->root = root;
    stream->is_gateway = root->config->is_gateway;
  }
  if (stream == NULL || stream->context == 0) {
    free(stream);
    if (in->stream_count == 0) atomic_store(&in->owner, IDLE);
    return NULL;
  }
  root->streams++;
  stream->next = in->streams;
  if (stream->next != NULL) stream->next->previous = stream;
  in->streams = stream;
  in->stream_count++;
  if (in->carrier == NULL) carry_clock(in, stream);
  enter(in, NULL, root, ON_NOTHING, context_create, stream->context, root->context, 0, 0);
  return stream;
}

void HOOK(http_filter_destroy)(Stream *stream) {
  Instance *in = stream->instance;
  if (!in->is_dead) {
    enter(in, stream, stream->root, ON_NOTHING, delete, stream->context, 0, 0, 0);
    settle(in);
  }
  leave_place(in, stream->context);
  if (stream->next != NULL) stream->next->previous = stream->previous;
  if (stream->previous != NULL) stream->previous->next = stream->next;
  else in->streams = stream->next;
  stream->root->streams--;
  if (in->carrier == stream) carry_clock(in, in->streams);
  if (--in->stream_count == 0) {
    if (in->is_dead) free_module(in);
    atomic_store(&in->owner, IDLE);
  }
  free(stream);
}

/* The last chance to ask Envoy about the stream; the filter asks when the stream is destroyed. */
void HOOK(http_filter_stream_complete)(void *envoy, Stream *stream) {
  Bytes details;
  if (CALLBACK(http_filter_get_attribute_string)(envoy, RESPONSE_CODE_DETAILS, &details)) {
    stream->code_details_length = details.length < DETAILS_BYTES_MAX ? details.length : DETAILS_BYTES_MAX;
    memcpy(stream->code_details, details.ptr, stream->code_details_length);
  }
  stream->is_connected = CALLBACK(http_get_upstream_connection_id)(envoy) != 0;
  stream->is_complete = true;
}

/* After each callback about a stream: what the filter has asked for is done, and after a trap all ends. */
static uint32_t leave(Instance *in, Stream *stream, uint32_t result) {
  if (UNLIKELY(in->is_dead)) {
    condemn_all(in);
    return result;
  }
  if (stream->route_is_stale) {
    stream->route_is_stale = false;
    CALLBACK(http_clear_route_cache)(stream->envoy);
  }
  settle(in);
  return result;
}

static uint32_t on_headers(Stream *stream, Phase phase, Export callee, bool is_end) {
  Instance *in = stream->instance;
  return leave(in, stream, enter(in, stream, stream->root, phase, callee, stream->context, 0, is_end, STOP_ITERATION));
}

static uint32_t on_body(Stream *stream, Phase phase, Export callee, bool *is_buffered, bool is_end) {
  Instance *in = stream->instance;
  list_body(in, stream, phase, phase == ON_REQUEST_BODY);
  const uint32_t bytes = (uint32_t)in->body_bytes;
  const uint32_t result = enter(in, stream, stream->root, phase, callee, stream->context, bytes, is_end, STOP_NO_BUFFER);
  *is_buffered = result == STOP_AND_BUFFER;
  return leave(in, stream, result);
}

int HOOK(http_filter_request_headers)(void *envoy, Stream *stream, bool is_end) {
  (void)envoy;
  if (stream->instance->is_dead) return condemn(stream), STOP_ITERATION;
  return (int)on_headers(stream, ON_REQUEST, w2c_llm__gateway_proxy_on_request_headers, is_end);
}

int HOOK(http_filter_request_body)(void *envoy, Stream *stream, bool is_end) {
  (void)envoy;
  if (stream->instance->is_dead) return condemn(stream), STOP_NO_BUFFER;
  return (int)on_body(stream, ON_REQUEST_BODY, w2c_llm__gateway_proxy_on_request_body, &stream->request_is_buffered, is_end);
}

int HOOK(http_filter_request_trailers)(void *envoy, Stream *stream) {
  (void)envoy;
  if (stream->instance->is_dead) return condemn(stream), STOP_ITERATION;
  return (int)on_headers(stream, ON_REQUEST, request_trailers, true);
}

int HOOK(http_filter_response_headers)(void *envoy, Stream *stream, bool is_end) {
  (void)envoy;
  if (stream->instance->is_dead) return CONTINUE;
  stream->response_has_begun = true;
  return (int)on_headers(stream, ON_NOTHING, w2c_llm__gateway_proxy_on_response_headers, is_end);
}

/* Asks the filter what the chunks that follow will need; not part of the proxy-wasm ABI. */
static void learn_chunk_memory(Instance *in, Stream *stream) {
  const uint32_t list = enter(in, stream, stream->root, ON_NOTHING, chunk_memory, stream->context, 0, 0, 0);
  stream->looks_at_no_chunks = list == 0 && !in->is_dead;
  if (list == 0 || list + sizeof(stream->lines) > in->module.w2c_memory.size) return;
  memcpy(stream->lines, in->module.w2c_memory.data + list, sizeof(stream->lines));
  while (stream->line_count < LINES_MAX && stream->lines[stream->line_count] != 0) stream->line_count++;
}

int HOOK(http_filter_response_body)(void *envoy, Stream *stream, bool is_end) {
  (void)envoy;
  Instance *in = stream->instance;
  if (stream->looks_at_no_chunks || in->is_dead) return CONTINUE;
  for (size_t i = 0; i < stream->line_count; i++) __builtin_prefetch(in->module.w2c_memory.data + stream->lines[i]);
  const int result = (int)on_body(stream, ON_RESPONSE_BODY, w2c_llm__gateway_proxy_on_response_body, &stream->response_is_buffered, is_end);
  if (UNLIKELY(stream->chunks < CHUNKS_BEFORE) && ++stream->chunks == CHUNKS_BEFORE && !in->is_dead) {
    learn_chunk_memory(in, stream);
    leave(in, stream, 0);
  }
  return result;
}

int HOOK(http_filter_response_trailers)(void *envoy, Stream *stream) {
  (void)envoy;
  if (stream->instance->is_dead) return CONTINUE;
  return (int)on_headers(stream, ON_NOTHING, response_trailers, true);
}

void HOOK(http_filter_scheduled)(void *envoy, Stream *stream, uint64_t event) {
  (void)envoy;
  Instance *in = stream->instance;
  pthread_mutex_lock(&in->lock);
  in->pending &= ~(1u << event);
  pthread_mutex_unlock(&in->lock);
  if (event == EVENT_TICK) {
    run_tick(in);
    return;
  }
  take_answers(in);
  settle(in);
  if (in->is_dead) condemn_all(in);
}

void HOOK(http_filter_http_callout_done)(void *envoy, Stream *stream, uint64_t id, int result, Header *headers, size_t header_count,
                                         Bytes *chunks, size_t chunk_count) {
  (void)envoy;
  Instance *in = stream->instance;
  if (in->is_dead || stream->call_token == 0 || stream->call_id != id) return;
  const uint32_t token = stream->call_token;
  const bool is_answered = result == CALLOUT_ANSWERED;
  stream->call_token = 0;
  tell_answer(in, stream->root, token, headers, is_answered ? header_count : 0, chunks, is_answered ? chunk_count : 0);
  leave(in, stream, 0);
}

/* Envoy wants these of every module; the filter starts no streams of its own and looks at no watermarks. */

void HOOK(http_filter_http_stream_headers)(void *envoy, Stream *stream, uint64_t id, Header *headers, size_t count, bool is_end) {
  (void)envoy, (void)stream, (void)id, (void)headers, (void)count, (void)is_end;
}

void HOOK(http_filter_http_stream_data)(void *envoy, Stream *stream, uint64_t id, const Bytes *chunks, size_t count, bool is_end) {
  (void)envoy, (void)stream, (void)id, (void)chunks, (void)count, (void)is_end;
}

void HOOK(http_filter_http_stream_trailers)(void *envoy, Stream *stream, uint64_t id, Header *trailers, size_t count) {
  (void)envoy, (void)stream, (void)id, (void)trailers, (void)count;
}

void HOOK(http_filter_http_stream_complete)(void *envoy, Stream *stream, uint64_t id) { (void)envoy, (void)stream, (void)id; }

void HOOK(http_filter_http_stream_reset)(void *envoy, Stream *stream, uint64_t id, int reason) {
  (void)envoy, (void)stream, (void)id, (void)reason;
}

void HOOK(http_filter_downstream_above_write_buffer_high_watermark)(void *envoy, Stream *stream) { (void)envoy, (void)stream; }

void HOOK(http_filter_downstream_below_write_buffer_low_watermark)(void *envoy, Stream *stream) { (void)envoy, (void)stream; }
