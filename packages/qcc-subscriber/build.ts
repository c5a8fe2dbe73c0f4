/**
 * Builds `dist/`: one JavaScript file with the code of the workspaces that it uses, and the declarations of the public types.
 * Packages from the registry stay imports.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { build } from 'rolldown';
import { isolatedDeclarationSync } from 'rolldown/experimental';

const FOLDER = import.meta.dirname;
const DIST = join(FOLDER, 'dist');

rmSync(DIST, { recursive: true, force: true });
const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const { output } = await build({
  input: join(FOLDER, 'src/index.ts'),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('qcc-'),
  // A file that only patches kafkajs exports nothing, and is imported all the same.
  treeshake: { moduleSideEffects: (id) => id.includes('/kafkajs-2.2.4/') },
  output: { file: join(DIST, 'index.js'), format: 'esm' },
});
const imported = output.flatMap((chunk) => (chunk.type === 'chunk' ? [...chunk.imports, ...chunk.dynamicImports] : []));
const foreign = imported.filter((id) => !id.startsWith('node:') && !Object.hasOwn(dependencies, id));
if (foreign.length > 0) throw new Error(`the bundle imports what package.json does not name: ${foreign.join(', ')}`);

/** Declarations of a file, and of those that they import. */
const written = new Set<string>();
function declare(file: string): void {
  if (written.has(file)) return;
  written.add(file);
  const { code, errors } = isolatedDeclarationSync(file, readFileSync(join(FOLDER, 'src', file), 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  const target = join(DIST, file.replace(/\.ts$/, '.d.ts'));
  mkdirSync(dirname(target), { recursive: true });
  const declared = code.replace(/(from ["'])(\.[^"']+)\.ts(["'])/g, (_, before, path: string, after) => {
    declare(normalize(join(dirname(file), `${path}.ts`)));
    return `${before}${path}.js${after}`;
  });
  if (/from ["']qcc-/.test(declared))
    throw new Error(`the public types of ${file} come from a workspace that is not published`);
  writeFileSync(target, declared);
}
declare('index.ts');
