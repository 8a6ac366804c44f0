/**
 * Files and directories that are there whole or not at all: written elsewhere on the same file system, made durable, renamed into their
 * place. What was acknowledged survives a power loss; what was not leaves at most a left-over that the next opening removes.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/** Where files grow until they are whole; on the same file system, so that they can be renamed into place. */
const WRITING = '.writing';
/** What grew no further for so long belongs to a process that died. */
const LEFT_OVER_MS = 3_600_000;

/** Makes the directory where it is missing, and removes what dead processes left half written. */
export async function openDurableDirectory(root: string): Promise<void> {
  await mkdir(join(root, WRITING), { recursive: true });
  for (const name of await readdir(join(root, WRITING))) {
    const path = join(root, WRITING, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && Date.now() - facts.mtimeMs > LEFT_OVER_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Puts one file at `target`, replacing what is there; what is not bytes yet is given the path to write to. */
export async function putFile(root: string, target: string, content: Uint8Array | ((file: string) => Promise<void>)): Promise<void> {
  const growing = join(root, WRITING, `${randomUUID()}${extname(target)}`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await (typeof content === 'function' ? content(growing) : writeFile(growing, content));
    await sync(growing, 'r+');
    await rename(growing, target);
    await syncUpTo(root, dirname(target));
  } catch (error) {
    await rm(growing, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Puts a directory of files at `target`; false where there is one already, which stays as it is. */
export async function putDirectory(root: string, target: string, files: Readonly<Record<string, Uint8Array>>): Promise<boolean> {
  const growing = join(root, WRITING, randomUUID());
  try {
    await mkdir(growing, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeSynced(join(growing, name), bytes);
    await syncDirectory(growing);
    await mkdir(dirname(target), { recursive: true });
    await rename(growing, target);
    await syncUpTo(root, dirname(target));
    return true;
  } catch (error) {
    await rm(growing, { recursive: true, force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** Gone at once for whoever looks, however long the files take. */
export async function removeDirectory(root: string, target: string): Promise<void> {
  const aside = join(root, WRITING, randomUUID());
  try {
    await rename(target, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Names in a directory, in one order every time; none where it is missing or no directory. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes);
  await sync(path, 'r+');
}

async function syncUpTo(root: string, from: string): Promise<void> {
  for (let directory = from; directory.length >= root.length; directory = dirname(directory)) await syncDirectory(directory);
}

export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory, and its file systems keep names without being asked.
  if (process.platform !== 'win32') await sync(directory, 'r');
}

async function sync(path: string, flags: string): Promise<void> {
  const opened = await open(path, flags);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
