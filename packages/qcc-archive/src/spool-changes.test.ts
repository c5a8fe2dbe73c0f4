import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { bytesOf } from 'qcc-core/avro/composed';
import { avroType } from 'qcc-core/avro/types';
import { describe, expect, test } from 'vitest';
import type { SpooledElement } from './change-file.ts';
import { corpKeyNoOf, createRecordWriter } from './encode-change.ts';
import { type ArchiveSource, inspectArchive } from './inspect-archive.ts';
import { type ExtractionContext, PARSER_VERSION } from './read-change.ts';
import { type ElementOutcome, readElements } from './read-elements.ts';
import { spoolChanges } from './spool-changes.ts';
import { buildZip, DOCUMENT, PASSWORD, spool } from './testing/archives.ts';

const CONTEXT: ExtractionContext = {
  account: 'main',
  orderNo: 'DDMON2021031616145803273367',
  revision: 3,
  source: 'replay',
  archiveSha256: 'a'.repeat(64),
  pushDate: 1_615_891_946_000,
};
const PUSH = '"pushDate":"2021-03-16 18:52:26"';
const good = (id: string, more = '') => `{"id":"${id}","corpKeyNo":"公司-${id}","type":"2"${more}}`;

async function spoolOf(elements: readonly string[], more = '') {
  const content = `{${PUSH},"result":[${elements.join()}]${more}}`;
  const archive = await spool(buildZip([{ name: 'corp.json', content }]));
  const source: ArchiveSource = { file: archive.file, password: PASSWORD, limits: { entryMaxBytes: 50_000_000 } };
  return { archive, source, file: `${archive.file}.changes` };
}

async function readAll(batches: AsyncIterable<SpooledElement[]>): Promise<SpooledElement[]> {
  const elements: SpooledElement[] = [];
  for await (const batch of batches) elements.push(...batch);
  return elements;
}

/** What a second reading of the archive says. */
async function outcomesOf(source: ArchiveSource): Promise<ElementOutcome[]> {
  const inspection = await inspectArchive(source);
  const outcomes: ElementOutcome[] = [];
  for await (const batch of readElements({ ...source, inspection, context: CONTEXT })) outcomes.push(...batch);
  return outcomes;
}

describe('what is spooled', () => {
  test.each<[string, string[]]>([
    ['nothing', []],
    ["the document's example", DOCUMENT.result.map((each) => JSON.stringify(each))],
    ['records and what is none', [good('1'), 'null', '{"id":1e}', good('2', ',"riskScore":7'), '{}', good('3')]],
    [
      'records that are longer than a piece of the file',
      ['1', '2', '3'].map((id) => good(id, `,"corpName":"${'甲'.repeat(300_000)}"`)),
    ],
    ['a record that is too large', [good('1'), `{"id":"${'x'.repeat(1_000_000)}"}`, good('2')]],
    [
      'many',
      Array.from({ length: 20_000 }, (_, at) => (at % 7 === 0 ? `[${at}]` : good(randomBytes(16).toString('hex')))),
    ],
  ])('%s is what a second reading of the archive would say', async (_, elements) => {
    const { archive, source, file } = await spoolOf(elements);
    await using _archive = archive;
    const { inspection, changes } = await spoolChanges(
      { ...source, limits: { ...source.limits, freeRejected: 10_000 } },
      file,
    );
    await using _changes = changes;
    const expected = await outcomesOf({ ...source, limits: { ...source.limits, freeRejected: 10_000 } });
    const writeRecord = createRecordWriter(Buffer.from('head'), CONTEXT);
    const read = (await readAll(changes.read())).map((element) => {
      if (element.kind === 'rejected') return element;
      const value = bytesOf(writeRecord(element.change, element.position));
      expect(value.subarray(0, 4).toString()).toBe('head');
      const record = avroType('records').fromBuffer(value.subarray(4));
      expect([corpKeyNoOf(element.change), record.parserVersion]).toEqual([record.corpKeyNo, PARSER_VERSION]);
      return { kind: 'record', record: { ...record } };
    });
    expect(inspection.elements).toBe(elements.length);
    expect(read).toEqual(expected);
  });

  test('can be read again, also after a reading that was abandoned', async () => {
    const { archive, source, file } = await spoolOf(
      Array.from({ length: 5_000 }, (_, at) => good(`${at}`, ',"corpName":"x"'.padEnd(300, ' '))),
    );
    await using _archive = archive;
    const { changes } = await spoolChanges(source, file);
    await using _changes = changes;
    for await (const _ of changes.read()) break;
    expect(await readAll(changes.read())).toHaveLength(5_000);
  });

  test('is not in clear, and gone when it is disposed of', async () => {
    const { archive, source, file } = await spoolOf([good('1', ',"corpName":"山东某某纺织科技有限公司"')]);
    await using _archive = archive;
    const { changes } = await spoolChanges(source, file);
    const bytes = await readFile(file);
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.includes('山东某某')).toBe(false);
    await changes[Symbol.asyncDispose]();
    expect(existsSync(file)).toBe(false);
  });
});

test('an archive that fails behind its records leaves nothing', async () => {
  const { archive, source, file } = await spoolOf([good('1')], ',"totalSize":"many"');
  await using _archive = archive;
  await expect(spoolChanges(source, file)).rejects.toMatchObject({ code: 'ARCHIVE_ENVELOPE_INVALID' });
  expect(existsSync(file)).toBe(false);
});
