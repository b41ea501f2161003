/**
 * V8's flags for processes that mostly wait. Its young generation grows to 16 MB thrice, in every thread, before it is first cleaned up; a
 * quarter spares brightstaff some 35 MB and costs a decision about 6 of 75 µs (`npm run bench:decisions`). package.json gives `npm start` the same.
 */
export const NODE_FLAGS = ["--max-semi-space-size=4"];

/**
 * glibc gives each of a process's threads a heap of its own, and none uses what is free in another: 12 MB of brightstaff, which seldom has
 * two threads at work. https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 */
export const NODE_ENVIRONMENT = { MALLOC_ARENA_MAX: "1" };
