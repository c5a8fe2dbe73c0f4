import { expect, test } from 'vitest';
import { PROJECT_IMAGES } from './project-images.ts';
import { bomOfImage } from './sbom-of-image.ts';

const nameOf = (reference: string): string => reference.slice(0, reference.lastIndexOf('@'));

test.each(PROJECT_IMAGES)(
  'the bill of materials of $name has no development tool, and a hash for each package',
  ({ workspace }) => {
    const { bom, packages } = bomOfImage(workspace);
    const names = packages.map(nameOf);
    for (const tool of ['vitest', 'typescript', '@biomejs/biome', 'testcontainers']) expect(names).not.toContain(tool);
    const foreign = bom.components.filter((component) => packages.includes(component['bom-ref']));
    expect(foreign.map((component) => component['bom-ref']).toSorted()).toEqual(packages);
    expect(foreign.filter(({ hashes = [] }) => hashes.length === 0)).toEqual([]);
  },
);

test.each([
  ['sink', '@clickhouse/client', true],
  ['callback-gateway', '@clickhouse/client', false],
  ['callback-gateway', '@node-rs/crc32-linux-x64-gnu', true],
  ['callback-gateway', '@node-rs/crc32-darwin-arm64', false],
  ['qcc-simulator', 'kafkajs', false],
])('the image of %s holds %s: %s', (workspace, name, holds) => {
  expect(bomOfImage(workspace).packages.map(nameOf).includes(name)).toBe(holds);
});
