/** Shanghai has kept +08:00 without summer time since 1991, so a fixed shift is exact for every date QCC sends. */
const OFFSET_MS = 8 * 3_600_000;
export const DAY_MS = 86_400_000;

/** `YYYY-MM-DD HH:mm:ss` on Shanghai's clock, as the document writes instants: without a zone. */
export function shanghaiTime(instantMs: number): string {
  return new Date(instantMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `YYYY-MM-DD` on Shanghai's calendar. */
export function shanghaiDay(instantMs: number): string {
  return shanghaiTime(instantMs).slice(0, 10);
}

/**
 * Reads an ISO instant, or a Shanghai day or time without a zone.
 * @throws RangeError for anything else.
 */
export function parseTime(text: string): number {
  const local = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?$/.exec(text);
  const instantMs = Date.parse(local ? `${local[1]}T${local[2] ?? '00:00:00'}+08:00` : text);
  if (Number.isNaN(instantMs)) {
    throw new RangeError(`'${text}' is no time: write 2026-03-16 18:52:26 (Shanghai) or an ISO instant`);
  }
  return instantMs;
}
