/** What every port that goes on calling hands out. */
export interface Subscription {
  /** After it resolves the handler is not called again. */
  close(): Promise<void>;
}
