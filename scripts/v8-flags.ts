import type { AnyServiceName } from './admin-ports.mjs';

/**
 * Keeps V8's young generation at 16 MiB: two semi-spaces of 8. Records are garbage as soon as they are read, at half a million
 * a second; V8 lets the space they are made in grow for that to some 128 MiB, in the same processor time.
 *
 * `--semi-space-growth-factor=1` does not serve here: at its start V8 raises every factor below 2 to 2.
 */
const KEEP_YOUNG_HEAP_SMALL = '--max-semi-space-size=8';

/**
 * Flags of V8 that each service starts with (decision 20). Node refuses the second of them in NODE_OPTIONS, so they are in
 * the start command: the image repeats them in `services/Dockerfile`, and a test compares the two.
 *
 * `--heap-growing-percent` says at how much more than what lives in it V8 collects the old generation.
 */
export const V8_FLAGS: Readonly<Record<AnyServiceName, readonly string[]>> = {
  'callback-gateway': [],
  // Four times what lives there. Hardly anything does, but V8 counts buffers to it: the pieces of an archive and the requests
  // to the brokers had it collected twenty times in an archive of 200,000 records.
  'archive-extractor': [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=300'],
  // 1.6 times, because the responses of QCC that are remembered take most of the memory that the enricher may have. Collecting
  // at twice that took 3 % less of processor time, at one and a half times 10 to 30 % more, when records were still kept for a
  // batch.
  'detail-enricher': [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=60'],
  // 2.4 times, because the sink keeps less than the enricher.
  sink: [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=140'],
  // It keeps little, and sends a few messages a minute.
  alerter: [],
};
