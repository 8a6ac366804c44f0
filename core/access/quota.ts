/**
 * How many values a key may take of which sequences in an hour, a day or a month (UTC). Gateways do not count every value together: each
 * leases a slice of what is left, so nothing is ever given out beyond the quota; what a gateway that dies had leased is lost to the key.
 */
import { SequenceError } from '../errors.ts';
import { checkPattern } from './scope.ts';

const PERIODS = ['hour', 'day', 'month'] as const;
type QuotaPeriod = (typeof PERIODS)[number];

export interface Quota {
  readonly pattern: string;
  readonly values: number;
  readonly period: QuotaPeriod;
}

/** One lease: a hundredth of the quota, so that a gateway that dies costs no more, and no more than this many appends a period. */
const SLICES = 100;
/** A single call of a client takes this many: smaller slices would be a round trip a call. */
const SLICE_MIN = 1_000;
/** Where an ISO time such as 2026-11-30T12:00 ends. */
const ISO_LENGTH: Readonly<Record<QuotaPeriod, number>> = { hour: 13, day: 10, month: 7 };

/** `acme.orders=1000000/day` as people write it; throws `SEQ_INVALID_REQUEST`. */
export function parseQuota(text: string): Quota {
  const [, pattern = '', digits, word] = /^([^=]+)=([1-9][0-9]{0,15})\/([a-z]+)$/.exec(text) ?? [];
  const period = PERIODS.find((each) => each === word);
  const values = Number(digits);
  if (period === undefined || !Number.isSafeInteger(values)) {
    const message = `quota ${JSON.stringify(text)} is not one: write a pattern, '=', values, '/' and ${PERIODS.join(', ')}, as acme.*=1000000/day`;
    throw new SequenceError('SEQ_INVALID_REQUEST', message);
  }
  checkPattern(pattern);
  return { pattern, values, period };
}

export function quotaText({ pattern, values, period }: Quota): string {
  return `${pattern}=${values}/${period}`;
}

/** The period that a moment lies in, as the beginning of its ISO time: `2026-11-30T12`, `2026-11-30`, `2026-11`. */
export function periodAt({ period }: Quota, nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, ISO_LENGTH[period]);
}

/** Seconds until the period ends and the key may take values again. */
export function secondsLeft({ period }: Quota, nowMs: number): number {
  const now = new Date(nowMs);
  const [year, month, day, hour] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), now.getUTCHours()];
  const end =
    period === 'hour'
      ? Date.UTC(year, month, day, hour + 1)
      : period === 'day'
        ? Date.UTC(year, month, day + 1)
        : Date.UTC(year, month + 1);
  return Math.max(1, Math.ceil((end - nowMs) / 1_000));
}

/** What a gateway leases at once when a call asks for `asked` and `left` are left; 0 where they do not suffice. */
export function sliceOf({ values }: Quota, asked: number, left: number): number {
  if (asked > left) return 0;
  return Math.min(left, Math.max(asked, Math.min(SLICE_MIN, values), Math.ceil(values / SLICES)));
}
