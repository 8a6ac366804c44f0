/** Log lines are JSON, carry their component, and go to a file where asked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { componentLogger, createLogger } from '../../../workers/runtime/logging.ts';

describe('a logger', () => {
  it('writes lines at once, down to its level', () => {
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-log-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'logs', 'seqcast.log');
    const logger = createLogger({ level: 'warn', file });
    logger.info('not this');
    componentLogger(logger, 'gateway').error({ err: new Error('broken') }, 'a request failed');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      component: 'gateway',
      msg: 'a request failed',
      err: { message: 'broken' },
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });
});
