// Loaded into a server before anything else (--require), its threads included: its wall clock is ahead of the real one by as many
// milliseconds as GAPLESS_CLOCK_AHEAD_MS says. A year passes between two lives of a server, and its new year comes while it serves.
const aheadMs = Number(process.env.GAPLESS_CLOCK_AHEAD_MS ?? 0);

if (aheadMs !== 0) {
  const real = Date.now;
  const RealDate = Date;

  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(real() + aheadMs);
      else super(...args);
    }

    static now() {
      return real() + aheadMs;
    }
  };
}
