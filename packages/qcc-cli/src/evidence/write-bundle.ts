import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArchiveError } from 'qcc-archive/errors';
import type { ReadLimits } from 'qcc-archive/inspect-archive';
import { cutElement } from 'qcc-archive/read-elements';
import { type Sealer, SealingError } from 'qcc-core/base/sealing';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { type ArchiveRepository, passwordContext } from 'qcc-evidence/archive-repository';
import type { ResponseRepository } from 'qcc-evidence/response-repository';
import { EvidenceError, keyPart } from 'qcc-evidence/store';
import { renderReadme } from './readme.ts';

/** An occurrence of the record, from `record_history`. */
export type BundledRow = {
  corp_key_no: string;
  type: string;
  check_id: string | null;
  order_no: string;
  revision: number;
  position: number;
  archive_sha256: string;
};

export type BundleDeps = {
  archives: Pick<ArchiveRepository, 'findOrder' | 'copyArchive'>;
  responses: Pick<ResponseRepository, 'find'>;
  sealer: Pick<Sealer, 'open'>;
  limits: ReadLimits;
};

export type BundleInput = {
  /** Made where it does not exist. */
  folder: string;
  account: string;
  recordId: string;
  occurrences: readonly BundledRow[];
  /** Rows of the history, a JSON object each. */
  rows: readonly string[];
  withPassword: boolean;
  now: number;
};

/**
 * Writes what proves a record into a folder: archives, the record cut out of each, detail responses, rows, a manifest and
 * hashes of it all. The manifest names what is missing. Everything else is written.
 * @returns what is missing.
 * @throws EvidenceError `unavailable`, SealingError `unknown-key`, and what the file system says.
 */
export async function writeBundle(deps: BundleDeps, input: BundleInput): Promise<string[]> {
  const { folder, account, recordId, occurrences, withPassword } = input;
  const createdAt = new Date(input.now).toISOString();
  const files = new Map<string, { bytes: number; sha256: string }>();
  const missing: string[] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
    files.set(name, {
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  };
  const orMissing = async <Value>(what: string, action: () => Promise<Value | null>): Promise<Value | null> => {
    try {
      const value = await action();
      if (value === null) missing.push(what);
      return value;
    } catch (error) {
      if (!isOriginalsFault(error)) throw error;
      missing.push(`${what}: ${error.message}`);
      return null;
    }
  };

  const writeArchive = async ({ order_no, archive_sha256 }: BundledRow) => {
    const order = await deps.archives.findOrder(account, order_no);
    const archive = order?.archives.find(({ sha256 }) => sha256 === archive_sha256);
    if (!archive) return null;
    const name = `archives/${keyPart(order_no)}-${archive.sha256}`;
    await mkdir(join(folder, 'archives'), { recursive: true, mode: 0o700 });
    const copied = await deps.archives.copyArchive(archive, join(folder, `${name}.zip`));
    files.set(`${name}.zip`, copied);
    await write(`${name}.json`, toJson({ ...archive, extractions: order?.extractions }));
    const password = await deps.sealer.open(archive.sealedUnzipPassword, passwordContext(archive));
    if (withPassword) await write(`${name}.password.txt`, `${password}\n`);
    return { name: `${name}.zip`, archive, isRewritten: copied.sha256 !== archive.sha256, password };
  };

  const writeRecord = async (
    { order_no, revision, position }: BundledRow,
    { name, password }: { name: string; password: string },
  ) => {
    const element = await cutElement({ file: join(folder, name), password, limits: deps.limits }, position);
    if (element?.kind !== 'element') return null;
    const record = `records/${keyPart(order_no)}-${revision}-${position}.json`;
    await write(record, element.content);
    return record;
  };

  const writeResponses = async ({ type, corp_key_no, check_id }: BundledRow): Promise<string[]> => {
    const endpoint = DETAIL_ENDPOINTS.find((each) => each.type === type);
    const checkId = check_id?.trim();
    if (!endpoint || !checkId) return [];
    const found = await deps.responses.find({ account, endpoint: endpoint.call.name, corpKeyNo: corp_key_no, checkId });
    const names: string[] = [];
    for (const { key, object } of found) {
      const name = `answers/${key.slice(key.lastIndexOf('/') + 1)}`;
      if (!files.has(name)) await write(name, object);
      names.push(name);
    }
    return names;
  };

  const manifest: object[] = [];
  for (const occurrence of occurrences) {
    const { order_no: orderNo, revision, position, archive_sha256: archiveSha256 } = occurrence;
    const where = `order ${orderNo}, revision ${revision}, position ${position}`;
    const archive = await orMissing(`the archive of ${where}`, () => writeArchive(occurrence));
    const record = archive && (await orMissing(`the record of ${where}`, () => writeRecord(occurrence, archive)));
    const responses = await orMissing(`the detail responses of ${where}`, () => writeResponses(occurrence));
    manifest.push({
      orderNo,
      revision,
      position,
      archiveSha256,
      archive: archive?.name ?? null,
      rewritten: archive?.isRewritten ?? null,
      unconfirmed: archive?.archive.unconfirmed ?? null,
      record,
      answers: responses,
    });
  }
  await write('rows.jsonl', input.rows.map((row) => `${row}\n`).join(''));
  await write('README.txt', renderReadme({ recordId, account, createdAt, hasPassword: withPassword }));
  await write(
    'manifest.json',
    toJson({ recordId, account, createdAt, occurrences: manifest, missing, files: Object.fromEntries(files) }),
  );
  await write('SHA256SUMS', [...files].map(([name, { sha256 }]) => `${sha256}  ${name}\n`).join(''));
  return missing;
}

const toJson = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

/**
 * Whether the error affects only this original, so that the others can still be read. An unavailable store or a missing key affects all
 * of them.
 */
export const isOriginalsFault = (error: unknown): error is Error =>
  error instanceof ArchiveError ||
  (error instanceof EvidenceError && error.kind === 'altered') ||
  (error instanceof SealingError && error.kind !== 'unknown-key');
