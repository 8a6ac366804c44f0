/** Runs commands in this process against a gateway over the service in memory. */
import { EventEmitter } from 'node:events';
import { onTestFinished } from 'vitest';
import { runCli } from '../../cli/run.ts';
import { createGateway } from '../../workers/gateway/gateway.ts';
import { listen } from '../../workers/gateway/listening.ts';
import type { Environment } from '../../workers/runtime/process/config.ts';
import { FakeService } from '../workers/gateway/fake-service.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Keeps what is written to it. */
export class Written {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

export async function run(args: readonly string[], env: Environment = {}): Promise<Ran> {
  const out = new Written();
  const err = new Written();
  const code = await runCli(args, { out, err, env, signals: new EventEmitter(), exitCode: 0 });
  return { code, out: out.text, err: err.text };
}

/** `seqcast` as it would be typed, with a server behind it. */
export async function withServer(
  ...sequences: readonly string[]
): Promise<{ readonly service: FakeService; readonly url: string; seqcast(...args: string[]): Promise<Ran> }> {
  const service = new FakeService();
  for (const name of sequences) await service.create(name, {});
  const gateway = createGateway({ service, logger: { error: () => undefined } });
  const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => await gateway.close());
  return { service, url, seqcast: (...args) => run(args, { SEQCAST_URL: url }) };
}
