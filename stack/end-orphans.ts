/** What the guard of a process runs once the process is gone. */
import { endOrphans } from './orphans.ts';

endOrphans();
