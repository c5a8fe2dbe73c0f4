import { setTimeout as delay } from 'node:timers/promises';
import { tellWhile } from './tell-while.mjs';

const POLL_MS = 50;

/**
 * Tells a process to end. If it still runs after `patienceMs`, because it hangs or is stopped (SIGSTOP), kills it. Resolves
 * once it is gone, and says meanwhile what it waits for.
 */
export async function endProcess(
  pid: number,
  {
    isRunning,
    patienceMs,
    progress,
  }: { isRunning(): boolean; patienceMs: number; progress: ((line: string) => void) | undefined },
): Promise<void> {
  tell(pid, 'SIGTERM');
  const patience = Date.now() + patienceMs;
  const untilGone = async (isOver = () => false): Promise<boolean> => {
    while (isRunning()) {
      if (isOver()) return false;
      await delay(POLL_MS);
    }
    return true;
  };
  const waits = (elapsed: string) => progress?.(`  ${elapsed}: process ${pid} ends`);
  if (
    await tellWhile(
      untilGone(() => Date.now() >= patience),
      waits,
    )
  )
    return;
  progress?.(`process ${pid} did not end after SIGTERM: killing it`);
  tell(pid, 'SIGKILL');
  await tellWhile(untilGone(), (elapsed) => progress?.(`  ${elapsed}: process ${pid} was killed and is not gone yet`));
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It may end by itself a moment before.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
