import { runCli } from '../../packages/qcc-cli/src/run-cli.ts';

/** Runs the operator's tool in this process. `answer` is what a person types, null if nobody can be asked. */
export async function runQcc(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  answer: string | null = null,
) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCli(
    {
      env,
      print: (line) => void out.push(line),
      complain: (text) => void err.push(text),
      ask: answer === null ? null : async () => answer,
    },
    args,
  );
  return { exitCode, out: out.join('\n'), err: err.join('') };
}
