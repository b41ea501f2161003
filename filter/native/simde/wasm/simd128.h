/*
 * The 128-bit instructions of WebAssembly under the names that wasm2c's code calls them by (it includes a file of this name), as vector
 * types of Clang's, which has them on every processor. Those that the filter does not use are there for wasm2c's definitions, which name all.
 * @see https://webassembly.github.io/spec/core/syntax/instructions.html#vector-instructions
 * @see https://clang.llvm.org/docs/LanguageExtensions.html#vectors-and-extended-vectors
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef int8_t simde_v128_t __attribute__((vector_size(16), aligned(16)));
typedef int8_t llm_i8x16 __attribute__((vector_size(16)));
typedef uint8_t llm_u8x16 __attribute__((vector_size(16)));
typedef int16_t llm_i16x8 __attribute__((vector_size(16)));
typedef uint16_t llm_u16x8 __attribute__((vector_size(16)));
typedef int32_t llm_i32x4 __attribute__((vector_size(16)));
typedef uint32_t llm_u32x4 __attribute__((vector_size(16)));
typedef int64_t llm_i64x2 __attribute__((vector_size(16)));
typedef uint64_t llm_u64x2 __attribute__((vector_size(16)));

static inline simde_v128_t simde_wasm_v128_load(const void *from) {
  simde_v128_t value;
  memcpy(&value, from, sizeof(value));
  return value;
}

static inline void simde_wasm_v128_store(void *to, simde_v128_t value) { memcpy(to, &value, sizeof(value)); }

static inline simde_v128_t simde_wasm_i64x2_make(int64_t low, int64_t high) { return (simde_v128_t)(llm_i64x2){low, high}; }

#define simde_wasm_i8x16_const(...) ((simde_v128_t)(llm_u8x16){__VA_ARGS__})
#define simde_wasm_i8x16_eq(a, b) ((simde_v128_t)((llm_i8x16)(a) == (llm_i8x16)(b)))
#define simde_wasm_i8x16_lt(a, b) ((simde_v128_t)((llm_i8x16)(a) < (llm_i8x16)(b)))
#define simde_wasm_u8x16_lt(a, b) ((simde_v128_t)((llm_u8x16)(a) < (llm_u8x16)(b)))
#define simde_wasm_v128_or(a, b) ((a) | (b))
#define simde_wasm_v128_xor(a, b) ((a) ^ (b))
#define simde_wasm_i64x2_extract_lane(a, lane) (((llm_i64x2)(a))[lane])

static inline bool simde_wasm_v128_any_true(simde_v128_t a) {
  const llm_u64x2 halves = (llm_u64x2)a;
  return (halves[0] | halves[1]) != 0;
}

/* The sign bit of each lane. */
static inline uint32_t simde_wasm_i8x16_bitmask(simde_v128_t a) {
#if defined(__x86_64__)
  return (uint32_t)_mm_movemask_epi8((__m128i)a);
#else
  /* Each byte's sign to its own bit, then the eight bits of each half gathered by one multiplication. */
  const llm_u64x2 signs = (llm_u64x2)(((llm_u8x16)a >> 7));
  const uint64_t gather = 0x0102040810204080;
  return (uint32_t)((signs[0] * gather) >> 56) | (uint32_t)((signs[1] * gather) >> 56) << 8;
#endif
}

/* Two vectors of 16-bit lanes into one of bytes; what is below 0 becomes 0, what is above 255 becomes 255. */
static inline simde_v128_t simde_wasm_u8x16_narrow_i16x8(simde_v128_t a, simde_v128_t b) {
#if defined(__x86_64__)
  return (simde_v128_t)_mm_packus_epi16((__m128i)a, (__m128i)b);
#else
  llm_u8x16 narrow;
  for (int i = 0; i < 8; i++) {
    const int16_t low = ((llm_i16x8)a)[i], high = ((llm_i16x8)b)[i];
    narrow[i] = (uint8_t)(low < 0 ? 0 : low > 255 ? 255 : low);
    narrow[i + 8] = (uint8_t)(high < 0 ? 0 : high > 255 ? 255 : high);
  }
  return (simde_v128_t)narrow;
#endif
}

/* Named in wasm2c's definitions of instructions that the filter has none of: declared for these, and nowhere defined. */
simde_v128_t simde_wasm_i8x16_swizzle(simde_v128_t a, simde_v128_t b);
simde_v128_t simde_wasm_v128_load8_splat(const void *from);
simde_v128_t simde_wasm_v128_load16_splat(const void *from);
simde_v128_t simde_wasm_v128_load32_splat(const void *from);
simde_v128_t simde_wasm_v128_load64_splat(const void *from);
simde_v128_t simde_wasm_v128_load32_zero(const void *from);
simde_v128_t simde_wasm_v128_load64_zero(const void *from);
simde_v128_t simde_wasm_i16x8_load8x8(const void *from);
simde_v128_t simde_wasm_u16x8_load8x8(const void *from);
simde_v128_t simde_wasm_i32x4_load16x4(const void *from);
simde_v128_t simde_wasm_u32x4_load16x4(const void *from);
simde_v128_t simde_wasm_i64x2_load32x2(const void *from);
simde_v128_t simde_wasm_u64x2_load32x2(const void *from);
simde_v128_t simde_wasm_v128_load8_lane(const void *from, simde_v128_t a, int lane);
simde_v128_t simde_wasm_v128_load16_lane(const void *from, simde_v128_t a, int lane);
simde_v128_t simde_wasm_v128_load32_lane(const void *from, simde_v128_t a, int lane);
simde_v128_t simde_wasm_v128_load64_lane(const void *from, simde_v128_t a, int lane);
void simde_wasm_v128_store8_lane(void *to, simde_v128_t a, int lane);
void simde_wasm_v128_store16_lane(void *to, simde_v128_t a, int lane);
void simde_wasm_v128_store32_lane(void *to, simde_v128_t a, int lane);
void simde_wasm_v128_store64_lane(void *to, simde_v128_t a, int lane);
