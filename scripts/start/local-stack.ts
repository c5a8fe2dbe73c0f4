import { bringDown, bringUp, runningStack, usesDocker } from '../../stack/background.ts';
import { DATA_DIR, LOG_DIR } from '../../stack/places.ts';
import { stackPorts } from '../../stack/settings.ts';
import { type StackEnv, startStack } from '../../stack/stack.ts';

export type LocalStack = AsyncDisposable & { env: StackEnv };

/**
 * The local stack for one run: natively as children of this process, by compose where a Docker engine answers. One that
 * `npm run stack` keeps up is used only if that was asked for, and then left up.
 */
export async function openLocalStack(input: {
  allowForeign: boolean;
  signal: AbortSignal;
  progress: (line: string) => void;
}): Promise<LocalStack> {
  const { allowForeign, signal, progress } = input;
  const running = runningStack();
  if (running) {
    if (!allowForeign) {
      throw new Error(
        'a stack is up already (npm run stack). End it with `npm run stack -- --down`, or use it with `npm start -- --allow-foreign`',
      );
    }
    return { env: running, [Symbol.asyncDispose]: async () => {} };
  }
  const ports = stackPorts(process.env);
  if (await usesDocker()) {
    const { env } = await bringUp({ ports, signal, progress });
    return { env, [Symbol.asyncDispose]: async () => void (await bringDown()) };
  }
  return await startStack({ dataDir: DATA_DIR, logDir: LOG_DIR, ports, signal, progress });
}
