/* Memory, tables and traps of the filter compiled to machine code: see wasm-rt.h. */
#define _GNU_SOURCE
#include "wasm-rt.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 65536, PAGES_MAX = 65536 };
/* An address and the offset in an instruction have 32 bits each; the last access may be 16 bytes long. */
#define RANGE_BYTES ((1ull << 33) + PAGE_BYTES)
/* How far below the end of a stack an access may be that has run over it. */
enum { OVERRUN_BYTES = 65536, SIGNAL_STACK_BYTES = 65536 };

WASM_RT_THREAD_LOCAL wasm_rt_frame_t wasm_rt_frame;

static WASM_RT_THREAD_LOCAL uintptr_t stack_end;
static struct sigaction before[2];

static void *reserve(void) { return mmap(NULL, RANGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0); }

static void on_fault(int signal, siginfo_t *info, void *context) {
  const uintptr_t address = (uintptr_t)info->si_addr;
  if (wasm_rt_frame.target != NULL) {
    if (address - (uintptr_t)wasm_rt_frame.memory->data < RANGE_BYTES) wasm_rt_trap(WASM_RT_TRAP_OOB);
    if (stack_end != 0 && address + OVERRUN_BYTES - stack_end < 2 * OVERRUN_BYTES) wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);
  }
  const struct sigaction *action = &before[signal == SIGBUS];
  if (action->sa_flags & SA_SIGINFO) {
    action->sa_sigaction(signal, info, context);
  } else if (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN) {
    action->sa_handler(signal);
  } else {
    sigaction(signal, action, NULL); /* the access is tried again, and ends the process */
  }
}

bool wasm_rt_init(void) {
  void *const range = reserve();
  if (range == MAP_FAILED) return false;
  munmap(range, RANGE_BYTES);
  /* A trap leaves the handler for good: the signal must not stay blocked. */
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  action.sa_sigaction = on_fault;
  sigaction(SIGSEGV, &action, &before[0]);
  sigaction(SIGBUS, &action, &before[1]);
  return true;
}

void wasm_rt_init_thread(void) {
  pthread_attr_t attributes;
  void *start;
  size_t bytes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  if (pthread_attr_getstack(&attributes, &start, &bytes) == 0) stack_end = (uintptr_t)start;
  pthread_attr_destroy(&attributes);
  stack_t stack;
  if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE)) return;
  stack = (stack_t){.ss_sp = malloc(SIGNAL_STACK_BYTES), .ss_size = SIGNAL_STACK_BYTES};
  if (stack.ss_sp != NULL) sigaltstack(&stack, NULL);
}

bool wasm_rt_is_initialized(void) { return true; }

const char *wasm_rt_strerror(wasm_rt_trap_t trap) {
  switch (trap) {
    case WASM_RT_TRAP_OOB: return "out of bounds";
    case WASM_RT_TRAP_INT_OVERFLOW: return "integer overflow";
    case WASM_RT_TRAP_DIV_BY_ZERO: return "division by zero";
    case WASM_RT_TRAP_INVALID_CONVERSION: return "invalid conversion";
    case WASM_RT_TRAP_UNREACHABLE: return "unreachable";
    case WASM_RT_TRAP_CALL_INDIRECT: return "invalid indirect call";
    case WASM_RT_TRAP_EXHAUSTION: return "call stack exhausted";
    default: return "no trap";
  }
}

void wasm_rt_trap(wasm_rt_trap_t trap) { longjmp(*wasm_rt_frame.target, trap); }

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial_pages, uint64_t max_pages, bool is64, uint32_t page_bytes) {
  (void)page_bytes;
  memory->is64 = is64;
  memory->pages = 0;
  memory->size = 0;
  memory->max_pages = max_pages < PAGES_MAX ? max_pages : PAGES_MAX;
  memory->data = reserve();
  if (memory->data == MAP_FAILED || wasm_rt_grow_memory(memory, initial_pages) == UINT32_MAX) abort();
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  const uint64_t before = memory->pages;
  if (pages > memory->max_pages - before) return UINT32_MAX;
  if (pages > 0 && mprotect(memory->data + memory->size, pages * PAGE_BYTES, PROT_READ | PROT_WRITE) != 0) return UINT32_MAX;
  memory->pages += pages;
  memory->size += pages * PAGE_BYTES;
  return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
  if (memory->data != NULL) munmap(memory->data, RANGE_BYTES);
  memory->data = NULL;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t max_elements) {
  table->size = elements;
  table->max_size = max_elements;
  table->data = calloc(elements, sizeof(wasm_rt_funcref_t));
  if (table->data == NULL) abort();
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) {
  free(table->data);
  table->data = NULL;
}
