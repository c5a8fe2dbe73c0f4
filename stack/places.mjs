// What is needed before the dependencies are installed is plain JavaScript, in the syntax of Node 12: it then says that this
// Node is too old, where newer syntax would only be a SyntaxError.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Everything the local stack writes lies under one ignored folder. */
export const STACK_DIR = join(ROOT, '.stack');
/** Downloads, verified; never deleted by a reset. */
export const CACHE_DIR = join(STACK_DIR, 'cache');
