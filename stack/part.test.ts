import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startPart } from './part.ts';
import { commandLine } from './processes.ts';

const dir = mkdtempSync(join(tmpdir(), 'qcc-part-'));
const logFile = join(dir, 'part.log');
const marker = join(dir, 'ready');
afterAll(() => rmSync(dir, { recursive: true }));

const launch = (script: string) => ({
  name: 'The part',
  dir,
  logFile,
  cwd: dir,
  command: process.execPath,
  args: ['-e', script, dir],
  endBy: 'SIGTERM' as const,
  ready: async () => existsSync(marker),
});
const SERVE = `require('fs').writeFileSync(${JSON.stringify(marker)}, ''); setInterval(() => {}, 1000)`;

describe('startPart', () => {
  test('resolves once the part is ready, and stop ends its process', async () => {
    const part = await startPart(launch(SERVE));
    expect(commandLine(part.pid)).toContain(dir);
    await part.stop();
    expect(commandLine(part.pid)).toBe('');
    expect(await part.exited).toBe('ended by SIGTERM');
    rmSync(marker);
  });

  test('ends a part that lives on its standard input by closing it', async () => {
    const script = `${SERVE}; process.stdin.resume().on('end', () => process.exit(0))`;
    await using part = await startPart({ ...launch(script), endBy: 'closing stdin' });
    await part.stop();
    expect(await part.exited).toBe('ended with exit code 0');
    rmSync(marker);
  });

  test('takes an early exit for a failure whatever its code, and quotes the log', async () => {
    await expect(startPart(launch(`console.error('the port is taken'); process.exit(0)`))).rejects.toThrow(
      /^The part ended with exit code 0; the end of .*:\n.*the port is taken$/s,
    );
  });

  test('does not believe a ready response when its own process is gone', async () => {
    const pids: number[] = [];
    const start = startPart({
      ...launch(`require('fs').writeFileSync(${JSON.stringify(marker)}, String(process.pid))`),
      ready: async () => {
        if (!existsSync(marker)) return false;
        pids.push(Number(readFileSync(marker, 'utf8')));
        return commandLine(pids[0]!) === '';
      },
    });
    await expect(start).rejects.toThrow('ended with exit code 0');
    rmSync(marker);
  });

  test('leaves nothing running when the start is aborted', async () => {
    const abort = new AbortController();
    let pid = 0;
    const start = startPart({
      ...launch(SERVE.replace("''", 'String(process.pid)')),
      signal: abort.signal,
      ready: async () => {
        if (existsSync(marker)) {
          pid = Number(readFileSync(marker, 'utf8'));
          abort.abort(new Error('interrupted'));
        }
        return false;
      },
    });
    await expect(start).rejects.toThrow('interrupted');
    expect(commandLine(pid)).toBe('');
    rmSync(marker);
  });

  test('says what could not be run', async () => {
    const missing = { ...launch(''), command: join(dir, 'no-such-command') };
    await expect(startPart(missing)).rejects.toThrow(/exit code 127;.*no-such-command: not found/s);
    expect(readFileSync(logFile, 'utf8')).toContain('the port is taken');
  });
});
