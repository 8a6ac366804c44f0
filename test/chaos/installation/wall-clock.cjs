// Loaded into a process before anything else (--require), and into its threads: its wall clock is ahead of the real one by as many milliseconds
// as CHAOS_CLOCK_AHEAD_MS says, from the start on, and by as many as the file named by CHAOS_CLOCK_FILE says once SIGUSR2 arrives. Time that
// only grows (performance.now, timers) goes on as it did, as on a machine whose clock is set.
const { readFileSync } = require('node:fs');

const real = Date.now;
const RealDate = Date;
let aheadMs = Number(process.env.CHAOS_CLOCK_AHEAD_MS ?? 0);

if (process.env.CHAOS_CLOCK_FILE !== undefined) {
  process.on('SIGUSR2', () => {
    aheadMs = Number(readFileSync(process.env.CHAOS_CLOCK_FILE, 'utf8'));
  });
}

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(real() + aheadMs);
    else super(...args);
  }

  static now() {
    return real() + aheadMs;
  }
};
