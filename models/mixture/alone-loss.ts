/**
 * What one model's own forecasts lost lately, whoever else is in the mixture: a model that took over from another begins with nothing, and
 * outcomes of what its predecessor said are not its own.
 */

/** A mean over the last two hundred outcomes, as the mixture keeps of itself. */
const OUTCOMES_MAX = 200;

export class AloneLoss {
  private model: string | undefined;
  private sinceMs = 0;
  private outcomes = 0;
  private loss = 0;

  /** NaN before the first outcome. */
  get mean(): number {
    return this.outcomes === 0 ? NaN : this.loss;
  }

  /** The model that speaks now. */
  heard(model: string, nowMs: number): void {
    if (model === this.model) return;
    this.model = model;
    this.sinceMs = nowMs;
    this.outcomes = 0;
  }

  /** The outcome of what was said then. */
  note(loss: number, saidAtMs: number): void {
    if (saidAtMs < this.sinceMs) return;
    this.outcomes = Math.min(OUTCOMES_MAX, this.outcomes + 1);
    this.loss += (loss - this.loss) / this.outcomes;
  }
}
