/** The guard of a process runs this file, with the process's id and start, once the process ends. */
import { endOrphans } from './orphans.ts';

const [pid, startedAt = ''] = process.argv.slice(2);
endOrphans({ pid: Number(pid), startedAt });
