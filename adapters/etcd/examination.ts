/** Asks an etcd for its version, as the route table does when it opens. */
import type { EngineFacts } from '../engines/engine-facts.ts';
import { openingFailed } from './failures.ts';
import { createGateway } from './gateway.ts';

const CALL_TIMEOUT_MS = 2_000;

/** Throws `SEQ_ENGINE_UNREACHABLE`. */
export async function examineEtcd(url: string): Promise<EngineFacts> {
  const gateway = createGateway({ url, callTimeoutMs: CALL_TIMEOUT_MS });
  try {
    const version = await gateway.version();
    if (version === '') throw new Error('what answers there is no etcd');
    return { version, notes: [], warnings: [] };
  } catch (error) {
    throw openingFailed(gateway.shown, error);
  } finally {
    gateway.close();
  }
}
