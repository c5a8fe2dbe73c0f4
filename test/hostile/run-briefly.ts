import { killChild, startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';

/** Runs a program and returns its output. It kills the program when the output matches `until`, or after `limitMs`. */
export async function runBriefly(
  program: string,
  {
    env,
    until,
    limitMs,
  }: { env: Readonly<Record<string, string | undefined>>; until?: RegExp | undefined; limitMs: number },
): Promise<{ exitCode: number | null; printed: string }> {
  const child = startChild(process.execPath, [...process.execArgv, program], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (until?.test(printed)) killChild(child);
    });
  const limit = setTimeout(() => killChild(child), limitMs);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  return { exitCode, printed };
}
