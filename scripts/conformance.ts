/**
 * `npm run conformance`: one suite for every Kafka client that this project could use, on three real brokers, and figures
 * of each. The suite knows nothing of a client but `test/conformance/client.ts`. Results go to docs/client-conformance.md.
 */
import { describeError } from 'qcc-core/base/errors';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { chooseRows } from '../test/campaign/choose-rows.ts';
import { codeCommit } from '../test/campaign/code-commit.ts';
import { CASES } from '../test/conformance/cases.ts';
import { CLIENTS, type ClientName } from '../test/conformance/client.ts';
import { type Installation, installClients } from '../test/conformance/install-clients.ts';
import { measureClient } from '../test/conformance/measure.ts';
import { openCaseBench, runCase, untilCoordinated } from '../test/conformance/run-cases.ts';
import { openKafkaCluster } from '../test/harness/kafka-cluster.ts';
import { parseArguments } from './command-arguments.ts';
import { COMMAND_OPTIONS } from './command-options.mjs';
import { type ClientRun, CONFORMANCE_RUNS } from './conformance/render-conformance.ts';
import { writeGeneratedDocs } from './docs.ts';

const USAGE = `npm run conformance                        all clients, all cases and the figures; about two hours
npm run conformance -- --client NAME       one: ${Object.keys(CLIENTS).join(', ')}
npm run conformance -- --only CASE,CASE    some: figures, ${Object.keys(CASES).join(', ')}
npm run conformance -- --seed TEXT         another draw of moves and pauses (default: conformance)
npm run conformance -- --short             fewer rounds; nothing is written to docs`;

const FIGURES = 'figures';

const { values } = parseArguments({ options: COMMAND_OPTIONS.conformance });
if (values.help) console.log(USAGE);
else await run(values);

async function run({ client, only, seed, short }: typeof values): Promise<void> {
  const clients = chooseRows(client, Object.keys(CLIENTS)) as ClientName[];
  const chosen = chooseRows(only, [FIGURES, ...Object.keys(CASES)]);
  const commit = codeCommit();
  endWithMe();
  openScratchFolder('conformance');
  const say = (line: string) => console.log(`  ${line}`);
  const installation = await installClients(say);
  const keep = (name: ClientName, part: Partial<ClientRun>) => {
    if (!short) keepRun(name, part, { installation, seed, commit });
  };
  if (chosen.includes(FIGURES)) {
    await using cluster = await openKafkaCluster({ progress: say });
    await untilCoordinated(cluster);
    for (const name of clients) {
      const figures = await measureClient(name, cluster).catch((error: unknown) => describeError(error));
      console.log(`> ${name}`, figures);
      keep(name, typeof figures === 'string' ? { figuresFailed: figures } : { figures });
    }
  }
  const cases = chosen.filter((name) => name !== FIGURES);
  if (cases.length === 0) return;
  await using bench = await openCaseBench(say);
  for (const name of clients) {
    for (const each of cases) {
      console.log(`> ${name}: ${CASES[each]!.sentence}`);
      const result = await runCase(bench, { client: name, name: each, seed, isShort: short, say });
      console.log(`  ${result.outcome} in ${result.seconds} s. ${result.notes.join('; ')}`);
      keep(name, { cases: { [each]: result } });
    }
  }
}

/** A case or the figures replace what was kept of them; the rest of the client's run stays. */
function keepRun(
  name: ClientName,
  part: Partial<ClientRun>,
  { installation, seed, commit }: { installation: Installation; seed: string; commit: string },
): void {
  const kept = CONFORMANCE_RUNS.read()[name];
  const cases: ClientRun['cases'] = { ...kept?.cases };
  for (const [each, result] of Object.entries(part.cases ?? {})) cases[each] = { ...result, commit };
  const figures = part.figures ? { ...part.figures, commit } : kept?.figures;
  const figuresFailed = part.figures ? undefined : (part.figuresFailed ?? kept?.figuresFailed);
  CONFORMANCE_RUNS.keep(name, {
    figures: { installation, cases, ...(figures && { figures }), ...(figuresFailed && { figuresFailed }) },
    command: `npm run conformance -- --client ${name} --seed ${seed}`,
    commit,
    order: Object.keys(CLIENTS),
  });
  writeGeneratedDocs([CONFORMANCE_RUNS.file]);
}
