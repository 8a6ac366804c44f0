/** Profiles and announced bursts as callers say them and are shown them. */

/** An announced burst that is not over. */
export interface AnnouncementView {
  readonly stream: string;
  readonly sequence: string;
  readonly clientType: string;
  readonly service: string;
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly state: 'planned' | 'on';
}

/** What a profile is for: a client type; of it one service, one sequence, or both, where they are named. */
export interface ProfileName {
  readonly clientType: string;
  readonly service?: string;
  readonly sequence?: string;
}

/** What is expected of streams that have no history yet. What is left out is as the pattern usually is. */
export interface ProfileAttributes {
  readonly pattern: 'steady' | 'office-hours' | 'hourly-batch' | 'end-of-month';
  /** Values per second while active; outside, this share of it. */
  readonly rate: number;
  readonly restShare?: number;
  /** Weekdays from 1 (Monday) to 7; of `end-of-month` days from the last, 1. Empty: every day. */
  readonly days?: readonly number[];
  /** `[from, until)`: minutes of the local day, of `hourly-batch` of the hour; may end in the next one. */
  readonly fromMinute?: number;
  readonly untilMinute?: number;
  readonly utcOffsetMinutes?: number;
}

export interface ProfileView extends ProfileName, ProfileAttributes {
  readonly setAtMs: number;
}
