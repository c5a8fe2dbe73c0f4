import { createInterface } from 'node:readline/promises';
import { startProgressBar } from './progress-bar.ts';
import { runCli } from './run-cli.ts';

const ask = async (question: string): Promise<string> => {
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  return await lines.question(question);
};

// The reader of a pipe may have enough (`qcc ledger | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(
  {
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    complain: (text) => void process.stderr.write(text),
    ask: process.stdin.isTTY ? ask : null,
    ...(process.stderr.isTTY && { progress: startProgressBar }),
  },
  process.argv.slice(2),
);
