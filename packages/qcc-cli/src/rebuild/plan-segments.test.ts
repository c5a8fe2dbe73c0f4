import type { KeptArchive, KeptExtraction } from 'qcc-evidence/archive-repository';
import { expect, test } from 'vitest';
import { planSegments } from './plan-segments.ts';

const archive = (sha256: string): KeptArchive => ({
  account: 'main',
  orderNo: 'DDMON1',
  sha256,
  bytes: 1,
  sealedUnzipPassword: 'sealed',
  entryName: 'corp.json',
  otherEntries: [],
  plaintextSha256: 'p',
  pushDate: 1,
  declared: 50,
  elements: 50,
  rejected: 0,
  unconfirmed: false,
  keptAt: 1,
});
const extraction = (revision: number, firstPosition: number, archiveSha256: string): KeptExtraction => ({
  account: 'main',
  orderNo: 'DDMON1',
  revision,
  firstPosition,
  archiveSha256,
  source: 'callback',
  receivedAt: 1,
  startedAt: 1,
});

test.each([
  ['one archive, one revision', ['a'], [extraction(0, 0, 'a')], [[['a', 0, 50]]], []],
  [
    'one that went on in an archive packed anew',
    ['a', 'b'],
    [extraction(0, 0, 'a'), extraction(0, 20, 'b'), extraction(0, 40, 'b')],
    [
      [
        ['a', 0, 20],
        ['b', 20, 40],
        ['b', 40, 50],
      ],
    ],
    [],
  ],
  [
    'a replay of the same archive',
    ['a'],
    [extraction(0, 0, 'a'), extraction(1, 0, 'a')],
    [[['a', 0, 50]], [['a', 0, 50]]],
    [],
  ],
  ['an archive that is gone', ['b'], [extraction(0, 0, 'a'), extraction(1, 0, 'b')], [[['b', 0, 50]]], ['a']],
] as const)('%s', (_name, archives, extractions, expected, missing) => {
  const plan = planSegments({ orderNo: 'DDMON1', archives: archives.map(archive), extractions: [...extractions] });
  expect(plan.missing).toEqual(missing);
  expect(
    plan.revisions.map((segments) => segments.map((segment) => [segment.archive.sha256, segment.first, segment.end])),
  ).toEqual(expected);
});
