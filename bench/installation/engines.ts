/** The engines a bench runs on, from the environment that `seqcast stack up` prints. */
import { ENVIRONMENT } from '../../workers/runtime/process/config.ts';

export interface BenchEngines {
  readonly kafka: string;
  readonly redis: string;
  /** What a process of the installation is started with. */
  readonly env: Readonly<Record<string, string>>;
}

export function benchEngines(): BenchEngines {
  const { SEQCAST_KAFKA: kafka, SEQCAST_REDIS: redis } = ENVIRONMENT;
  if (kafka === undefined || redis === undefined) {
    throw new Error('this bench needs real engines: run `seqcast stack up --shell`, and set what it prints');
  }
  return { kafka, redis, env: { SEQCAST_KAFKA: kafka, SEQCAST_REDIS: redis } };
}

export function hasBenchEngines(): boolean {
  return ENVIRONMENT.SEQCAST_KAFKA !== undefined && ENVIRONMENT.SEQCAST_REDIS !== undefined;
}

export function benchPostgres(): string {
  const { SEQCAST_POSTGRES: postgres } = ENVIRONMENT;
  if (postgres === undefined) throw new Error('this bench needs PostgreSQL: run `seqcast stack up --shell`, and set what it prints');
  return postgres;
}

export function hasBenchPostgres(): boolean {
  return ENVIRONMENT.SEQCAST_POSTGRES !== undefined;
}

/** A process that a bench starts takes what it finds there, and would be another one than the bench means. */
export function forgetEngines(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('SEQCAST_')) delete process.env[name];
}
