/** What a mutant of `core/` must be killed by: the tests of the core alone, without engines and without the long runs. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts', 'test/workers/runtime/value-space/**/*.test.ts'],
    exclude: ['test/**/*.nightly.test.ts'],
    testTimeout: 30_000,
  },
});
