/** The rule's own entries: in both classes of ride-through, without its forecast, and at other prices of an allocation. */
import { ALLOCATIONS_PER_HOUR } from '../../core/sizing/order-size.ts';
import { LiveForecast, PeakForecast } from '../policies/forecast-feed.ts';
import { horizonsMsOf } from '../policies/forecast-track.ts';
import { speakingTogether } from '../policies/minute-voices.ts';
import { seqcastRuleFed } from '../policies/seqcast-rule.ts';
import { SharedForecast } from '../policies/shared-forecast.ts';
import type { Contestant, EnteredStream } from './contestant.ts';

export type RideThroughClass = 'expected' | 'insured';

export interface RuleSettings {
  readonly rideThroughClass: RideThroughClass;
  readonly targetStallsPpm: number;
  readonly allocationsPerHour: number;
  readonly forecast: boolean;
}

export interface RuleChoices {
  readonly classes: readonly RideThroughClass[];
  readonly targetStallsPpm: number;
  readonly allocationsPerHour?: number;
}

/** Of the first class that was chosen: more points would hide the others. */
export function sweptRules({ classes, targetStallsPpm }: RuleChoices, allocationsPerHour: readonly number[]): Contestant[] {
  const rideThroughClass = classes[0] ?? 'expected';
  return allocationsPerHour.map((each) => {
    const settings = { rideThroughClass, targetStallsPpm, forecast: true, allocationsPerHour: each };
    return ruleContestant(settings, `seqcast at ${each}/h`);
  });
}

export function ruleContestants({ classes, targetStallsPpm, allocationsPerHour = ALLOCATIONS_PER_HOUR }: RuleChoices): Contestant[] {
  const settings = { targetStallsPpm, allocationsPerHour };
  const [first = 'expected'] = classes;
  return [
    ...classes.map((rideThroughClass, i) => {
      const name = classes.length === 1 ? 'seqcast' : `seqcast, ${rideThroughClass}`;
      const contestant = ruleContestant({ ...settings, rideThroughClass, forecast: true }, name);
      // The classes differ in the ride-through only.
      return i === 0 ? contestant : { ...contestant, runsWith: (rideThroughS: number) => rideThroughS > 0 };
    }),
    ruleContestant({ ...settings, rideThroughClass: first, forecast: false }, 'seqcast, no forecast'),
  ];
}

export function ruleContestant(settings: RuleSettings, name: string): Contestant {
  const { rideThroughClass, targetStallsPpm, allocationsPerHour, forecast } = settings;
  return {
    id: `seqcast ${rideThroughClass} ${targetStallsPpm} ppm ${allocationsPerHour}/h${forecast ? '' : ' without forecast'}`,
    name,
    group: forecast ? 'seqcast' : 'without forecast',
    fitted: false,
    create: (stream) => {
      const { leadTimes, rideThroughS } = stream;
      const feed = forecastOf(stream, forecast).view();
      return seqcastRuleFed(feed, {
        name,
        leadTimeS: leadTimes.plannedS,
        rideThroughS,
        rideThroughClass,
        targetStallsPpm,
        allocationsPerHour,
      });
    },
  };
}

function forecastOf({ shared, startMs, leadTimes, rideThroughS, voices }: EnteredStream, forecast: boolean): SharedForecast {
  const horizonsMs = horizonsMsOf(leadTimes.plannedS * 1_000, rideThroughS * 1_000);
  return shared(forecast ? 'forecast' : 'peaks', () => {
    return new SharedForecast(
      forecast ? new LiveForecast(startMs, horizonsMs, speakingTogether(voices)) : new PeakForecast(startMs, horizonsMs),
    );
  });
}
