import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runChild } from '../stack/child.ts';
import { ROOT } from '../stack/places.ts';
import { SERVICES } from './admin-ports.mjs';

/** A module that makes the installed kafkajs name another version. Node runs it before the service's own modules. */
const anotherVersion = (version: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    import { createRequire } from 'node:module';
    createRequire('${pathToFileURL(join(ROOT, 'package.json'))}')('kafkajs/package.json').version = '${version}';
  `)}`;

test.each([...SERVICES, 'alerter'])(
  '%s does not start with another kafkajs, and says which one it needs',
  async (service) => {
    const main = join(ROOT, 'services', service, 'src/main.ts');
    const run = runChild(process.execPath, ['--import', anotherVersion('2.2.5'), main], { cwd: ROOT, env: {} });
    await expect(run).rejects.toMatchObject({
      ending: 1,
      stderr: expect.stringContaining(
        'KafkaJsMismatchError: kafkajs 2.2.5 is installed, and the patches are for 2.2.4: install kafkajs 2.2.4',
      ),
    });
  },
);
