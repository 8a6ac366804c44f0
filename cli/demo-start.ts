/** Starts the demo beside the server. What becomes of it does not touch the server, which keeps serving. */
import type { Clock } from '../core/clock.ts';
import { doorOf } from '../workers/gateway/security/security.ts';
import type { Config } from '../workers/runtime/process/config.ts';
import type { SeqcastService } from '../workers/runtime/service/service.ts';
import { reportFailure } from './failure.ts';
import type { Output } from './screen.ts';

export interface DemoStart {
  readonly config: Config;
  readonly json: boolean;
  readonly out: Output;
  readonly err: Output;
  readonly service: SeqcastService;
  readonly clock: Clock;
  readonly gatewayUrl: string;
}

export interface RunningDemo {
  /** Resolves when it has ended, by itself or by `end`. */
  readonly ended: Promise<void>;
  end(): void;
}

export function startDemo(start: DemoStart): RunningDemo {
  const controller = new AbortController();
  return { ended: demo(start, controller.signal), end: () => controller.abort() };
}

async function demo({ config, json, out, err, service, clock, gatewayUrl }: DemoStart, signal: AbortSignal): Promise<void> {
  try {
    const { runDemo } = await import('./demo.ts');
    await runDemo({
      service,
      clock,
      speedUp: config.speedUp,
      days: config.days,
      trains: config.trainings,
      allKinds: true,
      json,
      out,
      signal,
      // Behind a door that asks for keys, or shows a certificate of nobody's, the demo calls in process alone.
      ...(doorOf(config) !== 'keys' && config.tlsCert === undefined && { gatewayUrl }),
    });
    if (!signal.aborted && !json) out.write(`the demo has ended; still serving at ${gatewayUrl}, Ctrl-C stops it\n`);
  } catch (error) {
    reportFailure(error, { json, err });
  }
}
