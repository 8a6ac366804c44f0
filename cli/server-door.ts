/** The door of a server: the gateway with keys, quotas and certificate as configured, and a word to the log about who may come in. */
import { compatOf } from '../workers/gateway/compat/compat.ts';
import { createGateway, type Gateway } from '../workers/gateway/gateway.ts';
import { type GatewaySecurity, openSecurity } from '../workers/gateway/security/security.ts';
import { readTls, type TlsFiles, tlsFilesOf, watchTls } from '../workers/gateway/security/tls-files.ts';
import type { Config } from '../workers/runtime/process/config.ts';
import { componentLogger, type Logger } from '../workers/runtime/process/logging.ts';
import type { SeqcastService } from '../workers/runtime/service/service.ts';
import type { Signals } from './cli-context.ts';

export interface Door {
  readonly gateway: Gateway;
  /** What keys had leased and not used goes back; before the service closes, which keeps the count. */
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly config: Config;
  readonly service: SeqcastService;
  readonly logger: Logger;
  readonly signals: Signals;
}

/** Throws `SEQ_CONFIG_INVALID` where others could come in without a key and nobody said that they may; the service is closed then. */
export async function openDoor({ config, service, logger, signals }: DoorOptions): Promise<Door> {
  try {
    const security = await securityOf(config, service, logger);
    const files = tlsFilesOf(config);
    const gateway = createGateway({
      service,
      logger: componentLogger(logger, 'gateway'),
      connectionsMax: config.connectionsMax,
      compat: compatOf(config),
      ...(security !== undefined && { security }),
      ...(files !== undefined && { tls: readTls(files) }),
    });
    const forget = files === undefined ? (): void => undefined : keepCertificate(gateway, files, signals, logger);
    return {
      gateway,
      async close() {
        forget();
        await security?.close();
      },
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** A service in memory, as tests have, keeps no keys: then everybody comes in. */
async function securityOf(config: Config, service: SeqcastService, logger: Logger): Promise<GatewaySecurity | undefined> {
  const routes = service.routeTable?.();
  if (routes === undefined) return undefined;
  const log = componentLogger(logger, 'security');
  const onProblem = (message: string, error?: unknown): void => log.error({ err: error }, message);
  const security = await openSecurity(config, { routes, onProblem, nowMs: () => Date.now() });
  if (security.door === 'insecure') log.warn({ host: config.host }, 'insecure: whoever reaches the port may do everything');
  return security;
}

function keepCertificate(gateway: Gateway, files: TlsFiles, signals: Signals, logger: Logger): () => void {
  const log = componentLogger(logger, 'security');
  const server = gateway.server as unknown as Parameters<typeof watchTls>[0];
  const watch = watchTls(server, files, (problem) => {
    if (problem === undefined) log.info('the certificate was read again');
    else log.error({ err: problem }, 'the certificate cannot be read again: the one before is shown');
  });
  signals.on('SIGHUP', watch.reload);
  return () => {
    signals.off('SIGHUP', watch.reload);
    watch.close();
  };
}
