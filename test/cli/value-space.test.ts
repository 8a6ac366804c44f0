/** What is typed about a value space: how long it lasts, and dry runs of what would change it. */
import { describe, expect, it } from 'vitest';
import { withServer } from './commands.ts';

const FIRST_MS = Date.UTC(2027, 0, 31);
const DAY_MS = 86_400_000;
const EXHAUSTION = {
  left: 4_800,
  perDay: 160,
  seenHours: 48,
  dates: [0.05, 0.5].map((level, i) => ({ level, atMs: FIRST_MS + i * DAY_MS })),
  warningDays: 30,
} as const;

describe('a value space on the command line', () => {
  it('is described with its dates, and listed with the early one', async () => {
    const { service, seqcast } = await withServer('orders');
    const plain = service.describe('orders');
    expect((await seqcast('describe', 'orders')).out).not.toContain('left');
    service.describe = () => ({ ...plain, exhaustion: EXHAUSTION });
    service.list = () => [service.describe('orders')];
    const { out } = await seqcast('describe', 'orders');
    expect(out).toMatch(/^left +4800$/m);
    expect(out).toMatch(/^perDay +160, as seen for 48 hours$/m);
    expect(out).toMatch(/^runsOut +likely 2027-02-01; early 2027-01-31, late beyond what is foreseen$/m);
    expect(out).toMatch(/^warning +it may run out within 30 days$/m);
    expect((await seqcast('list')).out).toMatch(/2027-01-31 \(within 30 days\)$/m);
    const status = service.status();
    service.status = () => ({ ...status, warnings: ['sequence orders may run out within 30 days'] });
    expect((await seqcast('status')).out).toContain('warning: sequence orders may run out within 30 days');
  });

  it('is not changed by a dry run, whose sentences are printed', async () => {
    const { service, seqcast } = await withServer('orders');
    expect((await seqcast('restart', 'orders', '--start', '5', '--dry-run')).out).toBe('Nothing was changed.\n');
    expect((await seqcast('alter', 'orders', '--max', '50', '--dry-run')).out).toBe('Nothing was changed.\n');
    expect(JSON.parse((await seqcast('drop', 'orders', '--dry-run', '--json')).out)).toMatchObject({ change: 'drop', fences: [2] });
    expect(service.asked.map((each) => (each as { kind: string }).kind)).toEqual(['restart', 'alter', 'drop']);
    expect(service.describe('orders').generation).toBe(0);
  });
});
