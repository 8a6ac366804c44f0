/**
 * The kinds of tests, told apart by their names and places. Long runs (`*.nightly.test.ts`) take part only when asked for:
 * `npm run nightly`.
 */
import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const NIGHTLY = process.env.SEQCAST_NIGHTLY === '1';
const NIGHTLY_FILES = 'test/**/*.nightly.test.ts';
const PROPERTY_FILES = 'test/**/*.property.test.ts';
/** Folders whose tests are a kind of their own. */
const FOLDERS = ['conformance', 'simulation', 'e2e', 'examples', 'release'];

/** Many tests wait for an engine most of their time: on two cores, three files at a time end in little more than half the time of one. */
const FILES_TOGETHER = Math.max(3, availableParallelism() - 1);
/** Processes are started, killed and timed in this turn: nothing else should want the processor meanwhile. */
const ALONE = 2;
/** Installations of several processes that are ill-treated and then waited for, most of the time: some of them run beside each other. */
const WAITING = 3;
const WAITING_FILES = [
  'test/e2e/{failure,failover,values-over-kafka,kafka-client-away,numbers,traces,operator-walk,adopt,stack,redis-cluster}.test.ts',
  'test/{examples,release}/**/*.test.ts',
];
/** Programs that guides and readers run, one after the other: nothing of theirs is timed, so they run beside the unit tests. */
const PROGRAM_FILES = ['test/e2e/{snippets,examples,observe-guide,report-page,training,training-rollback}.test.ts'];
/** Tests of a file that run beside each other, where the file lets them. */
const TESTS_TOGETHER = 2;
/**
 * A busy machine makes tests late, so what took too long is tried once more, and named in the summary. What is wrong is not. Late is also
 * what a browser did not show in time, and a pool whose store was so slow that it was declared lost where a test presumes that it lives.
 */
const RETRY_LATE = { count: 1, condition: /^(Test|Hook) timed out in|Timeout \d+ms exceeded|^the stock began a life meanwhile/ };
/** What a test polls for comes within moments, or on a busy machine somewhat later. */
const POLL_MS = 10_000;
/** Begins first of its turn: it is the longest, and would run alone at the end for a minute. The others go by their size. */
const FIRST = '/test/e2e/failover.test.ts';

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const turnOf = ({ project: { config } }: TestSpecification): number => config.sequence.groupOrder;
    const rankOf = ({ moduleId }: TestSpecification): number => (moduleId.endsWith(FIRST) ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => turnOf(a) - turnOf(b) || rankOf(a) - rankOf(b));
  }
}

/** A project; those of one `turn` run together, later turns after them. */
function project(
  name: string,
  turn: number,
  include: string | readonly string[],
  exclude: readonly string[],
  timeoutMs: number,
): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [include].flat(),
      exclude: [...exclude],
      testTimeout: timeoutMs,
      expect: { poll: { timeout: POLL_MS } },
      hookTimeout: timeoutMs,
      retry: RETRY_LATE,
      sequence: { groupOrder: turn },
      maxWorkers: turn === ALONE ? 1 : FILES_TOGETHER,
      maxConcurrency: TESTS_TOGETHER,
    },
  };
}

export default defineConfig({
  test: {
    // Starts the engines that the files of a run name, if any; see test/engines/.
    globalSetup: ['test/engines/setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: NIGHTLY
      ? [
          project('nightly', 0, NIGHTLY_FILES, [], 3_600_000),
          // Once more on the older Kafka, which the set-up starts at night.
          project('older-kafka', 1, 'test/{conformance/kafka*,adapters/kafka/**/*}.test.ts', [NIGHTLY_FILES], 120_000),
        ]
      : [
          project('unit', 0, 'test/**/*.test.ts', [NIGHTLY_FILES, PROPERTY_FILES, ...FOLDERS.map((folder) => `test/${folder}/**`)], 10_000),
          project(
            'property',
            0,
            PROPERTY_FILES,
            FOLDERS.map((folder) => `test/${folder}/**`),
            60_000,
          ),
          project('conformance', 0, 'test/conformance/**/*.test.ts', [NIGHTLY_FILES], 30_000),
          project('simulation', 1, 'test/simulation/**/*.test.ts', [NIGHTLY_FILES], 120_000),
          project('programs', 0, PROGRAM_FILES, [NIGHTLY_FILES], 120_000),
          project('e2e', ALONE, 'test/e2e/**/*.test.ts', [NIGHTLY_FILES, ...PROGRAM_FILES, ...WAITING_FILES], 90_000),
          project('failures', WAITING, WAITING_FILES, [NIGHTLY_FILES], 90_000),
        ],
    coverage: {
      provider: 'v8',
      include: ['core/**/*.ts'],
      exclude: ['test/**'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
