/** A slip of the hand is met with the name that was probably meant. */
import { describe, expect, it } from 'vitest';
import { closest } from '../../cli/closest-name.ts';
import { run, withServer } from './commands.ts';

describe('a name that is not there', () => {
  it('is answered with the sequence that was probably meant', async () => {
    const { seqcast } = await withServer('orders', 'invoices');
    for (const args of [
      ['next', 'odrers'],
      ['describe', 'order'],
      ['drop', 'Orders1'],
    ]) {
      const { code, err } = await seqcast(...args);
      expect(code).toBe(1);
      expect(err, args.join(' ')).toMatch(/^SEQ_UNKNOWN_SEQUENCE: .*; did you mean orders\?\n→ /);
    }
    const { err } = await seqcast('next', 'invoicse', '--json');
    expect(JSON.parse(err)).toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE', details: { didYouMean: 'invoices' } });
  });

  it('is answered without a guess where nothing is near', async () => {
    const { seqcast } = await withServer('orders');
    expect((await seqcast('next', 'parcels')).err).not.toContain('did you mean');
  });

  it('of a command is answered with the command', async () => {
    expect(await run(['craete', 'orders'])).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean create?') as string });
    expect((await run(['next', 'orders', '--nubmer', '3'])).err).toContain('Did you mean --number?');
  });

  it('is measured in letters inserted, left out, replaced or swapped', () => {
    expect(closest('ab', ['ba'])).toBe('ba');
    expect(closest('orders', ['orders-eu', 'ordres', 'borders2'])).toBe('ordres');
    expect(closest('orders', ['orders', 'invoices'])).toBeUndefined();
    expect(closest('x', [])).toBeUndefined();
  });
});
