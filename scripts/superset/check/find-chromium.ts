import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runChild } from '../../../stack/child.ts';
import { MissingError } from '../missing.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PACKAGES = { browser: 'chromium', font: 'fonts-wqy-zenhei' } as const;
const REMEDY =
  'Install Chromium and a Chinese font (Debian: apt-get install chromium fonts-wqy-zenhei), or set QCC_CHROMIUM to the browser.';

/**
 * The path of a Chromium, on a machine with a Chinese font. As root on a system with apt, it installs what is missing.
 * @throws MissingError that says what is missing and how to get it
 */
export async function findChromium(
  env: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): Promise<string> {
  if (env.QCC_CHROMIUM && !existsSync(env.QCC_CHROMIUM)) {
    throw new MissingError(`QCC_CHROMIUM is ${env.QCC_CHROMIUM}, which does not exist`);
  }
  const missing = [
    ...(env.QCC_CHROMIUM || onPath(env) ? [] : [PACKAGES.browser]),
    ...((await hasChineseFont()) ? [] : [PACKAGES.font]),
  ];
  if (missing.length > 0) await install(missing, say);
  const found = env.QCC_CHROMIUM || onPath(env);
  if (!found) throw new MissingError(`There is no Chromium. ${REMEDY}`);
  return found;
}

function onPath({ PATH = '' }: Readonly<Record<string, string | undefined>>): string | undefined {
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Without one, each Chinese character is an empty box. */
async function hasChineseFont(): Promise<boolean> {
  const { stdout } = await runChild('fc-list', [':lang=zh', 'family']).catch(() => ({ stdout: '' }));
  return stdout.trim() !== '' || process.platform !== 'linux';
}

async function install(packages: readonly string[], say: (line: string) => void): Promise<void> {
  const names = packages.join(' and ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new MissingError(`${names} is missing, and only root on Debian or Ubuntu can install it here. ${REMEDY}`);
  }
  say(`installing ${names} by apt, once …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runChild('apt-get', ['update', '-qq'], { env });
    await runChild('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '--no-remove', ...packages], { env });
  } catch (cause) {
    throw new MissingError(`${names} cannot be installed by apt. ${REMEDY}`, { cause });
  }
}
