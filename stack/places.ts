import { join } from 'node:path';

/** Everything the local stack writes lies under one ignored folder. */
export const ROOT = join(import.meta.dirname, '..');
const STACK_DIR = join(ROOT, '.stack');
export const DATA_DIR = join(STACK_DIR, 'data');
export const LOG_DIR = join(STACK_DIR, 'logs');
/** Downloads, verified; never deleted by a reset. */
export const CACHE_DIR = join(STACK_DIR, 'cache');
/** Notes about what is running. */
export const RUN_DIR = join(STACK_DIR, 'run');
