/**
 * Profiles and announced bursts as callers set, list and end them: checked, and on their way to the log.
 */
import { SequenceError } from '../../../core/errors.ts';
import { ANNOUNCEMENTS_PER_STREAM_MAX, DECLARED_RATE_MAX, PROFILES_MAX } from '../../../core/limits.ts';
import { checkName, type SequenceDefinition } from '../../../core/sequence.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, parseStreamId, partitionKey, partitionOf, streamId } from '../../../core/stream.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import { profileMisfit } from '../../../pipelines/profile-check.ts';
import { keyOfProfile } from '../../../pipelines/profile-keys.ts';
import type { BurstDeclared, ProfileSet } from '../../../schemas/messages.ts';
import type { Announcement } from '../service/service.ts';
import type { ExpectationBook } from './expectation-book.ts';
import type { AnnouncementView, ProfileAttributes, ProfileName, ProfileView } from './expectation-views.ts';

/** An announced burst may last this long at most: longer is not a burst but the demand, and the forecast learns it. */
const ANNOUNCEMENT_MS_MAX = 7 * 86_400_000;
/** It begins at most so far ahead: announcements are kept for five weeks, and it has to be over by then. */
const AHEAD_MS_MAX = 28 * 86_400_000;

/** Weekdays of an office, hours of its day; minutes of a batch; the last three days of a month. */
const DEFAULTS = {
  steady: { days: [], fromMinute: 0, untilMinute: 0 },
  'office-hours': { days: [1, 2, 3, 4, 5], fromMinute: 480, untilMinute: 1_080 },
  'hourly-batch': { days: [], fromMinute: 0, untilMinute: 5 },
  'end-of-month': { days: [1, 2, 3], fromMinute: 0, untilMinute: 1_440 },
} as const;

export interface ExpectationDeskOptions {
  readonly book: ExpectationBook;
  readonly clock: Clock;
  readonly partitionCount: number;
  /** Throws `SEQ_UNKNOWN_SEQUENCE`. */
  readonly definitionOf: (sequence: string) => SequenceDefinition;
}

export class ExpectationDesk {
  readonly #options: ExpectationDeskOptions;

  constructor(options: ExpectationDeskOptions) {
    this.#options = options;
  }

  profiles(): readonly ProfileView[] {
    return this.#options.book.profiles().map(viewOfProfile);
  }

