/**
 * The model store over a directory: `<family>/<version>/` with `weights.bin`, `card.json` and `card.md`. Several processes may share it
 * where they share a file system: a version is there whole or not at all, and never changes.
 */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import type { ListedModel, ModelFacts, ModelStore, ModelToStore, StoredModel } from '../../pipelines/model-ports.ts';
import { namesIn, openDurableDirectory, putDirectory, removeDirectory } from '../durable-files.ts';
import { CheckpointFiles, sha256Of } from './checkpoint-files.ts';
import { storageError } from './storage-errors.ts';

/** The network of the project has a hundred kilobytes; nobody should fill the disk of every process by mistake. */
const MODEL_BYTES_MAX = 64 * 1024 * 1024;
const CARD_BYTES_MAX = 1024 * 1024;
/** They become names of directories. */
const FAMILY_PATTERN = /^[a-z][a-z0-9-]{0,30}$/;
const VERSION_PATTERN = /^[0-9a-f]{8}$/;
const WEIGHTS = 'weights.bin';
const CARD = 'card.json';
const PAGE = 'card.md';

/** Creates the directory where it is missing. Throws `SEQ_DATA_DIR_UNUSABLE`. */
export async function openModelStore({ dir }: { readonly dir: string }): Promise<ModelStore> {
  const root = resolve(dir);
  await withFiles(root, () => openDurableDirectory(root));
  const checkpoints = new CheckpointFiles(root);
  return {
    put: (model) => withFiles(root, () => put(root, model)),
    get: (family, version) => withFiles(root, () => get(root, family, version)),
    list: () => withFiles(root, () => list(root)),
    remove: (family, version) => withFiles(root, () => removeDirectory(root, directoryOf(root, family, version))),
    saveCheckpoint: (checkpoint) => withFiles(root, () => checkpoints.save(checkpoint)),
    loadCheckpoint: (job) => withFiles(root, () => checkpoints.load(job)),
    checkpoints: () => withFiles(root, () => checkpoints.list()),
    dropCheckpoint: (job) => withFiles(root, () => checkpoints.drop(job)),
  };
}

async function put(root: string, { card, weights, page }: ModelToStore): Promise<boolean> {
  const { family, version } = card;
  const json = Buffer.from(`${JSON.stringify(card, null, 2)}\n`);
  if (weights.byteLength > MODEL_BYTES_MAX) throw invalid(`a model has at most ${MODEL_BYTES_MAX} bytes, not ${weights.byteLength}`);
  if (json.byteLength > CARD_BYTES_MAX) throw invalid(`a model card has at most ${CARD_BYTES_MAX} bytes, not ${json.byteLength}`);
  const problem = disagreement(card, weights, version);
  if (problem !== undefined) throw invalid(`${family}@${version} is not stored: ${problem}`);
  const target = directoryOf(root, family, version);
  const files = { [WEIGHTS]: weights, [CARD]: json, [PAGE]: Buffer.from(page) };
  if (await putDirectory(root, target, files)) return true;
  if (await isWhole(root, card)) return false;
  await removeDirectory(root, target);
  return putDirectory(root, target, files);
}

/** True where the same model is there. What is damaged is put anew; another one of the same name is a coincidence that nobody lives to see. */
async function isWhole(root: string, { family, version, sha256 }: ModelFacts): Promise<boolean> {
  try {
    const { card } = await get(root, family, version);
    if (card.sha256 === sha256) return true;
    throw invalid(`${family}@${version} is another model already: train with another seed`);
  } catch (error) {
    if (error instanceof SequenceError && (error.code === 'SEQ_UNKNOWN_MODEL' || error.code === 'SEQ_MODEL_INVALID')) return false;
    throw error;
  }
}

async function get(root: string, family: string, version: string): Promise<StoredModel> {
  const directory = directoryOf(root, family, version);
  const card = await readCard(directory, family, version);
  const weights = await readFile(join(directory, WEIGHTS)).catch(missing);
  if (weights === undefined) throw damaged(family, version, `${WEIGHTS} is missing`);
  const bytes = new Uint8Array(weights);
  const problem = disagreement(card, bytes, version);
  if (problem !== undefined) throw damaged(family, version, problem);
  return { card, weights: bytes };
}

async function list(root: string): Promise<ListedModel[]> {
  const listed: ListedModel[] = [];
  for (const family of await namesIn(root)) {
    if (!FAMILY_PATTERN.test(family)) continue;
    for (const version of await namesIn(join(root, family))) {
      if (VERSION_PATTERN.test(version)) listed.push(await listedModel(root, family, version));
    }
  }
  return listed;
}

/** Without reading the weights: a list is asked for often, and their checksum is looked at where they are used. */
async function listedModel(root: string, family: string, version: string): Promise<ListedModel> {
  const directory = join(root, family, version);
  try {
    const card = await readCard(directory, family, version);
    const size = (await stat(join(directory, WEIGHTS)).catch(missing))?.size;
    if (size === card.weightBytes) return { family, version, card, problem: undefined };
    return { family, version, card, problem: size === undefined ? `${WEIGHTS} is missing` : `${WEIGHTS} has ${size} bytes` };
  } catch (error) {
    if (!(error instanceof SequenceError)) throw error;
    return { family, version, card: undefined, problem: error.message };
  }
}

async function readCard(directory: string, family: string, version: string): Promise<ModelFacts> {
  const text = await readFile(join(directory, CARD), 'utf8').catch(missing);
  if (text === undefined) {
    if ((await namesIn(directory)).length > 0) throw damaged(family, version, `${CARD} is missing`);
    throw new SequenceError('SEQ_UNKNOWN_MODEL', `there is no model ${family}@${version}`, { family, version });
  }
  let card: Partial<ModelFacts> | null;
  try {
    card = JSON.parse(text) as Partial<ModelFacts> | null;
  } catch {
    throw damaged(family, version, `${CARD} is not JSON`);
  }
  if (card?.family !== family || card.version !== version || typeof card.sha256 !== 'string' || typeof card.weightBytes !== 'number') {
    throw damaged(family, version, `${CARD} is not the card of that model`);
  }
  return card as ModelFacts;
}

function disagreement({ sha256, weightBytes }: ModelFacts, weights: Uint8Array, version: string): string | undefined {
  if (weights.byteLength !== weightBytes) return `the weights have ${weights.byteLength} bytes, the card says ${weightBytes}`;
  if (sha256Of(weights) !== sha256) return 'the weights have another checksum than the card says';
  return sha256.startsWith(version) ? undefined : 'the version is not the beginning of the checksum';
}

function directoryOf(root: string, family: string, version: string): string {
  if (FAMILY_PATTERN.test(family) && VERSION_PATTERN.test(version)) return join(root, family, version);
  const name = JSON.stringify(`${family}@${version}`.slice(0, 80));
  throw new SequenceError('SEQ_UNKNOWN_MODEL', `${name} is not a model: write a family and eight hexadecimal digits`, { family, version });
}

async function withFiles<T>(root: string, steps: () => Promise<T>): Promise<T> {
  try {
    return await steps();
  } catch (error) {
    if (error instanceof RangeError) throw invalid(error.message);
    throw storageError(error, root);
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function damaged(family: string, version: string, why: string): SequenceError {
  return new SequenceError('SEQ_MODEL_INVALID', `the model ${family}@${version} cannot be used: ${why}`, { family, version });
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
