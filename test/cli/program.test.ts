/** What the commands declare agrees with what they load later. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES, exitCodeOf } from '../../cli/exit-codes.ts';
import { createProgram } from '../../cli/program.ts';
import { ERROR_CODES } from '../../core/errors.ts';
import { CONFIG_OPTIONS } from '../../workers/runtime/process/config-schema.ts';

const program = createProgram({ out: process.stdout, err: process.stderr, env: {}, signals: new EventEmitter(), exitCode: 0 });

function command(name: string) {
  return program.commands.find((each) => each.name() === name);
}

describe('the command line', () => {
  it('has the commands of this version', () => {
    const names =
      'up create list describe alter restart drop next reserve confirm cancel voids issue stamp status topology explain what-if allocators route pools dlq jobs train models who usage burns forecast-error profiles announce audit replay backtest tune observe import adopt keys audit-log acl ledger restore simulate bench stack doctor init completion';
    expect(program.commands.map((each) => each.name())).toEqual(names.split(' '));
  });

  it('can write JSON everywhere', () => {
    const leaves = program.commands.flatMap((each) => (each.commands.length > 0 ? each.commands : [each]));
    expect(leaves.filter((each) => !each.options.some(({ long }) => long === '--json')).map((each) => each.name())).toEqual([]);
  });

  it('says of every command and option what it is for', () => {
    for (const each of program.commands) {
      expect(each.description(), each.name()).toMatch(/\.$/);
      for (const { flags, description } of each.options) expect(description, flags).not.toBe('');
    }
  });

  it('has a flag of up for every setting, and says its default', () => {
    const options = new Map(command('up')?.options.map((each) => [each.long, each.description]));
    for (const { flag, fallback } of CONFIG_OPTIONS) {
      expect(options.has(flag), flag).toBe(true);
      if (typeof fallback === 'string' || typeof fallback === 'number') expect(options.get(flag)).toContain(`(default: ${fallback})`);
    }
    expect([...options.keys()].filter((flag) => !CONFIG_OPTIONS.some((each) => each.flag === flag))).toEqual([
      '--no-train',
      '--config',
      '--json',
    ]);
  });

  it('ends every error with a documented code', () => {
    const known = Object.values(EXIT_CODES).map(({ code }) => code);
    for (const code of ERROR_CODES) expect(known.filter((each) => each > 0)).toContain(exitCodeOf(code));
  });
});
