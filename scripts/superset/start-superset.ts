import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { type Part, startPart } from '../../stack/part.ts';
import { LOG_DIR } from '../../stack/places.ts';
import { tellWhile } from '../../stack/tell-while.mjs';
import type { Installed } from './install-superset.ts';
import { makeSecrets, type Secrets } from './make-secrets.ts';
import { DEPLOY_DIR } from './places.ts';

export type Superset = AsyncDisposable & { url: string; secrets: Secrets; exited: Promise<string> };
type Deps = { signal: AbortSignal; say(line: string): void };

const SET_UP = join(DEPLOY_DIR, 'set_up.py');

/**
 * Starts Superset on loopback as a child of this process, with its database set up. The folder holds its database, secrets and caches.
 */
export async function startSuperset(
  { python, id }: Installed,
  { port, folder }: { port: number; folder: string },
  { signal, say }: Deps,
): Promise<Superset> {
  const secrets = makeSecrets(folder);
  const env = {
    ...process.env,
    QCC_SUPERSET_DIR: folder,
    // Superset finds superset_config.py on it.
    PYTHONPATH: DEPLOY_DIR,
    PYTHONDONTWRITEBYTECODE: '1',
    SCARF_ANALYTICS: 'false',
    // "Yesterday" and "last month" of a filter are those of Beijing.
    TZ: 'Asia/Shanghai',
  };
  await setUp({ python, id, folder, env }, { signal, say });
  const url = `http://127.0.0.1:${port}`;
  const begun = performance.now();
  const gunicorn = ['--workers', '1', '--threads', '8', '--worker-class', 'gthread', '--timeout', '120'];
  const part: Part = await tellWhile(
    startPart({
      name: 'Superset',
      dir: folder,
      logFile: join(LOG_DIR, 'superset.log'),
      signal,
      command: python,
      args: ['-m', 'gunicorn', ...gunicorn, '--bind', `127.0.0.1:${port}`, 'superset.app:create_app()'],
      cwd: folder,
      env,
      endBy: 'SIGTERM',
      ready: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })).ok,
    }),
    (elapsed) => say(`  ${elapsed}: Superset starts`),
  );
  say(`Superset is ready after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return { url, secrets, exited: part.exited, [Symbol.asyncDispose]: part.stop };
}

async function setUp(
  { python, id, folder, env }: Installed & { folder: string; env: Record<string, string | undefined> },
  { signal, say }: Deps,
): Promise<void> {
  const stamp = createHash('sha256').update(readFileSync(SET_UP)).update(id).digest('hex');
  // Says which packages and which program set the database up.
  const stampFile = join(folder, 'set-up');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  mkdirSync(LOG_DIR, { recursive: true });
  say("setting Superset's database up, once …");
  const begun = performance.now();
  const { stdout, stderr } = await tellWhile(runChild(python, [SET_UP], { cwd: folder, env, signal }), (elapsed) =>
    say(`  ${elapsed}: its migrations run`),
  );
  writeFileSync(join(LOG_DIR, 'superset-set-up.log'), `${stdout}${stderr}`);
  writeFileSync(stampFile, stamp);
  say(`Superset's database is set up after ${Math.round((performance.now() - begun) / 1_000)} s`);
}
