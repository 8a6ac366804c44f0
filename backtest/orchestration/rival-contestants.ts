/** The rules of the catalogue as entries: each is told what its group may know, and no more. */
import { type RivalEntry, rivalsNamed } from '../rivals/catalogue.ts';
import type { Contestant } from './contestant.ts';

/** Who is fitted to the past although it is a forecaster. */
const FITTED_FORECASTERS = ['newsvendor-holt-winters'];
const NOTHING = new Uint32Array(0);

/** By the ids of `--against`. */
export function rivalContestants(ids: readonly string[]): Contestant[] {
  return rivalsNamed(ids).map(rivalContestant);
}

function rivalContestant(entry: RivalEntry): Contestant {
  const { id, title, group } = entry;
  const fitted = group === 'tuned' || FITTED_FORECASTERS.includes(id);
  return {
    id,
    name: title.split(':', 1)[0] ?? title,
    group,
    fitted,
    async create(stream) {
      const { startMs, leadTimes, rideThroughS, voices } = stream;
      const training = fitted ? (await stream.training()).counts : NOTHING;
      const future = group === 'bound' ? { whole: (await stream.future()).counts } : {};
      return entry.create({ startMs, leadTimes, rideThroughS, training, voices, ...future });
    },
  };
}
