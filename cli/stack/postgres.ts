/**
 * One PostgreSQL, run directly rather than through the system's service, with a data directory of its own. It refuses to run as
 * root, so root runs it as the user `postgres`.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SequenceError } from '../../core/errors.ts';
import { type EngineProcess, LOOPBACK, type SystemUser } from './engine-process.ts';
import { ask } from './probe.ts';

export interface PostgresOptions {
  /** `initdb` stands beside it. */
  readonly program: string;
  readonly directory: string;
  readonly port: number;
}

/** The role and the database that are made; loopback connections need no password, as with the other engines. */
export const POSTGRES_NAME = 'seqcast';

const START_TIMEOUT_MS = 30_000;
const INITDB_TIMEOUT_MS = 60_000;
const PROTOCOL_3 = 196_608;
/** First byte of an answer: authentication accepted, or at least asked for. */
const AUTHENTICATION = 'R'.charCodeAt(0);
const ROOT_UID = 0;
/** Whom root runs it as, the first that exists. */
const USERS = ['postgres', '_postgres', 'nobody'];

export function postgresProcess({ program, directory, port }: PostgresOptions): EngineProcess {
  const dataDirectory = resolve(directory, 'postgres');
  let user: SystemUser | undefined;
  return {
    engine: 'postgres',
    name: 'postgres',
    port,
    // "Fast shutdown": SIGTERM would wait for the last client to leave.
    stopSignal: 'SIGINT',
    startTimeoutMs: START_TIMEOUT_MS,
    async prepare() {
      user = process.getuid?.() === ROOT_UID ? await unprivilegedUser() : undefined;
      await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
      if (user !== undefined) {
        await assertReachable(dirname(dataDirectory), user);
        await chown(dataDirectory, user.uid, user.gid);
      }
      if (!existsSync(join(dataDirectory, 'PG_VERSION'))) await createDatabase(program, dataDirectory, user);
    },
    command: () => ({
      program,
      args: ['-D', dataDirectory, '-p', String(port), '-c', `listen_addresses=${LOOPBACK}`, '-c', 'unix_socket_directories='],
      directory: dataDirectory,
      user,
    }),
    answers: () => acceptsLogin(port),
    isHealthy: () => acceptsLogin(port),
  };
}

async function acceptsLogin(port: number): Promise<boolean> {
  return (await ask(port, startupMessage(), (answer) => answer[0])) === AUTHENTICATION;
}

async function createDatabase(program: string, dataDirectory: string, user: SystemUser | undefined): Promise<void> {
  const as = { cwd: dataDirectory, ...(user !== undefined && { uid: user.uid, gid: user.gid }) };
  const flags = ['-D', dataDirectory, '-U', POSTGRES_NAME, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions'];
  await promisify(execFile)(join(dirname(program), 'initdb'), flags, { ...as, timeout: INITDB_TIMEOUT_MS });
  const single = spawn(program, ['--single', '-D', dataDirectory, 'postgres'], { ...as, stdio: ['pipe', 'ignore', 'ignore'] });
  single.stdin.end(`CREATE DATABASE ${POSTGRES_NAME};\n`);
  await new Promise((done) => single.once('close', done));
}

async function unprivilegedUser(): Promise<SystemUser> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of USERS) {
    const [, , uid, gid] = lines.find(([each]) => each === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new SequenceError('SEQ_ENGINE_UNREACHABLE', `PostgreSQL refuses to run as root, and there is no user ${USERS.join(' or ')}`);
}

/** A home directory is often closed to others, and then the server could not even find its data. */
async function assertReachable(directory: string, { name }: SystemUser): Promise<void> {
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) !== 0) continue;
    const message = `PostgreSQL refuses to run as root, and the user ${name} may not enter ${folder}: choose another --dir, or do not run as root`;
    throw new SequenceError('SEQ_ENGINE_UNREACHABLE', message);
  }
}

function startupMessage(): Buffer {
  const parameters = Buffer.from(`user\0${POSTGRES_NAME}\0database\0${POSTGRES_NAME}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, parameters]);
}
