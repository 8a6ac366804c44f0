/** The first connection of an opening: a setting that is wrong shows here, and is told with what to change. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { SequenceError } from '../../core/errors.ts';
import { within } from '../engines/engine-calls.ts';
import { type KafkaAddress, kafkaUnreachable, shownAddress, textOf } from './address.ts';
import { type Client, createClient } from './connection.ts';

/** Longer than any healthy handshake with retries, shorter than an operator's patience. */
const OPEN_MS_MAX = 8_000;
/** A broker that is just starting, or just ending, may answer in a moment; a wrong setting stays wrong. */
const ATTEMPTS = 3;
const ATTEMPT_PAUSE_MS = 300;
const MAY_PASS = /ECONNREFUSED|_NOT_AVAILABLE|NOT_CONTROLLER/;
/** Said by one broker that is ill, of which another one knows nothing: the next attempt begins with that one. */
const MAY_BE_ONE = /closed|ECONNRESET|EPIPE|timeout|timed out/i;

/** Throws `SEQ_ENGINE_UNREACHABLE`. */
export async function openAdmin(address: KafkaAddress): Promise<{ readonly client: Client; readonly admin: Admin }> {
  for (let attempt = 1; ; attempt++) {
    const client = createClient(address);
    const admin = client.kafka.admin();
    try {
      // Some of what is wrong shows with the first real question only.
      await within(
        OPEN_MS_MAX,
        admin.connect().then(() => admin.describeCluster()),
      );
      return { client, admin };
    } catch (error) {
      client.destroy();
      const text = textOf(error);
      const mayPass = MAY_PASS.test(text) || (address.brokers.length > 1 && MAY_BE_ONE.test(text));
      if (attempt === ATTEMPTS || !mayPass) throw kafkaUnreachable(address, error);
      await pause(ATTEMPT_PAUSE_MS * attempt);
    }
  }
}

/** What a failure after that means: a right that the user lacks, or a Kafka that went away meanwhile. */
export function refusalOf(address: KafkaAddress, error: unknown): SequenceError {
  const text = textOf(error);
  if (!/AUTHORIZATION_FAILED/.test(text)) return kafkaUnreachable(address, error);
  const message = `${shownAddress(address)} must not be used: the user may not do what is needed (${text}); extend the ACLs as the deployment guide lists`;
  return new SequenceError('SEQ_ENGINE_UNUSABLE', message, { engine: 'kafka' }, { cause: error });
}
