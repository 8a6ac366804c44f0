/**
 * The answers on a reply topic, heard from the moment the client is open until it is closed: one listener after the other, each beginning
 * where the one before stopped, so that an answer that came while brokers were away is read when they are back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Standing } from './client-events.ts';
import type { KafkaConnections } from './kafka-connections.ts';
import { hearAnswers } from './kafka-hearing.ts';

const PAUSE_MS = 100;
const PAUSE_MS_MAX = 2_000;

export interface AnswersOptions {
  readonly connections: () => KafkaConnections;
  readonly topic: string;
  readonly onAnswer: (value: Buffer) => void;
  readonly standing: Standing;
}

export class KafkaAnswers {
  readonly #options: AnswersOptions;
  readonly #ending = new AbortController();
  #lives: Promise<void> | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Resolves once no answer will be missed; rejects with what kept the first listener from that. */
  async open(): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.#lives = this.#live(resolve);
    });
    await Promise.race([heard, this.#lives]);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#lives?.catch(() => undefined);
  }

  async #live(onFirstHeard: () => void): Promise<void> {
    const { connections, topic, onAnswer, standing } = this.#options;
    const { signal } = this.#ending;
    const next = new Map<number, bigint>();
    let hasHeard = false;
    let pauseMs = PAUSE_MS;
    const onHeard = (): void => {
      hasHeard = true;
      pauseMs = PAUSE_MS;
      standing.answered('kafka');
      onFirstHeard();
    };
    while (!signal.aborted) {
      try {
        await hearAnswers({ connections: connections(), topic, next, onAnswer, onHeard, signal });
      } catch (error) {
        if (!hasHeard) throw error;
        standing.failed();
        await pause(pauseMs, undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
      }
    }
  }
}
