/** The checks of `seqcast doctor`. Each looks at one thing that has kept a server from starting, and leaves nothing behind. */
import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ERROR_CATALOGUE, SequenceError } from '../core/errors.ts';
import type { Config } from '../workers/runtime/process/config.ts';
import { type Check, check } from './doctor/check.ts';
import { engineChecks } from './doctor/engine-checks.ts';

const NODE_MIN = [20, 19] as const;
/** A busy ledger writes less than this in a day. */
const FREE_BYTES_MIN = 100 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o002;

export async function examine(config: Config): Promise<readonly Check[]> {
  return [
    nodeVersion(process.versions.node),
    build(),
    await dataDirectory(config.dataDir),
    await port(config.host, config.port),
    ...(config.transactionsPort > 0 ? [await port(config.transactionsHost, config.transactionsPort)] : []),
    await door(config),
    ...(await engineChecks(config)),
    await firstValue(),
    await trainingBackend(),
  ];
}

function nodeVersion(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return check(ok ? 'ok' : 'fail', `Node ${version}`, `Install Node ${NODE_MIN.join('.')} or later.`);
}

/** Threads load the compiled files, also where the command itself runs from source. */
function build(): Check {
  const root = import.meta.filename.endsWith('.ts') ? new URL('../dist/cli/main.js', import.meta.url) : new URL('main.js', import.meta.url);
  return existsSync(root) ? check('ok', 'built') : check('fail', 'not built', 'Run `npm run build`.');
}

async function dataDirectory(dataDir: string): Promise<Check> {
  // A directory that does not exist yet is made at start: then the nearest one above must be writable.
  let nearest = resolve(dataDir);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const whatToDo = ERROR_CATALOGUE.SEQ_DATA_DIR_UNUSABLE.whatToDo;
  try {
    const about = await stat(nearest);
    if (!about.isDirectory()) return check('fail', `data directory ${dataDir}: ${nearest} is not a directory`, whatToDo);
    await access(nearest, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(nearest);
    const freeBytes = bavail * bsize;
    const free = `${Math.floor(freeBytes / 1024 / 1024)} MB free`;
    if (freeBytes < FREE_BYTES_MIN)
      return check('fail', `data directory ${dataDir}: writable, ${free}`, ERROR_CATALOGUE.SEQ_DISK_FULL.whatToDo);
    // Of a directory that exists; whoever makes a new one decides then.
    if (nearest === resolve(dataDir) && (about.mode & WRITABLE_BY_OTHERS) !== 0)
      return check('warn', `data directory ${dataDir}: every user of this machine may write there`, `Run \`chmod o-w ${dataDir}\`.`);
    return check('ok', `data directory ${dataDir}: writable, ${free}`);
  } catch (error) {
    return check('fail', `data directory ${dataDir}: ${error instanceof Error ? error.message : String(error)}`, whatToDo);
  }
}

async function port(host: string, number: number): Promise<Check> {
  const server = createServer();
  try {
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(number, host, done);
    });
    return check('ok', `port ${number} of ${host}: free`);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    return check('fail', `port ${number} of ${host}: cannot be opened (${why})`, ERROR_CATALOGUE.SEQ_PORT_IN_USE.whatToDo);
  } finally {
    server.close();
  }
}

/** Whether a server that others can reach asks who they are. With Kafka the keys are in the route table, and looked for at start. */
async function door(config: Config): Promise<Check> {
  const { bindProblem } = await import('../workers/gateway/security/security.ts');
  const whatToDo = 'Make a key with `seqcast keys create NAME --scope … --data-dir DIR`, set SEQCAST_ADMIN_KEY, or listen on 127.0.0.1.';
  const problem = bindProblem(config, 0);
  if (problem === undefined && !config.insecure) return check('ok', 'door: as configured');
  if (problem === undefined) return check('warn', 'insecure: whoever reaches the port may do everything', whatToDo);
  if (config.kafka !== undefined || !existsSync(config.dataDir))
    return check(config.kafka === undefined ? 'fail' : 'warn', problem, whatToDo);
  try {
    const { withStoppedKeys } = await import('./stopped-keys.ts');
    const keys = await withStoppedKeys(config.dataDir, async (stopped) => stopped.list().length);
    return keys > 0 ? check('ok', `door: ${keys} API keys`) : check('fail', problem, whatToDo);
  } catch (error) {
    // A running server has the directory: then it has looked by itself.
    if (error instanceof SequenceError && error.code === 'SEQ_DATA_DIR_IN_USE') return check('ok', 'door: a server runs already');
    return check('fail', `door: ${error instanceof Error ? error.message : String(error)}`, whatToDo);
  }
}

/** What would compute the LSTM here. Without it nothing is lost but its say in the forecasts. */
async function trainingBackend(): Promise<Check> {
  const whatToDo = 'Install the packages anew: without WebAssembly trainings take twenty-five times as long.';
  try {
    const { startBackend } = await import('../models/lstm/backend.ts');
    const { name, why } = await startBackend('auto');
    return check(name === 'cpu' ? 'warn' : 'ok', `models are trained by TensorFlow.js on ${name}: ${why}`, whatToDo);
  } catch (error) {
    return check('warn', `models cannot be trained: ${error instanceof Error ? error.message : String(error)}`, whatToDo);
  }
}

/** The whole way once, in a directory of its own: storage, ledger, stock. */
async function firstValue(): Promise<Check> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-doctor-'));
  const startMs = performance.now();
  try {
    const { open } = await import('../workers/embedded.ts');
    const seqcast = await open({ dataDir });
    try {
      await seqcast.create('doctor', {});
      const { blocks } = await seqcast.next({ sequence: 'doctor', count: 1 });
      const tookMs = Math.round(performance.now() - startMs);
      return check(blocks[0]?.start === 1n ? 'ok' : 'fail', `a first value, ${tookMs} ms after opening an empty directory`);
    } finally {
      await seqcast.close();
    }
  } catch (error) {
    const isKnown = error instanceof SequenceError;
    const what = `no first value: ${isKnown ? `${error.code}: ${error.message}` : String(error)}`;
    return check('fail', what, isKnown ? error.whatToDo : undefined);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
