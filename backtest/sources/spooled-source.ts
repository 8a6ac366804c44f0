/** Demand that was read into cells, as a source: cells become seconds, bins are spread over theirs, piece by piece. */
import { binRng, spreadBin } from './bin-spread.ts';
import { CellReader } from './cell-code.ts';
import type { DemandSource } from './demand-source.ts';

export interface CellRun {
  readonly name: string;
  /** Index of the first cell, counted from `startMs`; 0 where there is none. */
  readonly first: number;
  chunks(): Iterable<Uint8Array>;
}

export interface CellClock {
  readonly startMs: number;
  /** Cells from the start to the end of the set. */
  readonly cells: number;
  readonly cellS: number;
  /** Of the spreading, where a cell is longer than a second. */
  readonly seed: number;
}

const PIECE_S = 86_400;
/** All pieces but the last are multiples of it, in seconds. */
const PIECE_STEP_S = 10;

export function spooledSource(run: CellRun, clock: CellClock): DemandSource {
  const { startMs, cells, cellS, seed } = clock;
  return {
    name: run.name,
    startMs,
    seconds: cells * cellS,
    async *pieces() {
      const pieceCells = Math.min(cells, cellsOfPiece(cellS));
      const piece = new Uint32Array(pieceCells * cellS);
      let from = 0;
      for (const reader = new CellReader(run.first, run.chunks()); reader.next(); ) {
        for (; reader.index >= from + pieceCells; from += pieceCells) {
          yield piece;
          piece.fill(0);
        }
        const at = (reader.index - from) * cellS;
        if (cellS === 1) piece[at] = reader.count;
        else spreadBin(reader.count, piece.subarray(at, at + cellS), binRng(seed, reader.index));
      }
      for (; from < cells; from += pieceCells) {
        yield piece.subarray(0, (Math.min(cells, from + pieceCells) - from) * cellS);
        piece.fill(0);
      }
    },
  };
}

/** About a day of whole cells. */
function cellsOfPiece(cellS: number): number {
  let step = 1;
  while ((step * cellS) % PIECE_STEP_S !== 0) step++;
  return step * Math.max(1, Math.floor(PIECE_S / (step * cellS)));
}
