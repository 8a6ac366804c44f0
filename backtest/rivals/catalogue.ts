/**
 * All rules that seqcast is compared with, by the names that commands take: `--against leaf,tinyid,tuned-sq`. What a rule may know is
 * what its group says: rivals know nothing beforehand, tuned rules the training part, bounds the future.
 */
import { SequenceError } from '../../core/errors.ts';
import type { LeadTimes, Policy } from '../harness/policy.ts';
import type { MinuteVoices } from '../policies/minute-voices.ts';
import { baiduRing } from './baidu-ring.ts';
import { cosidChain } from './cosid-chain.ts';
import type { DemandQuantiles } from './forecasters/demand-quantiles.ts';
import { ewmaQuantiles } from './forecasters/ewma.ts';
import { fittedQuantiles } from './forecasters/fitted.ts';
import { holtWintersQuantiles } from './forecasters/holt-winters.ts';
import { mixtureQuantiles } from './forecasters/mixture.ts';
import { seasonalNaiveQuantiles } from './forecasters/seasonal-naive.ts';
import { foresight } from './foresight.ts';
import { foundationDbWindow } from './foundationdb-window.ts';
import { hazelcast } from './hazelcast.ts';
import { ipamWatermarks } from './ipam-watermarks.ts';
import { leaf } from './leaf.ts';
import { monthsToExhaust } from './months-to-exhaust.ts';
import { mysqlBulk } from './mysql-bulk.ts';
import { newsvendor, newsvendorHorizonsS } from './newsvendor.ts';
import { postgresCache } from './postgres-cache.ts';
import { orderUpTo } from './reorder-point.ts';
import { leafFixed, nebulaGraph, oceanbase, staticOnEmpty, staticStep } from './static-step.ts';
import { tidb } from './tidb.ts';
import { tunedOrderQuantity, tunedStaticStep } from './tuned.ts';
import { vitess } from './vitess.ts';
import { wagnerWhitin } from './wagner-whitin.ts';

/** What is known of a stream when a rule is made for one run over it. */
export interface RivalContext {
  /** Start of the trace's first second. */
  readonly startMs: number;
  /** Demand of the seconds up to the split, the only ones that rules may be fitted to. */
  readonly training: Uint32Array;
  readonly leadTimes: LeadTimes;
  readonly rideThroughS: number;
  /** Demand of all seconds, for bounds; rules that need it are refused without. */
  readonly whole?: Uint32Array;
  /** What fitted models said of the trace, the LSTM among them; the rule that is made of it alone is refused without. */
  readonly voices?: readonly MinuteVoices[];
}

export interface RivalEntry {
  readonly id: string;
  /** For those who choose; the policy's own name says its settings. */
  readonly title: string;
  readonly group: 'rival' | 'forecaster' | 'tuned' | 'bound';
  /** Refused without it: not among all that are replayed by default. */
  readonly needs?: 'voices';
  create(context: RivalContext): Policy;
}

/** The family by which its forecasts are known. */
const LSTM = 'lstm';

