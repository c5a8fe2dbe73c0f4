/**
 * Opens kafkajs's own modules to the patches of this folder, which are written for kafkajs 2.2.4. Importing this file checks
 * the installed version. Each patch names what it relies on, and `requireShape` checks it before anything is replaced, so that
 * a kafkajs that works differently ends the process at its start and cannot lose messages silently.
 */
import { createRequire } from 'node:module';

const PATCHED_VERSION = '2.2.4';
const REMEDY = `install kafkajs ${PATCHED_VERSION}, or adapt packages/qcc-core/src/kafka/kafkajs-${PATCHED_VERSION}`;

/** The installed kafkajs is not the one that the patches are written for. */
export class KafkaJsMismatchError extends Error {
  override readonly name = 'KafkaJsMismatchError';
}

/** @throws KafkaJsMismatchError if this is another version. */
export function requireVersion(version: string): void {
  if (version === PATCHED_VERSION) return;
  throw new KafkaJsMismatchError(
    `kafkajs ${version} is installed, and the patches are for ${PATCHED_VERSION}: ${REMEDY}`,
  );
}

/**
 * Checks that a function of kafkajs has the shape that a patch relies on.
 * @param mentions What its source has to contain, such as the fields that the patch reads.
 * @throws KafkaJsMismatchError
 */
export function requireShape(what: string, candidate: unknown, mentions: readonly string[]): void {
  if (typeof candidate !== 'function') throw new KafkaJsMismatchError(`kafkajs has no ${what} to patch: ${REMEDY}`);
  const source = candidate.toString();
  const missing = mentions.filter((mention) => !source.includes(mention));
  if (missing.length === 0) return;
  throw new KafkaJsMismatchError(`${what} of kafkajs does not use ${missing.join(', ')} any more: ${REMEDY}`);
}

const require = createRequire(import.meta.url);
requireVersion((require('kafkajs/package.json') as { version: string }).version);

/** A module of kafkajs by its path below `kafkajs/src`; the caller states its type and checks its shape. */
export const kafkaJsModule = <Module>(path: string): Module => require(`kafkajs/src/${path}`);

/** Replaces what a module of kafkajs exports, for modules that were not loaded yet. */
export function replaceKafkaJsModule(path: string, exported: unknown): void {
  require.cache[require.resolve(`kafkajs/src/${path}`)]!.exports = exported;
}
