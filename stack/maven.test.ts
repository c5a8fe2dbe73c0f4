import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { verifyArtifacts } from './maven.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-maven-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'good.jar'), 'bytes');
const pin = createHash('sha256').update('bytes').digest('hex');

describe('verifyArtifacts', () => {
  test('accepts files that are what their pins say', async () => {
    await expect(verifyArtifacts(`${pin}  good.jar\n`, folder)).resolves.toBeUndefined();
  });

  test('refuses a file whose bytes differ from the pin', async () => {
    const pinned = verifyArtifacts(`${'0'.repeat(64)}  good.jar\n`, folder);
    await expect(pinned).rejects.toThrow(`good.jar has SHA-256 ${pin}, pinned is ${'0'.repeat(64)}`);
  });

  test('refuses a folder that lacks a pinned file', async () => {
    await expect(verifyArtifacts(`${pin}  missing.jar\n`, folder)).rejects.toThrow('missing.jar is pinned');
  });

  test('refuses a file that no pin names, as it would be on the class path', async () => {
    await expect(verifyArtifacts('', folder)).rejects.toThrow('good.jar is not pinned');
  });
});
