// `node scripts/bootstrap.mjs COMMAND ARGUMENTS`: installs what is missing, then runs scripts/COMMAND.ts on the
// repository's own Node. Plain JavaScript, as the system's Node may be 20.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runOnRepositoryNode } from './run-node.mjs';

const LOCK = join(ROOT, 'package-lock.json');
const STAMP = join(ROOT, 'node_modules', '.installed-lock.sha256');
const NPM_STAMP = join(ROOT, 'node_modules', '.package-lock.json');

const [command, ...args] = process.argv.slice(2);
const script = join(ROOT, 'scripts', `${command}.ts`);
if (!command || !existsSync(script)) {
  console.error(`There is no command ${command ?? '(none given)'}; \`npm run\` lists the commands.`);
  process.exitCode = 2;
} else if (installed() || install()) {
  await runOnRepositoryNode(script, args);
} else {
  process.exitCode = 1;
}

/** Without our stamp somebody may have run npm themselves: then npm's own note of it is newer than the lock. */
function installed() {
  if (existsSync(STAMP)) return readFileSync(STAMP, 'utf8') === lockHash();
  return existsSync(NPM_STAMP) && statSync(NPM_STAMP).mtimeMs >= statSync(LOCK).mtimeMs;
}

function install() {
  console.error('installing dependencies (once) …');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [file, ...before] = npm;
  const done = spawnSync(file, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (done.status === 0) {
    writeFileSync(STAMP, lockHash());
    return true;
  }
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`;
  // npm gives the reason first and its manual after it.
  console.error(output.trim().split('\n').slice(0, 15).join('\n'));
  console.error('The dependencies could not be installed. Check that the npm registry can be reached, then try again.');
  return false;
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex');
}
