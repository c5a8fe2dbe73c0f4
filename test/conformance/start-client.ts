import { join } from 'node:path';
import { killChild, startChild } from '../../stack/child.ts';
import type { ClientName, KafkaClient } from './client.ts';

/** A call of the suite; `target` is what an earlier call opened, by that call's id, or 0 for the client itself. */
export type Call = { id: number; target: number; method: string; args: unknown[] };
/** `stray` is an error that belongs to no call, and null once the process listens. */
export type Answer =
  | { id: number; value: unknown }
  | { id: number; opened: string[] }
  | { id: number; error: string }
  | { stray: string | null };

/** A client in a separate process: it can be frozen, killed and measured, and nothing else hangs with it. */
export type ClientProcess = AsyncDisposable & {
  readonly client: KafkaClient;
  readonly pid: number;
  /** Errors that the client threw outside the calls. */
  readonly strayErrors: readonly string[];
  freeze(): void;
  thaw(): void;
};

/** A call that the client refused, or did not answer in time. */
export class ClientCallError extends Error {
  override readonly name = 'ClientCallError';
}

/** Of Node in the processes of clients, whose warnings are not results. */
export const CHILD_FLAGS = [
  '--disable-warning=TimeoutNegativeWarning',
  '--disable-warning=ExperimentalWarning',
] as const;

/** Beyond any timeout of a client: a call that takes longer counts as one that hangs. */
const CALL_LIMIT_MS = 90_000;

export async function startClient(name: ClientName, brokers: string): Promise<ClientProcess> {
  const program = join(import.meta.dirname, 'client-process.ts');
  const child = startChild(process.execPath, [...CHILD_FLAGS, program, name, brokers], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = `${lastWords}${text}`.slice(-2_000);
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const strayErrors: string[] = [];
  const ready = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const error = new ClientCallError(`the process of ${name} ended (${signal ?? code}): ${lastWords.trim()}`);
      ready.reject(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      resolve();
    });
  });
  child.on('message', (message) => {
    const answer = message as Answer;
    if ('stray' in answer) {
      if (answer.stray === null) ready.resolve();
      else strayErrors.push(answer.stray);
      return;
    }
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asked?.reject(new ClientCallError(answer.error));
    else asked?.resolve('opened' in answer ? stubOf(answer.id, answer.opened) : answer.value);
  });

  let lastId = 0;
  const call = async (target: number, method: string, args: unknown[]): Promise<unknown> => {
    lastId += 1;
    const id = lastId;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(id, asked);
    const limit = setTimeout(() => {
      waiting.delete(id);
      asked.reject(new ClientCallError(`no answer to ${method} within ${CALL_LIMIT_MS / 1_000} s`));
    }, CALL_LIMIT_MS);
    try {
      child.send({ id, target, method, args } satisfies Call);
      return await asked.promise;
    } finally {
      clearTimeout(limit);
    }
  };
  const stubOf = (
    target: number,
    methods: readonly string[],
  ): Record<string, (...args: unknown[]) => Promise<unknown>> =>
    Object.fromEntries(methods.map((method) => [method, (...args) => call(target, method, args)]));

  const methods = ['openTransactional', 'openIdempotent', 'openReader', 'joinGroup', 'committedOffsets'] as const;
  await ready.promise;
  return {
    client: stubOf(0, methods satisfies readonly (keyof KafkaClient)[]) as unknown as KafkaClient,
    pid: child.pid!,
    strayErrors,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      killChild(child);
      await ended;
    },
  };
}
