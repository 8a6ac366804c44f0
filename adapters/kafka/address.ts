/** Where Kafka is and how to speak to it, and what to tell an operator when it cannot be reached. */
import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { SequenceError } from '../../core/errors.ts';

export interface KafkaTls {
  /** The authority that signed the brokers' certificates, where the system does not know it. */
  readonly caFile?: string;
  /** Certificate and key of this process, where the brokers ask for one. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaAddress {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
}

type SecurityOptions = Pick<KafkaConfig, 'ssl' | 'sasl'>;

/** Reads the certificate files; throws `SEQ_ENGINE_UNREACHABLE` where a broker's address or a file cannot be used. */
export function securityOptions({ brokers, tls, sasl }: KafkaAddress): SecurityOptions {
  const wrong = brokers.find((broker) => !/^[^\s:,/]+:\d{1,5}$/.test(broker));
  if (brokers.length === 0 || wrong !== undefined) {
    throw unreachable('Kafka', `its brokers are not given as host:port but as '${wrong ?? ''}'`, 'correct the list of brokers');
  }
  const ssl = {
    ...(tls?.caFile !== undefined && { ca: contentOf('caFile', tls.caFile) }),
    ...(tls?.certFile !== undefined && { cert: contentOf('certFile', tls.certFile) }),
    ...(tls?.keyFile !== undefined && { key: contentOf('keyFile', tls.keyFile) }),
  };
  return { ...(tls !== undefined && { ssl }), ...(sasl !== undefined && { sasl: { ...sasl } as SASLOptions }) };
}

function contentOf(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreachable('Kafka', `the file ${file} cannot be read`, `correct ${setting}`, cause);
  }
}

interface Remedy {
  readonly pattern: RegExp;
  readonly what: string;
  readonly change: (address: KafkaAddress) => string;
}

// What the cause of a failed opening says, and what an operator changes then. The first that fits counts.
const REMEDIES: readonly Remedy[] = [
  {
    pattern: /SASL_AUTHENTICATION_FAILED|authentication failed|SASLAuthenticationError/i,
    what: 'it refuses the user or password',
    change: ({ sasl }) => `check user and password, and that the user exists for ${sasl?.mechanism ?? 'that mechanism'}`,
  },
  {
    pattern: /UNSUPPORTED_SASL_MECHANISM|mechanism .*not (enabled|supported)|server does not support/i,
    what: 'it does not offer the SASL mechanism',
    change: () => 'use a mechanism that the listener has enabled',
  },
  {
    pattern: /ILLEGAL_SASL_STATE/i,
    what: 'that listener does not authenticate',
    change: () => 'leave user and password out, or use the port that asks for them',
  },
  { pattern: /ECONNREFUSED/, what: 'nothing listens there', change: () => 'start Kafka, or correct host and port of the brokers' },
  { pattern: /ENOTFOUND|EAI_AGAIN/, what: 'a host name is not known', change: () => 'correct the hosts of the brokers' },
  {
    pattern: /certificate|altnames|self.signed|CERT_|UNABLE_TO_VERIFY/i,
    what: 'its certificate is not trusted',
    change: () => 'name the authority that signed it in caFile, and the host as it is in the certificate',
  },
  {
    pattern: /wrong version number|EPROTO|ECONNRESET|EPIPE|closed|disconnected before secure/i,
    what: 'it hangs up',
    change: ({ tls, sasl }) =>
      `${tls === undefined ? 'turn TLS on' : 'turn TLS off'} or ${sasl === undefined ? 'give user and password' : 'leave user and password out'}, whichever that port asks for`,
  },
  {
    pattern: /timeout|timed out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i,
    what: 'it does not answer',
    change: ({ tls }) =>
      `check host, port and firewall, and turn TLS ${tls === undefined ? 'on where the port speaks it' : 'off where the port does not speak it'}`,
  },
];

/** The error of an opening that failed, with what to change. */
export function kafkaUnreachable(address: KafkaAddress, cause: unknown): SequenceError {
  const text = textOf(cause);
  const remedy = REMEDIES.find(({ pattern }) => pattern.test(text));
  const change = remedy?.change(address) ?? 'check the brokers, TLS and SASL settings';
  return unreachable(shownAddress(address), `${remedy?.what ?? 'it cannot be used'} (${text})`, change, cause);
}

/** The error of a call to a Kafka that was there before. */
export function kafkaAway(address: KafkaAddress, cause: unknown): SequenceError {
  return new SequenceError('SEQ_ENGINE_AWAY', `${shownAddress(address)} does not answer: ${textOf(cause)}`, { engine: 'kafka' }, { cause });
}

export function shownAddress({ brokers }: KafkaAddress): string {
  return `Kafka at ${brokers.join(',')}`;
}

/** What went wrong at the root: the client wraps errors in others, whose texts say less. */
export function textOf(error: unknown): string {
  const { cause, type, code, message } = (error ?? {}) as { cause?: unknown; type?: unknown; code?: unknown; message?: unknown };
  if (cause instanceof Error && cause !== error) return textOf(cause);
  const name = typeof type === 'string' ? type : typeof code === 'string' ? code : '';
  return `${name} ${typeof message === 'string' ? message : String(error)}`.trim();
}

function unreachable(who: string, what: string, change: string, cause?: unknown): SequenceError {
  return new SequenceError('SEQ_ENGINE_UNREACHABLE', `${who} cannot be reached: ${what}; ${change}`, { engine: 'kafka' }, { cause });
}
