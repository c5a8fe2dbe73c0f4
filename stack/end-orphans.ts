/** The guard of a process runs this file once the process is gone. */
import { endOrphans } from './orphans.ts';

endOrphans();
