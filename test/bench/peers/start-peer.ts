import { once } from 'node:events';
import { join } from 'node:path';
import { killChild, startChild } from '../../../stack/child.ts';
import { ROOT } from '../../../stack/places.ts';

/** A peer that is a program next to this file. */
export type Peer<Message> = AsyncDisposable & {
  pid: number;
  /** The first that it sent. */
  message: Message;
  /** Rejects with how it ended, if it ends before it is disposed. */
  failed: Promise<never>;
};

/** Resolves once the peer has sent a message, which says that it is ready. @throws Error if it ends instead, or the signal's reason. */
export async function startPeer<Message>(
  program: string,
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<Peer<Message>> {
  const child = startChild(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', join(import.meta.dirname, program)],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const ended = once(child, 'exit');
  const failed = ended.then(([code, by]: unknown[]): never => {
    throw new Error(`${program} ended by itself, ${by ? `by ${by}` : `with exit code ${code}`}`);
  });
  failed.catch(() => {});
  const stop = async (): Promise<void> => {
    killChild(child);
    await ended;
  };
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), failed])) as [Message];
    return { pid: child.pid!, message, failed, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    throw error;
  }
}
