import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at the size it begins with, for the whole process. Records are garbage as soon as they are
 * read, at half a million a second; V8 lets the space they are made in grow for that, and 2 GiB of small ones took 300 MiB
 * instead of 200, in the same processor time.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
