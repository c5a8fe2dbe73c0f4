import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { CACHE_DIR, STACK_DIR } from '../../stack/places.mjs';
import { asyncApiDocument } from './render-asyncapi.ts';

/** Where `npm run docs -- --page` writes it. */
export const ASYNCAPI_PAGE = join(STACK_DIR, 'asyncapi.html');

const RENDERER = '@asyncapi/react-component@3.2.1';
const INTEGRITY = 'sha512-k5ZqJd6+oxYaQ2o6F3rGWJ1MTIjXdpsUYB3NKQbVqr4yzrN0Ovj5c7eZx8NGd3wfKPhbOrLREtYl9K2OPfnSsA==';

/** The renderer could not be fetched. */
export class RendererError extends Error {
  override readonly name = 'RendererError';
}

/**
 * Writes the AsyncAPI document as one page that opens without a network: script, style and document are in it. The renderer is fetched
 * from the npm registry once. It is not a dependency, because 76 packages would come with it that a browser does not need.
 * @throws RendererError
 */
export async function writeAsyncApiPage(file: string = ASYNCAPI_PAGE): Promise<void> {
  const renderer = await fetchRenderer();
  const script = await readFile(join(renderer, 'browser/standalone/index.js'), 'utf8');
  const style = await readFile(join(renderer, 'styles/default.min.css'), 'utf8');
  const document = JSON.stringify(asyncApiDocument()).replaceAll('<', '\\u003c');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>QCC pipeline: public topics</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="asyncapi"></div>
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>
AsyncApiStandalone.render(
  { schema: ${document}, config: { show: { sidebar: true, errors: true }, expand: { messageExamples: false } } },
  document.getElementById('asyncapi'),
);
</script>
</body>
</html>
`,
  );
}

async function fetchRenderer(): Promise<string> {
  const folder = join(CACHE_DIR, RENDERER.replace('/', '-'));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE_DIR, { recursive: true });
  const work = await mkdtemp(join(CACHE_DIR, 'asyncapi-'));
  try {
    const { stdout } = await runChild('npm', ['pack', RENDERER, '--json', '--pack-destination', work], { cwd: work });
    const [packed] = JSON.parse(stdout) as { filename: string; integrity: string }[];
    if (packed?.integrity !== INTEGRITY) throw new Error(`it has the hash ${packed?.integrity}`);
    await runChild('tar', ['-xzf', join(work, packed.filename.replace('@', '').replace('/', '-')), '-C', work]);
    await rename(join(work, 'package'), folder);
    return folder;
  } catch (cause) {
    throw new RendererError(`${RENDERER} cannot be had from the npm registry`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
