/** The certificate that the gateway shows, out of files, and read again when they change: certificates are renewed while a server runs. */
import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:tls';
import { SequenceError } from '../../../core/errors.ts';
import type { Config } from '../../runtime/process/config.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authority of callers: with it nobody is let in who shows no certificate of theirs. */
  readonly clientCa?: string;
}

export interface TlsSettings {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
  readonly ca?: Buffer;
  readonly requestCert?: true;
  readonly rejectUnauthorized?: true;
}

/** Renewed files are noticed within this time, also where they are links that are moved to others; SIGHUP does it at once. */
const LOOK_MS = 10_000;

/** Undefined where no certificate is configured; throws `SEQ_CONFIG_INVALID` for half of one. */
export function tlsFilesOf({
  tlsCert: cert,
  tlsKey: key,
  tlsClientCa: clientCa,
}: Pick<Config, 'tlsCert' | 'tlsKey' | 'tlsClientCa'>): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, ...(clientCa !== undefined && { clientCa }) };
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  throw new SequenceError('SEQ_CONFIG_INVALID', 'TLS needs both --tls-cert and --tls-key');
}

export function readTls({ cert, key, clientCa }: TlsFiles): TlsSettings {
  const callers = clientCa === undefined ? {} : { ca: read(clientCa), requestCert: true as const, rejectUnauthorized: true as const };
  return { cert: read(cert), key: read(key), minVersion: 'TLSv1.2', ...callers };
}

export interface TlsWatch {
  /** Reads the files now; what cannot be read or does not fit together leaves the certificate as it was. */
  reload(): void;
  close(): void;
}

export function watchTls(server: Pick<Server, 'setSecureContext'>, files: TlsFiles, onReload: (problem?: unknown) => void): TlsWatch {
  let seen = stampOf(files);
  const reload = (): void => {
    try {
      server.setSecureContext(readTls(files));
      onReload();
    } catch (error) {
      onReload(error);
    }
  };
  const timer = setInterval(() => {
    const now = stampOf(files);
    if (now === seen) return;
    seen = now;
    reload();
  }, LOOK_MS);
  timer.unref();
  return { reload, close: () => clearInterval(timer) };
}

function stampOf(files: TlsFiles): string {
  return Object.values(files)
    .map((path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    .join();
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SequenceError('SEQ_CONFIG_INVALID', `${path} cannot be read: ${why}`, { path }, { cause: error });
  }
}
