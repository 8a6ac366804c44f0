/**
 * Opens what a backtest or a replay is fed with, by the words of the command line: a file, a trace, a topic or an archive
 * (demand-spec.ts). Files are read once, here; the streams can be read any number of times afterwards.
 */
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { type DemandOptions, demandSettings } from './demand-options.ts';
import { demandSpec } from './demand-spec.ts';
import { openFile } from './file-demand.ts';
import { openTraceDemand } from './trace-demand.ts';

/** Throws `SEQ_CONFIG_INVALID` where the words or the data are wrong, with the line. */
export async function openDemand(spec: string, options: DemandOptions = {}): Promise<DemandSet> {
  const settings = demandSettings(options);
  const parsed = demandSpec(spec);
  switch (parsed.kind) {
    case 'file':
      return { ...(await openFile(parsed.path, settings)), from: spec };
    case 'trace':
      return { ...(await openTraceDemand(parsed, settings)), from: spec };
    // Loaded where they are asked for: engines and codecs take longer to load than most files take to read.
    case 'archive':
      return (await import('./archive-demand.ts')).openArchiveDemand(spec, parsed.directory, settings);
    case 'topic':
      return (await import('./topic-demand.ts')).openTopicDemand(spec, parsed, settings);
  }
}
