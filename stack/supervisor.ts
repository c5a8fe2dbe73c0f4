/**
 * The process behind `npm run stack`: holds the native stack until it is told to end (SIGTERM), or a part ends by
 * itself. It reports to the starter over IPC while it starts, and ends if the starter goes away before the stack is up.
 */
import { forgetState, type Report, writeState } from './background.ts';
import { DATA_DIR, LOG_DIR } from './places.ts';
import { type StackPorts, startStack } from './stack.ts';

const report = (message: Report): void => {
  if (process.connected) process.send?.(message);
};
const told = new AbortController();
const end = (): void => told.abort(new Error('told to end'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, end);

const ports: StackPorts = JSON.parse(process.argv[2] ?? '');
writeState({ kind: 'native', pid: process.pid });
try {
  await using stack = await startStack({
    dataDir: DATA_DIR,
    logDir: LOG_DIR,
    ports,
    signal: told.signal,
    progress: (line) => report({ kind: 'progress', line }),
  });
  process.off('disconnect', end);
  writeState({ kind: 'native', pid: process.pid, env: stack.env });
  report({ kind: 'up' });
  const ended = await Promise.race([
    new Promise<string>((resolve) => told.signal.addEventListener('abort', () => resolve('told to end'))),
    ...[stack.kafka, stack.registry, stack.clickhouse].map(async (part) => `${part.name} ${await part.exited}`),
  ]);
  console.error(`${new Date().toISOString()} ${ended}`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`${new Date().toISOString()} ${message}`);
  report({ kind: 'failed', message });
  process.exitCode = 1;
}
forgetState();
if (process.connected) process.disconnect();
