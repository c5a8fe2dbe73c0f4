import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analystUsersFile, containerUsersFile } from './analyst-login.ts';

test("the container's users file is up to date (else: vitest -u)", async () => {
  await expect(containerUsersFile()).toMatchFileSnapshot(join(import.meta.dirname, 'clickhouse', 'analyst.xml'));
});

test('the login reads the database of the services, and from loopback only', () => {
  const file = analystUsersFile({ CLICKHOUSE_DATABASE: 'other' });
  expect(file).toContain('<query>GRANT SELECT ON `other`.records_masked</query>');
  expect(file).not.toContain('`qcc`');
  expect(file).toContain('<ip>127.0.0.1</ip>');
});
