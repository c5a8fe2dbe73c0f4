import { join } from 'node:path';
import { openFleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';
import { type WatchedFleet, watchFleet } from './watch-progress.ts';

/** Services with the campaign's own composition roots. Their fail-points do nothing unless the environment names one. */
export const openFaultFleet = (bed: TestBed): WatchedFleet =>
  watchFleet(
    bed,
    openFleet(bed, (service) => join(import.meta.dirname, 'roots', `${service}.ts`)),
  );
