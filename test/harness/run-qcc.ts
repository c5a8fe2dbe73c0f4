import { runCli } from '../../packages/qcc-cli/src/run-cli.ts';

/** Runs the operator's tool in this process. */
export async function runQcc(env: Readonly<Record<string, string | undefined>>, args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(
    { env, print: (line) => void out.push(line), complain: (text) => void err.push(text), ask: null },
    args,
  );
  return { exitCode, out: out.join('\n'), err: err.join('') };
}
