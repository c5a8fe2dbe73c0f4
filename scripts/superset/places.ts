import { join } from 'node:path';
import { ROOT, STACK_DIR } from '../../stack/places.mjs';

/** What the repository holds of Superset. */
export const DEPLOY_DIR = join(ROOT, 'deploy', 'superset');
/** Superset's database, secrets and caches. A reset of the stack keeps it, because it holds the charts that people made. */
export const SUPERSET_DIR = join(STACK_DIR, 'superset');
