import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeSecrets } from './make-secrets.ts';

test('secrets are random, stay the same, and are readable for this user alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qcc-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const secrets = makeSecrets(folder);
  expect(new Set(Object.values(secrets)).size).toBe(3);
  expect(makeSecrets(folder)).toEqual(secrets);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of Object.keys(secrets)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});
