import { bringDown, bringUp } from '../../stack/background.ts';
import type { StackKind } from '../../stack/choose-stack.mjs';
import { DATA_DIR, LOG_DIR } from '../../stack/places.ts';
import { type StackEnv, startStack } from '../../stack/stack.ts';
import { stackPorts } from '../../stack/stack-ports.mjs';

export type LocalStack = AsyncDisposable & { env: StackEnv };

/** The local stack for one run: natively as children of this process, or by Docker. */
export async function openStack(input: {
  kind: StackKind;
  signal: AbortSignal;
  progress: (line: string) => void;
}): Promise<LocalStack> {
  const { kind, signal, progress } = input;
  const ports = stackPorts(process.env);
  if (kind === 'docker') {
    const { env } = await bringUp({ chooseKind: async () => kind, ports, signal, progress });
    return { env, [Symbol.asyncDispose]: async () => void (await bringDown()) };
  }
  return await startStack({ dataDir: DATA_DIR, logDir: LOG_DIR, ports, signal, progress });
}
