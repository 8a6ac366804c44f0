/**
 * Prints `N passed, N failed` from the JSON results that vitest wrote, all files named as arguments added up. A result that is
 * missing, a file that could not be loaded and a run that found no test each count as a failure. An error outside of any test is not in
 * these results: vitest tells it by its exit code.
 */
import { existsSync, readFileSync } from 'node:fs';

interface Assertion {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
}

interface TestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

/** Of what a failure said: enough to tell a time-out from a value that is wrong. */
const MESSAGE_MAX_CHARS = 400;

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) {
    console.log(`no test results in ${path}`);
    failed += 1;
    continue;
  }
  const results = JSON.parse(readFileSync(path, 'utf8')) as TestResults;
  const assertions = results.testResults.flatMap((file) => file.assertionResults);
  for (const { fullName } of assertions.filter(({ status }) => status === 'pending' || status === 'skipped'))
    console.log(`skipped: ${fullName}`);
  // Passed only when it was tried again, which a test may once that took too long.
  for (const { fullName, failureMessages } of assertions.filter(({ status }) => status === 'passed'))
    if (failureMessages !== undefined && failureMessages.length > 0) console.log(`unsteady: ${fullName}`);
  for (const { fullName, failureMessages } of assertions.filter(({ status }) => status === 'failed'))
    console.log(`failed: ${fullName}${(failureMessages ?? []).map((message) => `\n    ${message.slice(0, MESSAGE_MAX_CHARS)}`).join('')}`);
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  );
  for (const { name } of broken) console.log(`failed as a whole: ${name}`);
  passed += results.numPassedTests;
  failed += results.numFailedTests + broken.length;
}
if (passed === 0 && failed === 0) failed += 1;
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
