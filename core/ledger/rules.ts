/**
 * The guards of the ledger and its readers, by name. In production all of them are on, always; the simulator switches one off
 * to show that each is needed, on the same code that runs live.
 */
export interface Rules {
  /** G1: the log arbitrates. A claim starts at the generation's next ordinal, a range is opened once, a shard starts at its cursor. */
  readonly logArbitration: boolean;
  /** G2: a shard is addressed to one incarnation of a pool; another life neither loads nor returns it. */
  readonly incarnation: boolean;
  /** G3: a store that lost or rolled back its data refuses what was loaded in its former life. */
  readonly fence: boolean;
  /** A shard is closed once: the first return, burn or loss wins, and only what the store took out comes back. */
  readonly returns: boolean;
  /** What is given back was taken out of the store first: a remainder that is only read there goes on being issued. */
  readonly revoke: boolean;
  /** What belongs to a period is not served once the period is over by the store's own clock, fenced or not. */
  readonly period: boolean;
}

export const ALL_RULES: Rules = { logArbitration: true, incarnation: true, fence: true, returns: true, revoke: true, period: true };
