import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import type { Engine } from './engine.ts';
import { hasImage, importFolder } from './import-folder.ts';

/** Packages of the base without a shell: C and C++ libraries, certificates and time zones. */
const LIBRARIES = [
  'base-files',
  'libc6',
  'libgcc-s1',
  'libgomp1',
  'libstdc++6',
  'libssl3',
  'tzdata',
  'netbase',
  'zlib1g',
];
/** What `npm ci` and the steps of the Dockerfiles use. */
const TOOLS = [...['coreutils', 'dash', 'findutils', 'libacl1', 'libattr1', 'libselinux1', 'libpcre2-8-0', 'libgmp10']];
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';
const NODE = join(ROOT, 'node_modules/node');

/** Another one as soon as anything changes that goes into the images. */
const inputs = createHash('sha256').update(JSON.stringify([LIBRARIES, TOOLS]));
for (const file of [`/${CERTIFICATES}`, join(NODE, 'package.json')])
  if (existsSync(file)) inputs.update(readFileSync(file));
const version = inputs.digest('hex').slice(0, 12);
export const BARE_BASE = `qcc-base/cc:${version}`;
export const NODE_BASE = `qcc-base/node:${version}`;

/**
 * Makes stand-ins for the two bases of the Dockerfiles from packages of Debian and npm, for an engine that cannot pull images. Both have
 * the machine's certificates, because its registries may be behind a proxy with its own authority.
 */
export async function makeBaseImages(engine: Engine, say: (line: string) => void): Promise<void> {
  if ((await hasImage(engine, BARE_BASE)) && (await hasImage(engine, NODE_BASE))) return;
  say('making base images from packages of Debian …');
  await runChild('apt-get', ['update', '-qq']);
  await using folder = await makeTemporaryFolder('qcc-base-');
  const root = join(folder.path, 'root');
  await unpack(LIBRARIES, root);
  await importFolder(engine, root, { tag: BARE_BASE });
  await unpack(TOOLS, root);
  const local = join(root, 'usr/local');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  mkdirSync(join(local, 'bin'), { recursive: true });
  cpSync(join(NODE, 'bin/node'), join(local, 'bin/node'));
  cpSync(await npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await importFolder(engine, root, {
    tag: NODE_BASE,
    changes: ['ENV PATH=/usr/local/bin:/usr/bin:/bin', `ENV NODE_EXTRA_CA_CERTS=/${CERTIFICATES}`],
  });
}

/** Unpacks packages of Debian into a folder that becomes the root of an image. */
async function unpack(packages: readonly string[], root: string): Promise<void> {
  await using folder = await makeTemporaryFolder('qcc-debian-');
  const cwd = folder.path;
  await runChild('apt-get', ['download', '-q', ...packages], { cwd });
  mkdirSync(root, { recursive: true });
  await runChild('sh', ['-ec', `for each in *.deb; do dpkg-deb -x "$each" "$1"; done`, 'sh', root], { cwd });
  for (const each of ['etc/ssl/certs', 'tmp', 'root']) mkdirSync(join(root, each), { recursive: true });
  cpSync(`/${CERTIFICATES}`, join(root, CERTIFICATES));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
}

/** Folder of the npm that runs this command, else of the npm on PATH. */
async function npmFolder(): Promise<string> {
  const running = process.env.npm_execpath;
  if (running) return join(dirname(running), '..');
  const { stdout } = await runChild('npm', ['root', '-g']);
  return join(stdout.trim(), 'npm');
}
