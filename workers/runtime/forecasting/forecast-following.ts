/** Hears every forecast that is made from now on, in all partitions. */
import type { EventLog, LogEntry, Subscription } from '../../../pipelines/ports.ts';
import type { Forecast } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';

export interface ForecastFollowing {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly onForecast: (forecast: Forecast) => void;
  readonly onFailure: (error: unknown) => void;
}

export async function followForecasts({ log, partitionCount, onForecast, onFailure: onError }: ForecastFollowing): Promise<Subscription[]> {
  const subscriptions: Subscription[] = [];
  const topic = TOPICS.forecasts.name;
  for (let partition = 0; partition < partitionCount; partition++) {
    const from = await log.endOffset(topic, partition);
    const handler = (entries: readonly LogEntry[]): void => {
      for (const forecast of readable(TOPICS.forecasts, entries, () => undefined)) onForecast(forecast as Forecast);
    };
    subscriptions.push(log.subscribe({ topic, partition, from, handler, onError }));
  }
  return subscriptions;
}
