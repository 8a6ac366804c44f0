/** Which models a store need not keep: all but those that are in service or may be again, and the newest of each family. */

/** Enough to look back at some weeks of nightly trainings. */
const KEPT_PER_FAMILY = 24;

export interface KeptModel {
  readonly family: string;
  readonly version: string;
  readonly madeAtMs: number;
}

/** `inLine`: ids (`lstm@3f2a90c1`) that must stay. */
export function forgettable(models: readonly KeptModel[], inLine: ReadonlySet<string>, keptPerFamily = KEPT_PER_FAMILY): KeptModel[] {
  const forgotten: KeptModel[] = [];
  for (const family of new Set(models.map((each) => each.family))) {
    const free = models.filter((each) => each.family === family && !inLine.has(`${family}@${each.version}`));
    free.sort((a, b) => b.madeAtMs - a.madeAtMs || (a.version < b.version ? -1 : 1));
    forgotten.push(...free.slice(keptPerFamily));
  }
  return forgotten;
}
