/** A reservation's id: the store's short name of its series, its number there, and the life that wrote it. Callers take it as it is. */
export interface ReservationId {
  readonly series: number;
  readonly number: number;
  readonly life: string;
}

const PATTERN = /^[1-9][0-9]{0,15}-[1-9][0-9]{0,15}-[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

export function reservationId({ series, number, life }: ReservationId): string {
  return `${series}-${number}-${life}`;
}

/** Undefined for what was never an id. */
export function parseReservationId(id: string): ReservationId | undefined {
  if (!PATTERN.test(id)) return undefined;
  // A life has hyphens of its own.
  const [series, number, ...life] = id.split('-');
  if (!Number.isSafeInteger(Number(series)) || !Number.isSafeInteger(Number(number))) return undefined;
  return { series: Number(series), number: Number(number), life: life.join('-') };
}
