import { join } from 'node:path';
import { type Fleet, openFleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';

/** Services by composition roots of the campaign's own, in which fail-points wait to be named. */
export const openFaultFleet = (bed: TestBed): Fleet =>
  openFleet(bed, (service) => join(import.meta.dirname, 'roots', `${service}.ts`));
