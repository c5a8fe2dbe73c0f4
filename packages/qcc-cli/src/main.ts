import { createInterface } from 'node:readline/promises';
import cliProgress from 'cli-progress';
import { createRedactor } from 'qcc-core/base/redact';
import { allSecrets } from 'qcc-core/base/secret-values';
import { complaint, runCli } from './run-cli.ts';
import type { ProgressBar } from './terminal.ts';

const ask = async (question: string): Promise<string> => {
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  return await lines.question(question);
};

// Node would print the whole error, with every field that a client hung on it.
process.on('uncaughtException', (error) => {
  process.stderr.write(createRedactor(allSecrets(process.env))(complaint(error)));
  process.exit(1);
});

// The reader of a pipe may have enough (`npx qcc rebuild | head`). The command goes on, because it may have to finish its work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const exitCode = await runCli(
  {
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    complain: (text) => void process.stderr.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    ask: process.stdin.isTTY ? ask : null,
    ...(process.stderr.isTTY && { progress: startProgressBar }),
  },
  process.argv.slice(2),
);

// A client may still wait for something that does not answer. The texts go out first: standard output may be a pipe.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

/** A bar on standard error. Disposing it removes it. */
function startProgressBar(total: number): ProgressBar {
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage}% | {value} of {total} | {eta_formatted} left',
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { advance: (count) => bar.increment(count), [Symbol.dispose]: () => bar.stop() };
}
