/**
 * `seqcast up` from start to end: open the service, open the port, say so, and wait. A signal drains (not ready any more, nothing
 * new in, unused stock back to the ledger) and ends with 0; a failure ends with 1 at once, because a process that goes on without
 * its storage only pretends to serve.
 */
import { setTimeout } from 'node:timers/promises';
import type { Gateway } from '../workers/gateway/gateway.ts';
import { listen } from '../workers/gateway/listening.ts';
import type { Config } from '../workers/runtime/process/config.ts';
import { createLogger } from '../workers/runtime/process/logging.ts';
import type { SeqcastService } from '../workers/runtime/service/service.ts';
import type { Signals } from './cli-context.ts';
import { startDemo } from './demo-start.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import type { Output } from './screen.ts';
import { type Door, openDoor } from './server-door.ts';
import { Ending } from './server-ending.ts';
import { type OpenService, openService } from './service-start.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly json: boolean;
  readonly out: Output;
  readonly err: Output;
  readonly signals: Signals;
  /** A test hands in its own. */
  readonly open?: OpenService;
  readonly drainMsMax?: number;
}

/** A failed server stops answering, but waits for nobody. */
const CLOSE_MS_MAX = 1_000;
/** How long draining may take before the process ends anyway: less than the 30 s after which supervisors kill. */
const DRAIN_MS_MAX = 25_000;

export async function serve(options: ServeOptions): Promise<number> {
  const { config, signals, json, err } = options;
  const logger = createLogger({ level: logLevel(options), file: config.logFile });
  const ending = new Ending(signals);
  try {
    const { service, clock } = await (options.open ?? openService)(config, (error) => ending.fail(error), logger);
    const door = await openDoor({ config, service, logger, signals });
    const { gateway } = door;
    const { url } = await listenOrClose(gateway, service, config);
    say(
      options,
      { event: 'ready', url, dataDir: config.dataDir, pid: process.pid },
      `seqcast serves at ${url}, ${config.kafka === undefined ? `data in ${config.dataDir}` : `log on Kafka at ${config.kafka}`}; Ctrl-C stops it`,
    );
    logger.info({ url, dataDir: config.dataDir }, 'ready');

    const demo = config.demo ? startDemo({ ...options, service, clock, gatewayUrl: url }) : undefined;
    const { error, signal } = await ending.first;
    demo?.end();
    if (error !== undefined) {
      logger.fatal({ err: error }, 'the process cannot go on');
      reportFailure(error, { json, err });
      gateway.drain();
      await Promise.race([gateway.close(), setTimeout(CLOSE_MS_MAX, undefined, { ref: false })]);
      return EXIT_CODES.failed.code;
    }
    logger.info({ signal }, 'draining');
    say(
      options,
      { event: 'draining', signal },
      `${signal}: ${config.kafka === undefined ? 'giving unused stock back' : 'leaving'}; once more ends at once`,
    );
    const drained = drain(door, service, demo?.ended);
    return await Promise.race([
      drained.then(() => stopped(options)),
      ending.again.then(() => EXIT_CODES.failed.code),
      setTimeout(options.drainMsMax ?? DRAIN_MS_MAX, undefined, { ref: false }).then(() => late(options)),
    ]);
  } finally {
    ending.forget();
  }
}

/** The port stays open until the service is closed: callers that wait get their values, and probes read that it drains. */
async function drain(door: Door, service: SeqcastService, demo: Promise<void> | undefined): Promise<void> {
  const { gateway } = door;
  gateway.drain();
  await demo;
  await door.close();
  await service.close();
  await gateway.close();
}

async function listenOrClose(gateway: Gateway, service: SeqcastService, config: Config): Promise<{ readonly url: string }> {
  try {
    return await listen(gateway, config);
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** A demo's screen and log lines on one terminal would draw over each other: then only what is wrong is logged. */
function logLevel({ config, err, json }: ServeOptions): Config['logLevel'] {
  const isScreenShared = config.demo && !json && err.isTTY === true && config.logFile === undefined;
  return isScreenShared && config.logLevel === 'info' ? 'error' : config.logLevel;
}

function stopped(options: ServeOptions): number {
  const stock = options.config.kafka === undefined ? 'unused stock is back in the ledger' : 'the stock stays with its pool';
  say(options, { event: 'stopped' }, `stopped: ${stock}`);
  return EXIT_CODES.ok.code;
}

function late({ err, drainMsMax = DRAIN_MS_MAX }: ServeOptions): number {
  err.write(`draining took longer than ${drainMsMax / 1_000} s: what was not given back is burnt\n`);
  return EXIT_CODES.failed.code;
}

function say({ json, out }: ServeOptions, event: object, text: string): void {
  out.write(`${json ? JSON.stringify(event) : text}\n`);
}
