/**
 * Where a Redis is and how to speak to it, as its URL says (`redis://` or, over TLS, `rediss://user:password@host:port/db`), and what
 * to tell an operator when it cannot be reached. Shared by everything that opens connections to Redis.
 */
import { readFileSync } from 'node:fs';
import { SequenceError } from '../../core/errors.ts';

/** Longer than any healthy handshake, shorter than an operator's patience. */
export const CONNECT_TIMEOUT_MS = 5_000;

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: { readonly ca?: string } | undefined;
  /** For messages: without user and password. */
  readonly shown: string;
}

const PORT = 6379;

/** Reads the URL and the certificate file; throws `SEQ_ENGINE_UNREACHABLE` where one of them cannot be used. */
export function redisAddress(url: string, caFile?: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw unreachable('Redis', 'its URL is not of the form redis://host:port or rediss://host:port', 'correct the URL');
  }
  const isTls = parsed.protocol === 'rediss:';
  const db = Number(parsed.pathname.slice(1));
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? PORT : Number(parsed.port),
    db: Number.isSafeInteger(db) ? db : 0,
    username: parsed.username === '' ? undefined : decodeURIComponent(parsed.username),
    password: parsed.password === '' ? undefined : decodeURIComponent(parsed.password),
    tls: isTls ? (caFile === undefined ? {} : { ca: readCertificate(caFile) }) : undefined,
    shown: `${parsed.protocol}//${parsed.host}`,
  };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreachable('Redis', `the certificate file ${file} cannot be read`, 'correct caFile', cause);
  }
}

// What the cause of a failed opening says, and what an operator changes then.
const REMEDIES: readonly (readonly [pattern: RegExp, what: string, change: string])[] = [
  [/WRONGPASS|invalid password|NOAUTH/i, 'it refuses the user or password', 'check user and password in the URL'],
  [/NOPERM/i, 'the user may not do what is needed', "extend the user's ACL by the commands and keys that the deployment guide lists"],
  [/ECONNREFUSED/, 'nothing listens there', 'start Redis, or correct host and port of the URL'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name is not known', 'correct the host of the URL'],
  [
    /certificate|altnames|self.signed|CERT_/i,
    'its certificate is not trusted',
    'name the authority that signed it in caFile, and the host as it is in the certificate',
  ],
  [
    /wrong version number|EPROTO|ECONNRESET|EPIPE|closed|RESP type|Protocol error/i,
    'it speaks another protocol',
    'use rediss:// where the port speaks TLS and redis:// where it does not',
  ],
  [
    /ETIMEDOUT|timed out|EHOSTUNREACH|ENETUNREACH/i,
    'it does not answer',
    'check host, port and firewall, and use redis:// where the port does not speak TLS',
  ],
];

/** The error of an opening that failed, with what to change. */
export function redisUnreachable(shown: string, cause: unknown): SequenceError {
  const text = cause instanceof Error ? `${(cause as { code?: string }).code ?? ''} ${cause.message}` : String(cause);
  const [, what, change] = REMEDIES.find(([pattern]) => pattern.test(text)) ?? ['', 'it cannot be used', 'check the URL'];
  return unreachable(`Redis at ${shown}`, `${what} (${text.trim()})`, change, cause);
}

function unreachable(who: string, what: string, change: string, cause?: unknown): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNREACHABLE', `${who} cannot be reached: ${what}; ${change}`, { engine: 'redis' }, { cause });
}

/** The error of a call to an engine that was there before. */
export function redisAway(shown: string, cause: unknown): SequenceError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new SequenceError('SEQ_ENGINE_AWAY', `Redis at ${shown} does not answer: ${text}`, { engine: 'redis' }, { cause });
}

/** Fields of an INFO answer, such as `role` or `maxmemory_policy`. */
export function infoFields(info: string): ReadonlyMap<string, string> {
  const lines = info.split(/\r?\n/).filter((line) => line.includes(':') && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** Throws `SEQ_ENGINE_UNUSABLE` for a replica, and for a server that forgets keys when its memory is full. */
export function checkUsable(shown: string, info: ReadonlyMap<string, string>): void {
  if (info.get('role') === 'slave') {
    throw unusable(shown, 'it is a replica of another server', 'name the primary in the URL');
  }
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw unusable(
      shown,
      `maxmemory-policy is ${policy}, so that it deletes keys when its memory is full`,
      'set maxmemory-policy to noeviction',
    );
  }
}

/** Throws `SEQ_ENGINE_UNUSABLE` for a server of a Cluster: `use` is of one piece, and a Cluster would spread it or send callers around. */
export function checkNoCluster(shown: string, info: ReadonlyMap<string, string>, use: string, change: string): void {
  if (info.get('cluster_enabled') === '1') {
    throw unusable(shown, `it is one server of a Cluster, which cannot hold ${use}`, `name a Redis that is no Cluster ${change}`);
  }
}

export function unusable(shown: string, what: string, change: string): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNUSABLE', `Redis at ${shown} must not be used: ${what}; ${change}`, { engine: 'redis' });
}
