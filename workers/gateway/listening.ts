/** Opens the gateway's port. Whoever starts a server twice must read what to do, not a system call's name. */
import type { AddressInfo } from 'node:net';
import { SequenceError } from '../../core/errors.ts';
import type { Gateway } from './gateway.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Listening {
  readonly port: number;
  /** Where a caller on this machine finds it. */
  readonly url: string;
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

export async function listen(gateway: Gateway, { host, port }: ListenOptions): Promise<Listening> {
  try {
    await gateway.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port);
  }
  const bound = (gateway.server.address() as AddressInfo).port;
  const name = EVERYWHERE.has(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const scheme = 'setSecureContext' in gateway.server ? 'https' : 'http';
  return { port: bound, url: `${scheme}://${name}:${bound}` };
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: unknown }).code;
  const details = { host, port };
  if (code === 'EADDRINUSE') return new SequenceError('SEQ_PORT_IN_USE', `port ${port} of ${host} is taken`, details, { cause: error });
  if (code === 'EACCES')
    return new SequenceError('SEQ_CONFIG_INVALID', `port ${port} of ${host} is not allowed to this user: use one above 1023`, details, {
      cause: error,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new SequenceError('SEQ_CONFIG_INVALID', `host ${host} is not an address of this machine`, details, { cause: error });
  }
  return error;
}
