/**
 * `npm run sbom`: writes `sbom.cdx.json`, the bill of materials (CycloneDX) of the packages that the services, the operator's tool and
 * the simulator need. npm makes it from the lock file. It contains no development tools, and nothing from the base images: an image
 * scanner reports Node and the C library.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../stack/places.ts';

const FILE = 'sbom.cdx.json';

const bom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).optional() })),
  components: z.array(
    z.looseObject({
      'bom-ref': z.string(),
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
    }),
  ),
});
export type Bom = z.output<typeof bom>;

/** @throws Error with what npm says where it cannot make one. */
export function makeBom(): Bom {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command = 'npm', ...before] = npm;
  const json = execFileSync(command, [...before, 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  });
  const made = bom.parse(JSON.parse(json));
  const delivered = deliveredRefs();
  keepOnly(made, delivered);
  // npm calls the whole by the name of its folder.
  made.metadata.component.name = readLock().name;
  return made;
}

/** Removes all other packages from a bill of materials. */
export function keepOnly(made: Bom, refs: ReadonlySet<string>): void {
  made.components = made.components.filter((component) => refs.has(component['bom-ref']));
  made.dependencies = made.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((entry) => ({ ...entry, dependsOn: entry.dependsOn?.filter((ref) => refs.has(ref)) ?? [] }));
}

/**
 * `name@version` of each package that is not a development tool. npm's `--omit dev` cannot be used: it also leaves out packages that a
 * workspace needs if the root has them as development tools, such as kafkajs.
 */
function deliveredRefs(): Set<string> {
  const { name: root, version, packages } = readLock();
  const refs = Object.entries(packages)
    .filter(([path, { dev, link }]) => path !== '' && dev !== true && link !== true)
    .map(([path, locked]) => refOf(path, locked));
  return new Set([`${root}@${version}`, ...refs]);
}

const lockedPackage = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  dev: z.boolean().optional(),
  link: z.boolean().optional(),
  resolved: z.string().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
export type LockedPackage = z.output<typeof lockedPackage>;
const lockFile = z.object({ name: z.string(), version: z.string(), packages: z.record(z.string(), lockedPackage) });

/** How a bill of materials names a package of the lock file. */
export const refOf = (path: string, { name, version }: LockedPackage): string =>
  `${name ?? path.replace(/^.*node_modules\//, '')}@${version}`;

export function readLock(): z.output<typeof lockFile> {
  return lockFile.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
}

if (import.meta.main) {
  const made = makeBom();
  writeFileSync(join(ROOT, FILE), `${JSON.stringify(made, undefined, 2)}\n`);
  console.log(`${FILE}: ${made.components.length} components`);
}
