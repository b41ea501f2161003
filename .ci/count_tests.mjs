// Prints "passed failed skipped" of a vitest run: node count_tests.mjs REPORT.json EXIT_CODE

import { readFileSync } from "node:fs";

const [reportFile = "", exitCode] = process.argv.slice(2);
const report = JSON.parse(readFileSync(reportFile, "utf8"));
// A file that could not be loaded has no tests in the report, but is a failure.
const broken = report.testResults.filter(
  (/** @type {any} */ file) => file.status === "failed" && file.assertionResults.length === 0,
).length;
const skipped = report.numPendingTests + report.numTodoTests;
let failed = report.numFailedTests + broken;
// An error outside of a test fails the run without failing a test, and a run without a test has tested nothing.
if (failed === 0 && (exitCode !== "0" || report.numPassedTests === 0)) failed = 1;
console.log(report.numPassedTests, failed, skipped);
