import { z } from 'zod';
import type { Engine } from './engine.ts';
import type { ProjectImage } from './project-images.ts';

const inspected = z.tuple([
  z.object({ Size: z.number(), Architecture: z.string(), Config: z.object({ User: z.string() }) }),
]);

export type ImageFacts = {
  bytes: number;
  architecture: string;
  user: string;
  /** `name@version` of each package in the image, in order. */
  packages: string[];
  /** Programs in it that run commands, such as a shell. */
  shells: string[];
};

/** Looks for programs, and for packages with their own manifest. Runs in the image, whose only interpreter is Node. */
const LIST = `
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const packages = new Set();
const visit = (folder) => {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink() || !entry.isDirectory()) continue;
    const path = folder + '/' + entry.name;
    if (entry.name.startsWith('@')) visit(path);
    else {
      if (existsSync(path + '/package.json')) {
        const { name, version } = JSON.parse(readFileSync(path + '/package.json', 'utf8'));
        packages.add(name + '@' + version);
      }
      visit(path + '/node_modules');
    }
  }
};
visit('/app/node_modules');
for (const folder of ['/app/packages', '/app/services']) {
  if (existsSync(folder)) for (const name of readdirSync(folder)) visit(folder + '/' + name + '/node_modules');
}
const programs = ['sh', 'bash', 'dash', 'ash', 'busybox', 'apt-get', 'dpkg', 'apk'];
const shells = ['/bin/', '/usr/bin/', '/sbin/', '/usr/sbin/', '/busybox/'].flatMap((folder) => programs.map((name) => folder + name));
console.log(JSON.stringify({ packages: [...packages].sort(), shells: shells.filter((path) => existsSync(path)) }));
`;

/** Reads what an image is and holds. Runs a container of it, without a network and with a read-only root. */
export async function inspectImage(engine: Engine, { tag }: Pick<ProjectImage, 'tag'>): Promise<ImageFacts> {
  const [{ Size, Architecture, Config }] = inspected.parse(JSON.parse(await engine.docker(['image', 'inspect', tag])));
  const listed = await engine.docker([
    ...['run', '--rm', '--network', 'none', '--read-only', '--entrypoint', '/usr/local/bin/node'],
    ...[tag, '-e', LIST],
  ]);
  const { packages, shells } = z
    .object({ packages: z.array(z.string()), shells: z.array(z.string()) })
    .parse(JSON.parse(listed));
  return { bytes: Size, architecture: Architecture, user: Config.User, packages, shells };
}
