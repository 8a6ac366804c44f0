/**
 * The engines that tests share: `engineOrSkip` says where one is, or that it is not to be had here.
 *
 * Called at the top level of a test file, because the set-up reads there which engines a run needs:
 *   const kafka = engineOrSkip('kafka');
 *   describe.skipIf(!kafka.available)('a log on Kafka (needs Kafka)', () => { … kafka.brokers … });
 */
import { inject } from 'vitest';
import type { EngineName } from '../../cli/stack/engine-process.ts';

export {
  type PrivateKafka,
  type PrivateKafkaOptions,
  type PrivateRedis,
  type PrivateRedisOptions,
  startKafka,
  startRedis,
} from './private-engines.ts';

/** Addresses of the engines of this run: absent is not asked for, empty is not to be had. */
export type EngineContext = { readonly [name in EngineName]?: string };

declare module 'vitest' {
  interface ProvidedContext {
    engines: EngineContext;
    /** Where private engines of this run have their files. */
    engineDirectory: string;
  }
}

export interface SharedKafka {
  readonly available: boolean;
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
}

export interface SharedEngine {
  readonly available: boolean;
  readonly url: string;
}

export function engineOrSkip(engine: 'kafka'): SharedKafka;
export function engineOrSkip(engine: Exclude<EngineName, 'kafka'>): SharedEngine;
export function engineOrSkip(engine: EngineName): SharedKafka | SharedEngine {
  const address = inject('engines')[engine];
  if (address === undefined) {
    throw new Error(
      `the set-up did not see that this file needs ${engine}: write engineOrSkip('${engine}') in the test file, and start vitest anew`,
    );
  }
  const available = address !== '';
  return engine === 'kafka' ? { available, brokers: available ? address.split(',') : [] } : { available, url: address };
}
