/** The import rules hold, and the tool that says so has looked at every file. */
import { expect, it } from 'vitest';
import { checkImports } from '../../scripts/import-rules.ts';

it('nobody imports from a room that is closed to them', { timeout: 60_000 }, async () => {
  const { violations, unseen, modules } = await checkImports();
  expect(violations).toEqual([]);
  expect(unseen, 'files that dependency-cruiser did not see').toEqual([]);
  expect(modules).toBeGreaterThan(0);
});
