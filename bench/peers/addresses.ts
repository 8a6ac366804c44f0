/** Where the servers of the comparison are: what a caller in a process of its own is told. */
export interface Addresses {
  readonly postgres?: string;
  /** Keeps nothing on disk. */
  readonly redis?: string;
  /** Logs each command before it answers (append-only file, synced every second). */
  readonly redisDurable?: string;
  readonly mariadb?: string;
  /** A gateway of an installation of ours, and a directory for what runs in process. */
  readonly gateway?: string;
  readonly dataDir: string;
}
