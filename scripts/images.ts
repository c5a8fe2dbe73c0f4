/**
 * `npm run images`: builds the images of the services, of the operator's tool and of the simulator, checks what they hold, and writes a
 * bill of materials (CycloneDX) of each. If no Docker engine answers, it installs one (Debian 12, as root) and runs it until the command
 * ends.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { ROOT } from '../stack/places.ts';
import { chooseEngine, openEngine } from '../test/containers/engine.ts';
import { explain } from '../test/containers/explain.ts';
import { inspectImage } from '../test/containers/inspect-image.ts';
import { SBOM_DIR } from '../test/containers/places.ts';
import { buildImages, PROJECT_IMAGES, prune } from '../test/containers/project-images.ts';
import { bomOfImage } from '../test/containers/sbom-of-image.ts';
import { renderRows } from './start/answers.ts';

endWithMe();
openScratchFolder('images');
const say = (line: string) => console.log(line);

try {
  await using engine = await openEngine(await chooseEngine('building', say), 'building');
  await buildImages(engine, say);
  await prune(engine);
  const rows: string[][] = [];
  const problems: string[] = [];
  mkdirSync(SBOM_DIR, { recursive: true });
  for (const image of PROJECT_IMAGES) {
    const facts = await inspectImage(engine, image);
    const { bom, packages } = bomOfImage(image.workspace, facts.architecture === 'amd64' ? 'x64' : facts.architecture);
    const file = join(SBOM_DIR, `${image.name}.cdx.json`);
    writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`);
    if (facts.user !== '1000:1000') problems.push(`${image.tag} runs as ${facts.user || 'root'}`);
    if (facts.shells.length > 0) problems.push(`${image.tag} has ${facts.shells.join(', ')}`);
    const unlisted = facts.packages.filter((each) => !packages.includes(each));
    const missing = packages.filter((each) => !facts.packages.includes(each));
    if (unlisted.length > 0) problems.push(`the bill of materials of ${image.tag} lacks ${unlisted.join(', ')}`);
    if (missing.length > 0)
      problems.push(`${image.tag} lacks ${missing.join(', ')}, which its bill of materials names`);
    rows.push([
      image.tag,
      `linux/${facts.architecture}`,
      `${(facts.bytes / 1_000_000).toFixed(0)} MB`,
      String(facts.packages.length),
      relative(ROOT, file),
    ]);
  }
  say(`\n${renderRows(['image', 'platform', 'size', 'packages', 'bill of materials'], rows)}`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
