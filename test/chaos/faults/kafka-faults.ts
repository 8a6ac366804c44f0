/** Brokers: bounced cleanly and hard, frozen, and behind lines that fail; and a forecaster that says anything at all. */
import { openKafka } from '../../../adapters/kafka/kafka.ts';
import { partitionOf } from '../../../core/stream.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { pause } from '../clients/callers.ts';
import { type Fault, heldMs } from './fault.ts';
import { noise } from './forecast-noise.ts';
import { disturbed } from './line-faults.ts';

const DOWN_MS_MIN = 500;
const DOWN_MS_MAX = 12_000;
const FROZEN_MS_MAX = 20_000;
const POISON_MS_MIN = 3_000;
const POISON_MS_MAX = 15_000;
const POISON_EVERY_MS = 100;
const PARTITIONS = 4;

export const KAFKA_FAULTS: readonly Fault[] = [
  {
    name: 'broker stopped',
    touches: ['kafka'],
    weight: 2,
    async begin({ engines, holdMsMax }, dice) {
      const broker = dice.pick(engines.brokers);
      const holdMs = heldMs(dice, DOWN_MS_MIN, Math.min(DOWN_MS_MAX, holdMsMax));
      await broker.stop();
      return { target: broker.name, holdMs, heal: () => broker.start() };
    },
  },
  {
    name: 'broker killed',
    touches: ['kafka'],
    weight: 3,
    async begin({ engines, holdMsMax }, dice) {
      const broker = dice.pick(engines.brokers);
      const holdMs = heldMs(dice, DOWN_MS_MIN, Math.min(DOWN_MS_MAX, holdMsMax));
      await broker.kill();
      return { target: broker.name, holdMs, heal: () => broker.start() };
    },
  },
  {
    name: 'broker frozen',
    touches: ['kafka'],
    weight: 2,
    async begin({ engines, holdMsMax }, dice) {
      const broker = dice.pick(engines.brokers);
      const holdMs = heldMs(dice, DOWN_MS_MIN, Math.min(FROZEN_MS_MAX, holdMsMax));
      await broker.freeze();
      return { target: broker.name, holdMs, heal: () => broker.thaw() };
    },
  },
  {
    name: 'line to a broker',
    touches: ['kafka'],
    weight: 3,
    begin: ({ engines }, dice) => {
      const place = dice.int(engines.brokerLines.length);
      const line = engines.brokerLines[place];
      if (line === undefined) throw new Error('there is no such line');
      return disturbed(line, engines.brokers[place]?.name ?? '', dice);
    },
  },
  {
    name: 'poisoned forecasts',
    touches: ['kafka'],
    weight: 2,
    async begin({ engines, streams, holdMsMax }, dice) {
      const { log, close } = await openKafka({
        brokers: [...engines.kafka],
        clientId: 'chaos',
        partitionCount: PARTITIONS,
        onFailure: () => undefined,
      });
      let isOver = false;
      const poisoning = (async () => {
        while (!isOver) {
          const stream = dice.pick(streams);
          const records = [noise(stream, dice)];
          const partition = partitionOf(stream, PARTITIONS);
          await log.append({ topic: TOPICS.forecasts.name, partition, records }).catch(() => undefined);
          await pause(POISON_EVERY_MS);
        }
        await close();
      })();
      // What goes wrong is heard of when it is healed.
      poisoning.catch(() => undefined);
      const heal = async (): Promise<void> => {
        isOver = true;
        await poisoning;
      };
      return { target: 'all streams', holdMs: heldMs(dice, POISON_MS_MIN, Math.min(POISON_MS_MAX, holdMsMax)), heal };
    },
  },
];
