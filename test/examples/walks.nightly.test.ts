/** The data scientist's walk from nothing: the demo makes the demand that a model is trained on. */
import { test } from 'vitest';
import { emptyDirectory, expectModel, walked } from './walking.ts';

test('the data scientist has the demo make some days of demand, and trains a model on them', async () => {
  const directory = emptyDirectory();
  expectModel(await walked('data-scientist', directory), directory);
});
