/**
 * What the stack has to know of one process of an engine, whichever engine it is: what to make ready, what to run, how to ask
 * whether it serves, and how to end it.
 */
export const ENGINE_NAMES = ['kafka', 'redis', 'etcd', 'postgres'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export const LOOPBACK = '127.0.0.1';

export interface EngineProcess {
  readonly engine: EngineName;
  /** Unique in a stack: `kafka-1`, `redis`, `redis-replica`. It names the log file too. */
  readonly name: string;
  /** Where clients connect, on 127.0.0.1. */
  readonly port: number;
  /** Asks it to end without losing what it acknowledged. */
  readonly stopSignal: NodeJS.Signals;
  readonly startTimeoutMs: number;
  /** Makes directories, settings and formats before each start; what is there already stays as it is. */
  prepare(): Promise<void>;
  command(): Command;
  /** Whether it speaks its own protocol, not only has an open port. */
  answers(): Promise<boolean>;
  /** Whether it serves, and sees the processes that it needs: the other brokers, the primary. */
  isHealthy(): Promise<boolean>;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whom to run as, where it refuses to run as root. */
  readonly user?: SystemUser | undefined;
}

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}
