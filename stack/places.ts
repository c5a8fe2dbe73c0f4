import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
/** Everything the local stack writes lies under one ignored folder. */
const STACK_DIR = join(ROOT, '.stack');
export const DATA_DIR = join(STACK_DIR, 'data');
export const LOG_DIR = join(STACK_DIR, 'logs');
/** Downloads, verified; never deleted by a reset. */
export const CACHE_DIR = join(STACK_DIR, 'cache');
/** The simulation's own sealing key: outside the data, since a reset keeps `.stack/evidence`, whose passwords it seals. */
export const SEALING_KEY_FILE = join(STACK_DIR, 'sealing-key');
/** Notes about what is running. */
export const RUN_DIR = join(STACK_DIR, 'run');
