/** Whether an engine is there, since when, and why not: what `/readyz` shows, and what is logged when it changes. */

export interface EngineHealth {
  readonly up: boolean;
  /** When it came or went. */
  readonly sinceMs: number;
  /** Why it is not up. */
  readonly problem: string | undefined;
}

export type EngineLog = (message: string, level: 'info' | 'warn') => void;

export interface HealthRecord {
  read(): EngineHealth;
  up(): void;
  down(problem: string): void;
}

/** A record that begins as up; only changes are logged, so that an engine that stays away does not fill the log. */
export function createHealthRecord(engine: string, onLog: EngineLog | undefined): HealthRecord {
  let health: EngineHealth = { up: true, sinceMs: Date.now(), problem: undefined };
  return {
    read: () => health,
    up() {
      if (health.up) return;
      const awayMs = Date.now() - health.sinceMs;
      health = { up: true, sinceMs: Date.now(), problem: undefined };
      onLog?.(`${engine} is back after ${awayMs} ms`, 'info');
    },
    down(problem) {
      if (!health.up) return;
      health = { up: false, sinceMs: Date.now(), problem };
      onLog?.(`${engine} is away: ${problem}`, 'warn');
    },
  };
}
