import { type Bom, keepOnly, type LockedPackage, makeBom, readLock, refOf } from '../../scripts/sbom.ts';

type Lock = Readonly<Record<string, LockedPackage>>;

/**
 * The bill of materials of the image of a workspace: its production packages, by the lock file, as `npm ci` installs them on Linux with
 * glibc. It leaves out the base image, which an image scanner reads.
 */
export function bomOfImage(workspace: string, cpu = 'x64'): { bom: Bom; packages: string[] } {
  const { packages: lock } = readLock();
  const paths = packagesOf(workspace, { lock, cpu });
  const refs = new Set([...paths].map((path) => refOf(path, lock[path]!)));
  const bom = makeBom();
  keepOnly(bom, refs);
  bom.metadata.component.name = workspace;
  const foreign = [...paths].filter((path) => path.includes('node_modules/'));
  return { bom, packages: [...new Set(foreign.map((path) => refOf(path, lock[path]!)))].toSorted() };
}

/** Paths in the lock file of a workspace and its dependencies, resolved as Node resolves them. */
function packagesOf(workspace: string, { lock, cpu }: { lock: Lock; cpu: string }): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = lock[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const there = resolvePackage(path, name, lock);
      if (there !== undefined && isFor(cpu, lock[there])) visit(there);
    }
  };
  visit(resolvePackage('', workspace, lock) ?? workspace);
  return found;
}

function resolvePackage(from: string, name: string, lock: Lock): string | undefined {
  for (let folder = from; ; folder = parentOf(folder)) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const locked = lock[path];
    if (locked) return locked.link ? locked.resolved : path;
    if (folder === '') return undefined;
  }
}

const parentOf = (path: string): string => {
  const at = path.lastIndexOf('/node_modules/');
  return at < 0 ? '' : path.slice(0, at);
};

const isFor = (cpu: string, locked: Lock[string] | undefined): boolean =>
  (locked?.os?.includes('linux') ?? true) &&
  (locked?.cpu?.includes(cpu) ?? true) &&
  (locked?.libc?.includes('glibc') ?? true);
