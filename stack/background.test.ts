import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { settledState } from './background.ts';
import { endProcess } from './end-process.ts';
import { commandLine } from './processes.ts';
import type { StackEnv } from './stack.ts';

test('a process that is stopped, so that it cannot end by itself, is killed, and named before', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  child.kill('SIGSTOP');
  // Of two signals that arrive before it runs, the other one might be delivered first.
  await vi.waitFor(() => expect(readFileSync(`/proc/${child.pid}/stat`, 'utf8')).toMatch(/\) T /));
  const told: string[] = [];
  const isRunning = () => commandLine(child.pid!) === 'sleep 1000';
  await endProcess(child.pid!, { isRunning, patienceMs: 0, progress: (line) => told.push(line) });
  expect(await gone).toEqual([null, 'SIGKILL']);
  expect(told).toEqual([`process ${child.pid} did not end after SIGTERM: killing it`]);
});

test('a process that ends when it is told to is not killed', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const told: string[] = [];
  const isRunning = () => commandLine(child.pid!) === 'sleep 1000';
  await endProcess(child.pid!, { isRunning, patienceMs: Infinity, progress: (line) => told.push(line) });
  expect([await gone, told]).toEqual([[null, 'SIGTERM'], []]);
});

test('a process that waits for another start of the stack says so, and names the process of that start', async () => {
  const env = { KAFKA_BROKERS: '127.0.0.1:1' } as StackEnv;
  const told: string[] = [];
  // The other start is over once its process was named.
  const read = async () => ({ kind: 'native' as const, pid: 4711, ...(told.length > 0 && { env }) });
  expect(await settledState({ read, progress: (line) => told.push(line) })).toMatchObject({ env });
  expect(told).toEqual([expect.stringContaining('process 4711')]);
});

test('where no other start is under way nothing is told', async () => {
  const told: string[] = [];
  expect(await settledState({ read: async () => undefined, progress: (line) => told.push(line) })).toBeUndefined();
  expect(told).toEqual([]);
});
