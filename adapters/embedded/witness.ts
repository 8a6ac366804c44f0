/**
 * The two small files beside the database.
 *
 * `seqcast.witness` says which log lives here, and how many records and changes of reservations it held at least. A database whose end was cut off (a lost
 * write-ahead file, an old copy put back) looks sound to SQLite, and would give values out again that were given out before. The
 * witness is overwritten in place after every commit without waiting for the disk: after a power loss it may be behind, never ahead.
 *
 * `seqcast.pid` names the owner for the message that another process gets. It locks nothing.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** One sector, so that no crash leaves half of it. */
const WITNESS_BYTES = 256;

/** Both only grow. */
export interface Holdings {
  readonly records: number;
  readonly operations: number;
}

export interface Testimony extends Holdings {
  readonly logId: string;
}

export interface Witness {
  /** Overwrites what is there; does not wait for the disk. */
  testify(holdings: Holdings): void;
  close(): void;
}

function witnessFile(dataDir: string): string {
  return join(dataDir, 'seqcast.witness');
}

/** What the witness says, `damaged` when it cannot be read, undefined when there is none. */
export function readTestimony(dataDir: string): Testimony | 'damaged' | undefined {
  let text: string;
  try {
    text = readFileSync(witnessFile(dataDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // Witnesses from before there were reservations say nothing of them.
    const { logId, records, operations = 0 } = JSON.parse(text) as Partial<Testimony>;
    if (typeof logId !== 'string' || !Number.isSafeInteger(records) || !Number.isSafeInteger(operations)) return 'damaged';
    return { logId, records: records as number, operations };
  } catch {
    return 'damaged';
  }
}

/** Opens the witness and makes its existence durable: from now on an empty or missing database is a loss, not a beginning. */
export function openWitness(dataDir: string, logId: string, holdings: Holdings, isNew: boolean): Witness {
  const file = openSync(witnessFile(dataDir), isNew ? 'w' : 'r+');
  const buffer = Buffer.alloc(WITNESS_BYTES);
  const write = ({ records, operations }: Holdings): void => {
    buffer.fill(0x20);
    buffer.write(`${JSON.stringify({ logId, records, operations } satisfies Testimony)}\n`);
    writeSync(file, buffer, 0, WITNESS_BYTES, 0);
  };
  try {
    write(holdings);
    if (isNew) {
      fsyncSync(file);
      syncDirectory(dataDir);
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    testify(holds) {
      try {
        write(holds);
      } catch (error) {
        // Some file systems need space even to overwrite. A witness that stays behind proves less, but nothing wrong.
        if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    },
    close: () => closeSync(file),
  };
}

/** Makes the names inside a directory durable. */
export function syncDirectory(directory: string): void {
  // Windows cannot open a directory, and its file systems keep names without being asked.
  if (process.platform === 'win32') return;
  const opened = openSync(directory, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

export function writeOwner(dataDir: string): void {
  try {
    writeFileSync(join(dataDir, 'seqcast.pid'), `${process.pid}\n`);
  } catch {
    // Only a message would be poorer: a full disk must not keep the owner from starting.
  }
}

export function readOwner(dataDir: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(dataDir, 'seqcast.pid'), 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

export function removeOwner(dataDir: string): void {
  rmSync(join(dataDir, 'seqcast.pid'), { force: true });
}
