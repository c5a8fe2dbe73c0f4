import type { AnyServiceName } from './admin-ports.mjs';

/**
 * Keeps V8's young generation at 16 MiB: two semi-spaces of 8. Records become garbage as soon as they are read, at half a million a
 * second. By default, V8 lets the space in which they are created grow to some 128 MiB, which takes the same processor time.
 *
 * `--semi-space-growth-factor=1` does not help: at its start V8 raises every factor below 2 to 2.
 */
const KEEP_YOUNG_HEAP_SMALL = '--max-semi-space-size=8';

/**
 * Flags of V8 that each service starts with (decision 20). Node refuses the second of them in NODE_OPTIONS, so they are in
 * the start command: the image repeats them in `services/Dockerfile`, and a test compares the two.
 *
 * `--heap-growing-percent` says by how much the old generation grows beyond its live objects before V8 collects it.
 */
export const V8_FLAGS: Readonly<Record<AnyServiceName, readonly string[]>> = {
  'callback-gateway': [],
  // Collected at four times the size of its live objects. There are few, but V8 also counts buffers. The pieces of an archive and the
  // requests to the brokers caused twenty collections in an archive of 200,000 records.
  'archive-extractor': [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=300'],
  // At 1.6 times, because remembered responses of QCC take most of the memory that the enricher may use. Collecting at twice the size of
  // the live objects took 3 % less processor time, and at one and a half times 10 to 30 % more. This was measured when the enricher
  // still kept the records of a batch.
  'detail-enricher': [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=60'],
  // At 2.4 times, because the sink keeps less than the enricher.
  sink: [KEEP_YOUNG_HEAP_SMALL, '--heap-growing-percent=140'],
  // It keeps little, and sends a few messages a minute.
  alerter: [],
};
