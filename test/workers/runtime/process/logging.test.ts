/** Log lines are JSON, carry their component, and go to a file where asked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished } from 'vitest';
import { componentLogger, createLogger, type Logger } from '../../../../workers/runtime/process/logging.ts';

/** What a logger that writes to a file has written. */
function logged(level: 'info' | 'warn', write: (logger: Logger) => void): Record<string, unknown>[] {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'logs', 'seqcast.log');
  write(createLogger({ level, file }));
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a logger', () => {
  it('writes lines at once, down to its level', () => {
    const lines = logged('warn', (logger) => {
      logger.info('not this');
      componentLogger(logger, 'gateway').error({ err: new Error('broken') }, 'a request failed');
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'error',
      component: 'gateway',
      msg: 'a request failed',
      err: { message: 'broken' },
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('names the trace of the span that is active', () => {
    const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const active = trace.setSpanContext(ROOT_CONTEXT, spanContext);
    const manager = { active: () => active, with: () => undefined, bind: () => undefined, enable: () => manager, disable: () => manager };
    context.setGlobalContextManager(manager as unknown as ContextManager);
    onTestFinished(() => context.disable());
    const [line] = logged('info', (logger) => logger.info('within'));
    expect(line).toMatchObject({ msg: 'within', trace_id: spanContext.traceId, span_id: spanContext.spanId });
  });

  it('hides passwords of addresses, API keys and bearer tokens, wherever they stand in a line', () => {
    const key = `sqk_0123456789ab_${'x'.repeat(43)}`;
    const lines = logged('info', (logger) => {
      logger.warn({ err: new Error('connect redis://shop:hunter2@cache:6379/0 failed') }, 'postgres://seqcast:hunter2@db/seqcast is away');
      logger.info({ headers: { authorization: `Bearer ${key}` }, at: 'http://127.0.0.1:7070/v1' }, key);
    });
    const text = JSON.stringify(lines);
    expect(text).not.toMatch(/hunter2|xxx/);
    expect(lines[0]).toMatchObject({ msg: 'postgres://seqcast:[hidden]@db/seqcast is away' });
    expect(lines[1]).toMatchObject({ msg: 'sqk_0123456789ab_[hidden]', at: 'http://127.0.0.1:7070/v1' });
  });
});
