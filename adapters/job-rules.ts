/**
 * What every job queue agrees on, whatever engine is beneath it: how often a failed job runs again and after which pause, how long what
 * ended is kept, what an id may look like, and when the next interval of a schedule begins.
 */

import { SequenceError } from '../core/errors.ts';
import { NAME_PATTERN } from '../core/limits.ts';
import type { JobToAdd } from '../pipelines/ports.ts';

/** A job is started this often at most, runs that its process did not survive included: then somebody should look at it. */
const ATTEMPTS_MAX = 5;

/** The first pause; it doubles with every failure. Long enough that a restarted engine is back before the attempts are used up. */
const RETRY_PAUSE_MS = 2_000;
const RETRY_PAUSE_MS_MAX = 300_000;

/** Share of a pause that chance decides, so that jobs that failed together do not come back together. */
const RETRY_JITTER = 0.5;

/** Done jobs answer "did it run?" and keep their ids from being added again; a week covers whoever asks after a weekend. */
export const DONE_KEPT_MAX = 1_000;
export const DONE_KEPT_MS = 7 * 86_400_000;

/** Dead jobs wait for somebody to look at them. */
export const DEAD_KEPT_MAX = 1_000;
export const DEAD_KEPT_MS = 30 * 86_400_000;

/** A list is for looking at; nobody reads more. */
export const LISTED_MAX = 1_000;

/** What a job is told and what it answers are facts about work, not the work: larger things belong into the archive. */
const JSON_CHARS_MAX = 256 * 1024;
const ERROR_CHARS_MAX = 2_000;

/** Shorter intervals are work for a timer, not for a durable queue. */
const EVERY_MS_MIN = 100;

const ID_PATTERN = /^[\x21-\x7e]{1,200}$/;
/** `{name}@{start of the interval}`: the ids of scheduled jobs. */
const SCHEDULED_ID = /^(.+)@(\d+)$/;

export interface RetryRule {
  readonly attemptsMax: number;
  /** Before the second attempt; doubles from there. */
  readonly pauseMs: number;
}

export const RETRY_RULE: RetryRule = { attemptsMax: ATTEMPTS_MAX, pauseMs: RETRY_PAUSE_MS };

/** How long to wait after `attempt` (1: the first) failed. */
export function retryPauseMs(attempt: number, { pauseMs }: Pick<RetryRule, 'pauseMs'>): number {
  const longest = Math.min(pauseMs * 2 ** (attempt - 1), RETRY_PAUSE_MS_MAX);
  return Math.ceil(longest * (1 - RETRY_JITTER * Math.random()));
}

/** The start of the first interval that begins after `nowMs`. Intervals are counted from the epoch, so everybody means the same ones. */
export function nextIntervalMs(nowMs: number, everyMs: number): number {
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}

export function scheduledId(name: string, atMs: number): string {
  return `${name}@${atMs}`;
}

/** The schedule and the interval that an id stands for; undefined for the id of a job that was added. */
export function scheduleOf(id: string): { readonly name: string; readonly atMs: number } | undefined {
  const [, name, atMs] = SCHEDULED_ID.exec(id) ?? [];
  return name === undefined ? undefined : { name, atMs: Number(atMs) };
}

/** Throws `SEQ_INVALID_NAME` or `SEQ_INVALID_REQUEST` where name, id or delay cannot be used. */
export function checkJob({ name, id, delayMs = 0 }: JobToAdd): void {
  checkJobName(name);
  if (!ID_PATTERN.test(id))
    throw invalid(`a job id has 1 to 200 printable ASCII characters and no spaces: ${JSON.stringify(id.slice(0, 220))}`);
  if (SCHEDULED_ID.test(id)) throw invalid(`a job id that ends in @ and digits belongs to a schedule: ${id}`);
  if (!Number.isFinite(delayMs) || delayMs < 0) throw invalid(`the delay of a job is 0 ms or more, not ${delayMs}`);
}

export function checkJobName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new SequenceError('SEQ_INVALID_NAME', `not a name for jobs: ${JSON.stringify(name.slice(0, 80))}`, { name });
}

export function checkSchedule({ name, everyMs }: { readonly name: string; readonly everyMs: number }): void {
  checkJobName(name);
  if (Number.isSafeInteger(everyMs) && everyMs >= EVERY_MS_MIN) return;
  throw invalid(`a schedule has an interval of ${EVERY_MS_MIN} ms or more, in whole milliseconds, not ${everyMs}`);
}

/** What a job is told, as JSON; throws `SEQ_INVALID_REQUEST` where it is none or too large. Nothing said is `null`. */
export function jobDataJson(data: unknown): string {
  let json: string;
  try {
    json = JSON.stringify(data) ?? 'null';
  } catch (cause) {
    throw new SequenceError('SEQ_INVALID_REQUEST', `the data of a job is not JSON: ${failureText(cause)}`, {}, { cause });
  }
  if (json.length > JSON_CHARS_MAX) throw invalid(`the data of a job has ${json.length} characters, at most ${JSON_CHARS_MAX} are allowed`);
  return json;
}

/** What a handler returned, as JSON. The work is done by then, so that an answer nobody can keep is no failure: it is left out. */
export function jobResultJson(result: unknown): string {
  try {
    const json = JSON.stringify(result) ?? 'null';
    return json.length > JSON_CHARS_MAX ? JSON.stringify(`left out: ${json.length} characters`) : json;
  } catch (error) {
    return JSON.stringify(`left out: ${failureText(error)}`);
  }
}

export function failureText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, ERROR_CHARS_MAX);
}

/** A share as it is kept: between 0 and 1. */
export function progressShare(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
