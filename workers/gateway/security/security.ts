/**
 * What a gateway needs to know who asks and what they may do, put together as configured. A server that others can reach needs keys, or
 * somebody who says aloud that it does not.
 */
import { join } from 'node:path';
import { SequenceError } from '../../../core/errors.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';
import type { Config } from '../../runtime/process/config.ts';
import { AuditFile } from './audit-file.ts';
import { type Door, Doorkeeper } from './doorkeeper.ts';
import { KeyBook } from './key-book.ts';
import { QuotaBook } from './quota-book.ts';
import { RequestRate } from './request-rate.ts';

export interface GatewaySecurity {
  readonly door: Door;
  readonly book: KeyBook;
  readonly doorkeeper: Doorkeeper;
  readonly quotas: QuotaBook;
  readonly audit: AuditFile;
  /** Left out where requests are not limited. */
  readonly rate: RequestRate | undefined;
  readonly nowMs: () => number;
  /** Gives leased quotas back. */
  close(): Promise<void>;
}

export type SecuritySettings = Pick<Config, 'host' | 'insecure' | 'requireKeys' | 'adminKey' | 'dataDir' | 'requestsPerSecond'>;

export interface SecurityParts {
  readonly routes: RouteTable;
  readonly onProblem: (message: string, error?: unknown) => void;
  readonly nowMs: () => number;
}

const AUDIT_FILE = join('audit', 'audit.jsonl');

export async function openSecurity(settings: SecuritySettings, { routes, onProblem, nowMs }: SecurityParts): Promise<GatewaySecurity> {
  const { adminKey, dataDir, requestsPerSecond } = settings;
  const door = doorOf(settings);
  const book = new KeyBook(routes, nowMs, (id) => onProblem(`API key ${id} cannot be read, and opens nothing`));
  await book.start();
  const problem = bindProblem(settings, book.size);
  if (problem !== undefined) {
    await book.close();
    throw new SequenceError('SEQ_CONFIG_INVALID', problem);
  }
  const quotas = new QuotaBook(routes, nowMs);
  return {
    door,
    book,
    doorkeeper: new Doorkeeper({ door, book, adminKey }),
    quotas,
    audit: new AuditFile({ path: join(dataDir, AUDIT_FILE), onProblem: (error) => onProblem('the audit log cannot be written', error) }),
    rate: requestsPerSecond === undefined ? undefined : new RequestRate({ perSecond: requestsPerSecond, nowMs: () => performance.now() }),
    nowMs,
    async close() {
      await quotas.close();
      await book.close();
    },
  };
}

/** Why a server must not listen as configured; undefined where it may. */
export function bindProblem(
  settings: Pick<SecuritySettings, 'host' | 'insecure' | 'requireKeys' | 'adminKey'>,
  keys: number,
): string | undefined {
  if (doorOf(settings) !== 'keys' || keys > 0 || settings.adminKey !== undefined) return undefined;
  const where = isLoopback(settings.host) ? '--require-keys is set' : `host ${settings.host} can be reached from other machines`;
  return `${where} and there is no API key: make one with \`seqcast keys create\`, or set SEQCAST_ADMIN_KEY; --insecure lets everybody in`;
}

export function doorOf({ host, insecure, requireKeys }: Pick<SecuritySettings, 'host' | 'insecure' | 'requireKeys'>): Door {
  if (insecure) return 'insecure';
  return requireKeys || !isLoopback(host) ? 'keys' : 'loopback';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
