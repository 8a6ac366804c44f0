/** An installation of ours as it is deployed: what allocates, fills and forecasts in one process, the gateway in another. */
import { join } from 'node:path';
import { startWorkerProcess, type WorkerProcess } from '../installation/worker-process.ts';

export interface Installation {
  readonly gateway: string;
  stop(): Promise<void>;
}

export async function startInstallation(name: string, env: Readonly<Record<string, string>>, directory: string): Promise<Installation> {
  const running: WorkerProcess[] = [];
  const kill = (): void => {
    for (const worker of running) void worker.signal('SIGKILL');
  };
  // They would outlive a bench that is broken off.
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
  };
  const start = async (place: string, roles: string): Promise<WorkerProcess> => {
    const own = `${name}-${place}`;
    const worker = await startWorkerProcess({ env, name: own, roles, dataDir: join(directory, own), flags: ['--log-level', 'error'] });
    running.push(worker);
    return worker;
  };
  try {
    await start('back', 'allocator,filler,forecaster');
    const gateway = await start('gateway', 'gateway');
    return { gateway: gateway.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
