/** `npm run examples`: tests the subscribers of `examples/` in all languages; arguments go to vitest. */
import { join } from 'node:path';
import { startChild } from '../stack/child.ts';
import { endWithMe } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';

endWithMe();
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const args = ['run', '--project', 'integration', 'test/integration/examples.test.ts', ...process.argv.slice(2)];
const child = startChild(process.execPath, [...process.execArgv, vitest, ...args], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, QCC_TEST_EXAMPLES: 'all' },
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