  profile(name: ProfileName): ProfileView {
    return viewOfProfile(this.#profile(name));
  }

  async setProfile(name: ProfileName, attributes: ProfileAttributes): Promise<ProfileView> {
    const { book, clock } = this.#options;
    checkNames(name);
    const { pattern, rate, restShare = 0, utcOffsetMinutes = 0 } = attributes;
    const { clientType, service = '', sequence = '' } = name;
    const { days, fromMinute, untilMinute } = { ...DEFAULTS[pattern], ...given(attributes) };
    const key = keyOfProfile({ clientType, service, sequence });
    const former = book.profile(key);
    // A later word has a later time, whatever the clocks of two gateways say.
    const atMs = Math.max(clock.nowMs(), (former?.atMs ?? 0) + 1);
    const span = { days: [...days], fromMinute, untilMinute, utcOffsetMinutes };
    const profile: ProfileSet = { kind: 'ProfileSet', clientType, service, sequence, pattern, rate, restShare, ...span, atMs };
    const misfit = profileMisfit(profile);
    if (misfit !== undefined) throw new SequenceError('SEQ_INVALID_REQUEST', misfit);
    if (former === undefined && book.profiles().length >= PROFILES_MAX) {
      throw new SequenceError('SEQ_TOO_MANY_PROFILES', `there are ${PROFILES_MAX} profiles already`, { max: PROFILES_MAX });
    }
    await book.setProfile(profile);
    return viewOfProfile(profile);
  }

  async removeProfile(name: ProfileName): Promise<void> {
    const { book, clock } = this.#options;
    const profile = this.#profile(name);
    await book.setProfile({ ...profile, pattern: 'none', atMs: Math.max(clock.nowMs(), profile.atMs + 1) });
  }

  announcements(): readonly AnnouncementView[] {
    const nowMs = this.#options.clock.nowMs();
    return this.#options.book.bursts().map((burst) => viewOfBurst(burst, nowMs));
  }

  async announce(announcement: Announcement): Promise<void> {
    const { book, clock } = this.#options;
    const { sequence, clientType = DEFAULT_CLIENT_TYPE, service = DEFAULT_SERVICE, rate, fromMs, untilMs } = announcement;
    if (!(rate > 0 && rate <= DECLARED_RATE_MAX)) {
      throw new SequenceError('SEQ_INVALID_REQUEST', `rate is ${rate}: announce values per second above 0, at most ${DECLARED_RATE_MAX}`);
    }
    const lastsMs = untilMs - fromMs;
    if (!(lastsMs > 0 && lastsMs <= ANNOUNCEMENT_MS_MAX)) {
      throw new SequenceError('SEQ_INVALID_REQUEST', 'an announced burst ends after it begins and lasts at most 7 days');
    }
    if (fromMs > clock.nowMs() + AHEAD_MS_MAX) {
      throw new SequenceError('SEQ_INVALID_REQUEST', 'an announced burst begins within the next 28 days');
    }
    const stream = streamId({ sequence, clientType, service });
    const partition = this.#partitionOf(sequence, stream);
    const known = book.burstsOf(partition).filter((each) => each.stream === stream && each.fromMs !== fromMs);
    if (known.length >= ANNOUNCEMENTS_PER_STREAM_MAX) {
      const message = `${stream} has ${ANNOUNCEMENTS_PER_STREAM_MAX} announced bursts already`;
      throw new SequenceError('SEQ_TOO_MANY_ANNOUNCEMENTS', message, { stream, max: ANNOUNCEMENTS_PER_STREAM_MAX });
    }
    await book.declare(partition, { kind: 'BurstDeclared', stream, rate, fromMs: Math.trunc(fromMs), untilMs: Math.trunc(untilMs) });
  }

  async endAnnouncement(stream: string, fromMs: number): Promise<void> {
    const { book, partitionCount } = this.#options;
    // Looked for everywhere: an alter may have moved the stream since.
    for (let partition = 0; partition < partitionCount; partition++) {
      const burst = book.burstsOf(partition).find((each) => each.stream === stream && each.fromMs === fromMs);
      if (burst !== undefined) return await book.declare(partition, { ...burst, rate: 0 });
    }
    throw new SequenceError('SEQ_UNKNOWN_ANNOUNCEMENT', `no burst of ${stream} that begins at ${fromMs} is announced`, { stream, fromMs });
  }

  #profile({ clientType, service = '', sequence = '' }: ProfileName): ProfileSet {
    const profile = this.#options.book.profile(keyOfProfile({ clientType, service, sequence }));
    if (profile !== undefined) return profile;
    const of = [service !== '' && `service ${service}`, sequence !== '' && `sequence ${sequence}`].filter((each) => each !== false);
    const message = `there is no profile of client type ${[clientType, ...of].join(', ')}`;
    throw new SequenceError('SEQ_UNKNOWN_PROFILE', message, { clientType, service, sequence });
  }

  #partitionOf(sequence: string, stream: string): number {
    return partitionOf(partitionKey(stream, this.#options.definitionOf(sequence)), this.#options.partitionCount);
  }
}

function checkNames({ clientType, service, sequence }: ProfileName): void {
  checkName('client type', clientType);
  if (service !== undefined) checkName('service', service);
  if (sequence !== undefined) checkName('sequence', sequence);
}

/** What was said of when it is active: the rest is as the pattern usually is. */
function given({ days, fromMinute, untilMinute }: ProfileAttributes): Partial<Pick<ProfileSet, 'days' | 'fromMinute' | 'untilMinute'>> {
  return {
    ...(days !== undefined && { days }),
    ...(fromMinute !== undefined && { fromMinute }),
    ...(untilMinute !== undefined && { untilMinute }),
  };
}

function viewOfProfile({ clientType, service, sequence, pattern, rate, restShare, days, ...rest }: ProfileSet): ProfileView {
  const { fromMinute, untilMinute, utcOffsetMinutes, atMs } = rest;
  const span = pattern === 'steady' ? {} : { restShare, days, fromMinute, untilMinute, utcOffsetMinutes };
  const of = { ...(service !== '' && { service }), ...(sequence !== '' && { sequence }) };
  return { clientType, ...of, pattern: pattern === 'none' ? 'steady' : pattern, rate, ...span, setAtMs: atMs };
}

function viewOfBurst({ stream, rate, fromMs, untilMs }: BurstDeclared, nowMs: number): AnnouncementView {
  return { stream, ...parseStreamId(stream), rate, fromMs, untilMs, state: fromMs <= nowMs ? 'on' : 'planned' };
}
