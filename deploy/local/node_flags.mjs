/**
 * V8's flags for processes that mostly wait. Its young generation grows to 16 MB thrice, in every thread, before it is first cleaned up; a
 * quarter spares brightstaff some 35 MB and costs a decision about 6 of 75 µs (`npm run bench:decisions`). `--expose-gc` lets a process clean up
 * once after its start (start_up_garbage.ts). package.json gives `npm start` the same.
 */
export const NODE_FLAGS = ["--max-semi-space-size=4", "--expose-gc"];

/**
 * glibc gives each of a process's threads a heap of its own, and none uses what is free in another: 12 MB of brightstaff, which seldom has
 * two threads at work. And with each large block that is freed, it keeps more of what is freed at a heap's end, up to 64 MB; naming its usual
 * threshold ends that: 10 MB, once the routing model is read. https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 * and mallopt(3), M_MMAP_THRESHOLD.
 */
export const NODE_ENVIRONMENT = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" };
