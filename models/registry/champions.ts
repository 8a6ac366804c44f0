/**
 * Which model is in service, by family: a fold over the topic `seqcast.models`, so that every reader knows the same. A promotion puts a
 * model on top; rolling back the one on top puts the newest one beneath it in service that was not rolled back itself, or none.
 */

/** As the topic's records say it. */
export interface ModelChange {
  readonly family: string;
  readonly event: 'promoted' | 'rolled-back';
  /** Model and version, e.g. `lstm@3f2a90c1`. */
  readonly model: string;
  readonly trainedUntilMs: number;
  readonly because: string;
  readonly atMs: number;
}

export interface Champion {
  readonly model: string;
  readonly trainedUntilMs: number;
  readonly because: string;
  /** When it came into service. */
  readonly sinceMs: number;
  /** When that was said last: a topic forgets. */
  readonly saidAtMs: number;
}

interface FamilyChampions {
  /** The one in service last. */
  readonly line: readonly Champion[];
  readonly rolledBack: ReadonlyMap<string, ModelChange>;
}

export type Champions = ReadonlyMap<string, FamilyChampions>;

/** Former champions remembered per family: further back nothing is fallen back to. */
const LINE_MAX = 8;
const ROLLED_BACK_MAX = 64;
const EMPTY: FamilyChampions = { line: [], rolledBack: new Map() };

export const NO_CHAMPIONS: Champions = new Map();

/** The same champions where the change changes nothing: rolling back what is not in service only keeps it from being fallen back to. */
export function withChange(champions: Champions, change: ModelChange): Champions {
  const before = champions.get(change.family) ?? EMPTY;
  const after = change.event === 'promoted' ? promoted(before, change) : rolledBack(before, change);
  return new Map([...champions, [change.family, after]]);
}

export function championOf(champions: Champions, family: string): Champion | undefined {
  return champions.get(family)?.line.at(-1);
}

/** What would be in service if the champion were rolled back now. */
export function formerChampionOf(champions: Champions, family: string): Champion | undefined {
  return champions.get(family)?.line.at(-2);
}

/** Why and when it was rolled back; undefined where it was not, or was promoted again since. */
export function rollBackOf(champions: Champions, family: string, model: string): ModelChange | undefined {
  return champions.get(family)?.rolledBack.get(model);
}

/** Every model that is in service or may be again. */
export function modelsInLine(champions: Champions): Set<string> {
  return new Set([...champions.values()].flatMap(({ line }) => line.map(({ model }) => model)));
}

function promoted({ line, rolledBack: out }: FamilyChampions, { model, trainedUntilMs, because, atMs }: ModelChange): FamilyChampions {
  const top = line.at(-1);
  const sinceMs = top?.model === model ? top.sinceMs : atMs;
  const others = line.filter((each) => each.model !== model);
  const rest = new Map(out);
  rest.delete(model);
  return { line: [...others, { model, trainedUntilMs, because, sinceMs, saidAtMs: atMs }].slice(-LINE_MAX), rolledBack: rest };
}

function rolledBack({ line, rolledBack: out }: FamilyChampions, change: ModelChange): FamilyChampions {
  const kept = [...out].filter(([model]) => model !== change.model).slice(1 - ROLLED_BACK_MAX);
  return { line: line.filter((each) => each.model !== change.model), rolledBack: new Map([...kept, [change.model, change]]) };
}