export const RIVALS: readonly RivalEntry[] = [
  rival('leaf', 'Leaf: segments that double and halve', () => leaf()),
  rival('tinyid', 'TinyID: a static step, prefetched at 20 %', () => staticStep()),
  rival('oceanbase', 'OceanBase: a static cache, prefetched at 25 %', () => oceanbase()),
  rival('nebulagraph', 'NebulaGraph: a static step, prefetched at 50 %', () => nebulaGraph()),
  rival('leaf-fixed', 'Leaf without adaptation: a static step, prefetched at 10 %', () => leafFixed()),
  rival('seqsvr', "WeChat's seqsvr: a static step without prefetch", () => staticOnEmpty()),
  rival('tidb', 'TiDB: blocks that last ten seconds', () => tidb()),
  rival('cosid', 'CosId: a chain of segments', () => cosidChain()),
  rival('mysql', 'MySQL: reservations that double within a statement', () => mysqlBulk()),
  rival('foundationdb', 'FoundationDB: windows half used', () => foundationDbWindow()),
  rival('vitess', 'Vitess: a static cache', () => vitess()),
  rival('baidu', 'Baidu: a ring refilled at half', () => baiduRing()),
  rival('postgres', 'PostgreSQL: a cache per session', () => postgresCache()),
  rival('hazelcast', 'Hazelcast: batches that expire', () => hazelcast()),
  rival('ipam', 'Kubernetes IPAM: watermarks', () => ipamWatermarks()),
  rival('reorder', '(s,S): constants that fit nobody in particular', () => orderUpTo()),
  rival('months-to-exhaust', 'Telephone numbers: months to exhaust', () => monthsToExhaust()),
  forecaster('newsvendor-ewma', 'newsvendor over the rate of the last minute', () => ewmaQuantiles()),
  forecaster('newsvendor-seasonal', 'newsvendor over the same minutes of last week or yesterday', () => seasonalNaiveQuantiles()),
  forecaster('newsvendor-holt-winters', 'newsvendor over Holt and Winters', ({ training }, horizonsS) => {
    return holtWintersQuantiles(training, Math.max(...horizonsS));
  }),
  forecaster('newsvendor-mixture', 'newsvendor over the live mixture of forecasts', ({ startMs, voices }, horizonsS) => {
    return mixtureQuantiles({ startMs, horizonsS }, voices);
  }),
  {
    needs: 'voices',
    ...forecaster('newsvendor-lstm', 'newsvendor over the LSTM alone', ({ startMs, voices = [] }, horizonsS) => {
      const said = voices.find(({ family }) => family === LSTM);
      if (said === undefined)
        throw new SequenceError('SEQ_CONFIG_INVALID', '"newsvendor-lstm" needs an LSTM that was trained for the trace');
      return fittedQuantiles({ startMs, horizonsS }, said, LSTM);
    }),
  },
  { id: 'tuned-sq', title: '(s,Q) tuned on the training part', group: 'tuned', create: tunedOrderQuantity },
  { id: 'tuned-static', title: 'a static step tuned on the training part', group: 'tuned', create: tunedStaticStep },
  bound('foresight', 'perfect foresight, an order a minute', foresight),
  bound('wagner-whitin', 'the optimum at sixty orders an hour', wagnerWhitin),
];

/** The entries that a list of ids names, in its order; refuses what does not exist. */
export function rivalsNamed(ids: readonly string[]): RivalEntry[] {
  return ids.map((id) => {
    const entry = RIVALS.find((each) => each.id === id);
    if (entry !== undefined) return entry;
    throw new SequenceError('SEQ_CONFIG_INVALID', `no rival is called "${id}": choose from ${RIVALS.map((each) => each.id).join(', ')}`);
  });
}

function rival(id: string, title: string, create: () => Policy): RivalEntry {
  return { id, title, group: 'rival', create };
}

type MakeQuantiles = (context: RivalContext, horizonsS: readonly number[]) => DemandQuantiles;

function forecaster(id: string, title: string, make: MakeQuantiles): RivalEntry {
  return {
    id,
    title,
    group: 'forecaster',
    create(context) {
      const options = { leadTimeS: context.leadTimes.plannedS, rideThroughS: context.rideThroughS };
      return newsvendor(make(context, newsvendorHorizonsS(options)), options);
    },
  };
}

type MakeBound = (counts: Uint32Array, options: { leadTimeS: number; rideThroughS: number }) => Policy;

function bound(id: string, title: string, make: MakeBound): RivalEntry {
  return {
    id,
    title,
    group: 'bound',
    create({ whole, leadTimes, rideThroughS }) {
      if (whole === undefined) {
        throw new SequenceError('SEQ_CONFIG_INVALID', `"${id}" knows the future: it needs a trace that fits into memory`);
      }
      return make(whole, { leadTimeS: leadTimes.plannedS, rideThroughS });
    },
  };
}
