/** How long and how often each thing is done: enough to tell runs from accidents, or just enough to see that all of it works. */
export interface Plan {
  readonly runs: number;
  readonly runMs: number;
  readonly warmUpMs: number;
  /** Values whose order and gaps are looked at. */
  readonly answers: number;
  readonly answersMs: number;
  /** Times that callers are killed, and that servers are. */
  readonly callerEnds: number;
  readonly serverEnds: number;
  /** Values a caller has taken when it is killed, drawn between these, at a pace of `PACE`. */
  readonly takenMin: number;
  readonly takenMax: number;
  /** Whether callers are killed, too, that have nothing in hand: it is known what that costs. */
  readonly endsAllCallers: boolean;
  /** Values taken of each counter before its server is killed, and once more afterwards: so many at least, and less than twice as many. */
  readonly takenOfServer: number;
  readonly failovers: number;
}

export const FULL: Plan = {
  ...{ runs: 5, runMs: 1_500, warmUpMs: 1_000, answers: 20_000, answersMs: 2_000 },
  ...{ callerEnds: 5, serverEnds: 3, takenMin: 500, takenMax: 1_500, takenOfServer: 200, failovers: 3, endsAllCallers: true },
};

/** For a look, and to see that it runs: its figures are nothing to quote. */
export const QUICK: Plan = {
  ...{ runs: 3, runMs: 80, warmUpMs: 100, answers: 2_000, answersMs: 500 },
  ...{ callerEnds: 1, serverEnds: 1, takenMin: 100, takenMax: 300, takenOfServer: 40, failovers: 1, endsAllCallers: false },
};

/** Callers of the two kinds of runs. */
export const ALONE = 1;
export const TOGETHER = 32;
/** Values a second that a caller takes who is to be killed. */
export const PACE = 1_000;
/** How far the replica is behind when its primary dies. */
export const LAG_MS = 300;
