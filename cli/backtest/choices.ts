/** How lists on the command line of `backtest` and `tune` are read: lead times, durations, names. Whatever is wrong names what would do. */
import { existsSync, readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { LeadTimeChoice } from '../../backtest/orchestration/cells.ts';
import { durationOf } from '../command-options.ts';

const SAMPLED = 'sampled:';
/** Orders that take longer are not allocations but purchases. */
const LEAD_TIME_S_MAX = 3_600;
/** Steps of the replay: shorter lead times would be as long. */
const LEAD_TIME_S_MIN = 0.01;
const RIDE_THROUGH_S_MAX = 86_400;

export function leadTimesOf(text: string): LeadTimeChoice[] {
  return namesOf(text).map((each) => (each.startsWith(SAMPLED) ? sampledFrom(each.slice(SAMPLED.length)) : fixed(each)));
}

function fixed(text: string): LeadTimeChoice {
  const leadTimeS = durationOf(text) / 1_000;
  checkLeadTime(leadTimeS, text);
  return { kind: 'fixed', name: text, leadTimeS };
}

/** A lead time a line: milliseconds, or a number and its unit. */
function sampledFrom(file: string): LeadTimeChoice {
  if (!existsSync(file)) throw new InvalidArgumentError(`There is no file ${file} of measured lead times.`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const samplesS = lines.flatMap((line, i) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) : durationIn(file, i, text);
    checkLeadTime(ms / 1_000, `line ${i + 1} of ${file}, ${text},`);
    return [ms / 1_000];
  });
  if (samplesS.length === 0) throw new InvalidArgumentError(`${file} holds no lead time: write one a line, in milliseconds.`);
  return { kind: 'sampled', name: `${SAMPLED}${file}`, samplesS };
}

function durationIn(file: string, line: number, text: string): number {
  try {
    return durationOf(text);
  } catch {
    throw new InvalidArgumentError(`Line ${line + 1} of ${file} is "${text}": write milliseconds, or a number and a unit such as 1.5s.`);
  }
}

function checkLeadTime(leadTimeS: number, text: string): void {
  if (leadTimeS >= LEAD_TIME_S_MIN && leadTimeS <= LEAD_TIME_S_MAX) return;
  throw new InvalidArgumentError(`A lead time is 10ms to 1h; ${text} is not.`);
}

/** Seconds; a bare 0 needs no unit. */
export function spansOf(text: string): number[] {
  return namesOf(text).map((each) => spanOf(each));
}

export function spanOf(text: string): number {
  const seconds = text === '0' ? 0 : durationOf(text) / 1_000;
  if (seconds <= RIDE_THROUGH_S_MAX) return seconds;
  throw new InvalidArgumentError(`A day is the longest; ${text} is longer.`);
}

export function namesOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return [...new Set(names)];
  throw new InvalidArgumentError('They are names with commas between them.');
}

export function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share > 0 && share < 1) return share;
  throw new InvalidArgumentError('It is a share above 0 and below 1, such as 0.6.');
}

export function countOf(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It is a whole number from 1.');
}

export function positiveOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It is a number above 0.');
}

export function positivesOf(text: string): number[] {
  return text === 'none' ? [] : namesOf(text).map(positiveOf);
}

export function numberFromZeroOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It is a number from 0.');
}

export function percentOf(text: string): number {
  const percent = positiveOf(text);
  if (percent <= 100) return percent;
  throw new InvalidArgumentError('It is a percentage, 100 at most.');
}
