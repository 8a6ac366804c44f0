/** The whole promise, from outside: a server killed in the middle of load, twice, gives no value out twice and loses none unseen. */
import { describe, expect, test } from 'vitest';
import { post, type Server, scratchDirectory, seqcast, startServer } from './server.ts';

interface Audit {
  readonly ok: boolean;
  readonly duplicates: number;
  readonly problems: readonly string[];
  readonly accounts: readonly {
    sequence: string;
    claimed: number;
    issued: number;
    inDoubt: number;
    stock: number;
    free: number;
    balanced: boolean;
  }[];
}

/** Callers of several streams that ask until the server is gone; every value that reached one is kept. */
async function load(server: Server, seen: string[]): Promise<void> {
  const caller = async (index: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const count = 1 + ((i * 7 + index) % 50);
      try {
        const { status, body } = await post(`${server.url}/v1/sequences/orders/next`, {
          count,
          clientType: `type-${index % 3}`,
          service: 'e2e',
        });
        if (status === 200) seen.push(...(body['values'] as string[]));
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => caller(index)));
}

async function killedUnderLoad(dataDir: string, seen: string[], afterMs: number): Promise<void> {
  const server = await startServer(dataDir);
  await post(`${server.url}/v1/sequences`, { name: 'orders', start: '1000' });
  const loading = load(server, seen);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await server.end('SIGKILL');
  await loading;
}

describe('a server killed with kill -9 in the middle of load', () => {
  test('gives no value out twice, goes on after each restart, and accounts for every allocated value', async () => {
    const dataDir = scratchDirectory();
    const seen: string[] = [];
    await killedUnderLoad(dataDir, seen, 1_500);
    const afterFirst = seen.length;
    await killedUnderLoad(dataDir, seen, 1_500);
    expect(afterFirst).toBeGreaterThan(100);
    expect(seen.length).toBeGreaterThan(afterFirst + 100);

    const last = await startServer(dataDir);
    const { body } = await post(`${last.url}/v1/sequences/orders/next`, { count: 10 });
    seen.push(...(body['values'] as string[]));
    expect(await last.end('SIGTERM')).toBe(0);

    expect(new Set(seen).size).toBe(seen.length);
    const { code, stdout } = await seqcast('audit', '--data-dir', dataDir, '--json');
    const audit = JSON.parse(stdout) as Audit;
    expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    expect(code).toBe(0);
    const [account] = audit.accounts;
    // What reached a caller was issued; what was on its way when the server died is issued or in doubt, never free.
    expect(account).toMatchObject({ sequence: 'orders', balanced: true, stock: 0 });
    expect((account?.issued ?? 0) + (account?.inDoubt ?? 0)).toBeGreaterThanOrEqual(seen.length);
    expect(account?.inDoubt).toBeGreaterThan(0);
  });
});

describe('a server stopped with SIGTERM', () => {
  test('drains: unused stock goes back to the ledger, nothing is in doubt, and it exits with 0', async () => {
    const dataDir = scratchDirectory();
    const server = await startServer(dataDir);
    await post(`${server.url}/v1/sequences`, { name: 'orders' });
    await post(`${server.url}/v1/sequences/orders/next`, { count: 1_000 });
    expect(await server.end('SIGTERM')).toBe(0);
    const { stdout } = await seqcast('audit', '--data-dir', dataDir, '--json');
    const audit = JSON.parse(stdout) as Audit;
    expect(audit.accounts[0]).toMatchObject({ issued: 1_000, inDoubt: 0, stock: 0, balanced: true });
  });
});
