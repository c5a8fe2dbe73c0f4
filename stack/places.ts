import { join } from 'node:path';
import { CACHE_DIR, ROOT, STACK_DIR } from './places.mjs';

export { CACHE_DIR, ROOT };
export const DATA_DIR = join(STACK_DIR, 'data');
export const LOG_DIR = join(STACK_DIR, 'logs');
/**
 * The simulation's own sealing key. It is outside the data folder, because a reset deletes that folder but keeps `.stack/evidence`,
 * whose passwords are sealed with this key.
 */
export const SEALING_KEY_FILE = join(STACK_DIR, 'sealing-key');
/** The simulation's key of pseudonyms. It is kept, so that each company keeps its pseudonym. */
export const PSEUDONYM_KEY_FILE = join(STACK_DIR, 'pseudonym-key');
/** The simulation's orders: among the data, since they go with the coverage that names them. */
export const SIMULATOR_ORDERS_FILE = join(DATA_DIR, 'simulator', 'orders.jsonl');
/** Notes about what is running. */
export const RUN_DIR = join(STACK_DIR, 'run');
