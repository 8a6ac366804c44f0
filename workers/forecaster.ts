/** The forecaster worker: folds the consumption of the partitions it owns and says what will be asked for. */
import { partitionOf } from '../core/stream.ts';
import { TOPICS } from '../schemas/topics.ts';
import { ExpectationBook } from './runtime/expectations/expectation-book.ts';
import { ExpectationClerk } from './runtime/forecasting/expectation-clerk.ts';
import { countForecasting, startForecasting } from './runtime/forecasting/forecasting.ts';
import { Forecasts } from './runtime/forecasting/forecasts.ts';
import { Membership } from './runtime/members/membership.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { watchChampions } from './runtime/training/rollback-watch.ts';

const GROUP = 'seqcast-forecasters';
const HEARTBEAT_MS = 1_000;
/** What is set or announced is copied at once; the round is for partitions that came, and for what was lost or is over. */
const CLERK_TICK_MS = 1_000;
/** Between snapshots of what the models have learnt: so much is folded again after a crash. */
const SAVE_MS = 300_000;

export async function startForecaster(parts: ProcessParts): Promise<Worker> {
  const { member, incarnation, log, clock, snapshots, reader, partitionCount, groups, metrics, deadLetters, logger, onFailure } = parts;
  const { config, monotonicMs } = parts;
  const rideThroughMsOf = (sequence: string): number =>
    reader.ranges[partitionOf(sequence, partitionCount)]?.live.get(sequence)?.definition.rideThroughMs ?? 0;
  const forecasts = new Forecasts({
    log,
    snapshots,
    partitionCount,
    rideThroughMsOf,
    onFailure,
    onPoison: (...record) => deadLetters.add(...record),
    onDelay: (error) => logger.warn({ err: error }, 'a partition waits for the log'),
  });
  const book = new ExpectationBook({ log, clock, partitionCount, onFailure });
  const clerk = new ExpectationClerk({ log, book, followed: () => forecasts.followed(), onFailure });
  await book.start();
  const membership = new Membership({ member, role: 'forecaster', incarnation, endpoint: '', log, clock, onFailure });
  membership.say('joined');
  // Changes of ownership are carried out one after the other: a partition that comes back is restored after it was saved.
  let changing: Promise<void> = Promise.resolve();
  const onOwned = (partitions: readonly number[]): void => {
    logger.info({ partitions }, 'owns');
    membership.owns(partitions);
    changing = changing.then(() => forecasts.own(partitions)).catch(onFailure);
  };
  const group = await groups.join({ group: GROUP, topics: [TOPICS.consumption.name], onOwned, onError: onFailure });
  const { directory: models } = await parts.models();
  const refreshMs = config.forecastRefreshMs;
  const refresher = startForecasting({ log, clock, forecasts, models, refreshMs, monotonicMs, logger, onFailure });
  const standings = forecasts.standings.bind(forecasts);
  const watch = watchChampions({ directory: models, standings, clock, logger, onFailure });
  countForecasting(metrics, forecasts, refresher);
  parts.noticing.push(() => refresher.problems());
  const timers = [
    setInterval(() => membership.say('heartbeat'), HEARTBEAT_MS),
    setInterval(() => clerk.tick(), CLERK_TICK_MS),
    setInterval(() => void forecasts.save().catch((error: unknown) => logger.warn({ err: error }, 'a snapshot was not saved')), SAVE_MS),
  ];
  metrics.show('seqcast_forecasts_total', () => forecasts.made);
  metrics.show('seqcast_forecast_streams', () => forecasts.streams);
  return {
    role: 'forecaster',
    problems: () => [],
    async close() {
      for (const timer of timers) clearInterval(timer);
      forecasts.endWaiting();
      await group.close();
      await changing;
      await membership.leave();
      await book.close();
      await clerk.close();
      await watch.close();
      await refresher.close();
      await forecasts.close();
    },
  };
}
