import { join } from 'node:path';
import { openFleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';
import { type WatchedFleet, watchFleet } from './watch-progress.ts';

/** Services by composition roots of the campaign's own, in which fail-points wait to be named. */
export const openFaultFleet = (bed: TestBed): WatchedFleet =>
  watchFleet(
    bed,
    openFleet(bed, (service) => join(import.meta.dirname, 'roots', `${service}.ts`)),
  );
