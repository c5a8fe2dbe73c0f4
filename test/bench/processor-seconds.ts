import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** What a process has used so far, in user and system mode; 0 where the system does not tell. */
export function processorSeconds(pid: number): number {
  try {
    const [utime, stime] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
    return (Number(utime) + Number(stime)) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
