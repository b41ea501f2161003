/**
 * V8's flags for processes that mostly wait. Its young generation grows to 16 MB thrice, in every thread, before it is first cleaned up; a quarter
 * spares brightstaff some 35 MB and costs a decision about 6 of 75 µs (`npm run bench:decisions`). package.json gives `npm start` the same.
 */
export const NODE_FLAGS = ["--max-semi-space-size=4"];
