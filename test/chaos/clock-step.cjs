// Loaded into a worker before anything else (--require): steps its wall clock when SIGUSR2 arrives, by as many milliseconds as the file
// named by CHAOS_CLOCK_FILE says. Time that only grows (performance.now, timers) goes on as it did, as on a machine whose clock is set.
const { readFileSync } = require('node:fs');

const real = Date.now;
const RealDate = Date;
let offsetMs = 0;

process.on('SIGUSR2', () => {
  offsetMs = Number(readFileSync(process.env.CHAOS_CLOCK_FILE, 'utf8'));
});

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(real() + offsetMs);
    else super(...args);
  }

  static now() {
    return real() + offsetMs;
  }
};
