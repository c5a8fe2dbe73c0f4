// In the syntax of Node 12, see places.mjs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE_DIR, ROOT } from './places.mjs';

/** What the local stack needs of Maven Central: each has a folder here with its `pom.xml` and its `SHA256SUMS`. */
export const ARTIFACTS = /** @type {const} */ (['kafka', 'registry']);

/** In the same form, for some rows of the campaign of faults only. */
export const OLDER_ARTIFACTS = /** @type {const} */ (['kafka-3.9']);

/** In the same form, for the tests of clients. */
export const CLIENT_ARTIFACTS = /** @type {const} */ (['clickhouse-jdbc']);

/** In the same form, for the example in Java, which keeps its pins next to its code. */
export const EXAMPLE_ARTIFACTS = /** @type {const} */ (['java-example']);

/**
 * Where the files of an artifact are kept: the folder is named after their pins, and is there only when it is whole.
 * @param {(typeof ARTIFACTS | typeof OLDER_ARTIFACTS | typeof CLIENT_ARTIFACTS | typeof EXAMPLE_ARTIFACTS)[number]} name
 */
export function artifactFolder(name) {
  const pins = join(ROOT, name === 'java-example' ? 'examples/java' : `stack/${name}`);
  const sums = readFileSync(join(pins, 'SHA256SUMS'), 'utf8');
  const folder = join(CACHE_DIR, `${name}-${createHash('sha256').update(sums).digest('hex').slice(0, 12)}`);
  return { pins, sums, folder };
}
