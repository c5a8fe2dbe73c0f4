import { type Command, Option } from 'commander';
import { readSettings } from 'qcc-core/base/settings';
import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { InputOffset } from 'qcc-core/contract/domain';
import { type LaneService, SERVICE_INPUTS, serviceInput } from 'qcc-core/contract/group-names';
import { partitionName } from 'qcc-core/contract/topics';
import { LaneBrokenError } from 'qcc-core/kafka/client/errors';
import { confirm, requireDecision } from '../confirm.ts';
import { connectKafka } from '../connect-kafka.ts';
import { describeCommitted, describePosition } from '../offsets/describe-position.ts';
import { describeMove, planMove, type Target } from '../offsets/plan-move.ts';
import { readPositions } from '../offsets/read-positions.ts';
import { takeInput } from '../offsets/take-input.ts';
import { parseOffset, parsePartition } from '../parse-options.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type SetOptions = { service: LaneService; partition: number; to: Target; who: string; why: string; yes?: true };

export function addOffsetsCommands(program: Command, terminal: Terminal): void {
  const offsets = program
    .command('offsets')
    .description(
      'Shows the input offset at which extractor, enricher and alerter resume in each partition, and whether they can. If one cannot, the exit code is 1; see docs/input-offsets.md.',
    )
    .action(async () => list(terminal));
  offsets
    .command('set')
    .description(
      'Sets the offset at which a service resumes in one partition of its input. Stop all of its instances first. A lower offset may publish changes twice; a higher one skips them.',
    )
    .addOption(new Option('--service <name>', 'the service').choices(Object.keys(SERVICE_INPUTS)).makeOptionMandatory())
    .requiredOption('--partition <number>', 'the partition of its input', parsePartition)
    .requiredOption('--to <offset>', 'the first offset that it has to process, or beginning, or end', parseOffset)
    .requiredOption('--who <name>', 'who has decided it')
    .requiredOption('--why <text>', 'why')
    .option('--yes', 'do not ask')
    .action((options: SetOptions) => set(terminal, options));
}

async function list(terminal: Terminal): Promise<void> {
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const { positions, decisions } = await readPositions(await connectKafka(terminal), account);
  const judged = positions.map((position) => ({
    ...position,
    ...describePosition(position, position.hasPublished),
    place: partitionName({ topic: SERVICE_INPUTS[position.service].name, partition: position.partition }),
  }));
  terminal.print(
    renderTable(
      ['service', 'input', 'recorded', 'group', 'log start', 'log end', 'lag', 'what it does'],
      judged.map(({ service, place, recorded, committed, log, lag, text }) => [
        service,
        place,
        recorded === undefined ? 'none' : String(recorded),
        describeCommitted(committed),
        String(log.start),
        String(log.end),
        lag === undefined ? '' : String(lag),
        text,
      ]),
      { columns: terminal.columns },
    ),
  );
  for (const decision of decisions) terminal.print(describeDecision(decision));
  const stopped = judged.filter(({ canGoOn }) => !canGoOn);
  if (stopped.length > 0) {
    throw new CommandFailure(
      `${stopped.map(({ service, place }) => `${service} cannot resume in ${place}`).join(', ')}; docs/input-offsets.md says how to find the right offset`,
    );
  }
}

const describeDecision = ({ service, topic, partition, previousOffset, nextOffset, ...entry }: InputOffset): string =>
  `${formatShanghaiDateTime(entry.updatedAt)} (Shanghai): ${entry.decidedBy} set ${service} in ${partitionName({ topic, partition })} from ${previousOffset ?? 'no known offset'} to ${nextOffset}: ${entry.reason}`;

async function set(terminal: Terminal, { service, partition, to, yes, ...given }: SetOptions): Promise<void> {
  const { who, why } = requireDecision(given);
  const from = SERVICE_INPUTS[service];
  if (partition >= from.partitions) {
    throw new CommandFailure(`${from.name} has partitions 0 to ${from.partitions - 1}; nothing was changed`);
  }
  const { ACCOUNT: account } = readSettings(terminal.env, ['ACCOUNT']);
  const { kafka, codec, settings } = await connectKafka(terminal);
  const prefix = settings.TOPIC_PREFIX;
  const input = serviceInput(service, { account, prefix });
  await using taken = await takeInput({ ...input, kafka, prefix, codec, partition, now: Date.now });
  const plan = planMove(taken.position, to);
  if (plan.kind === 'outside') {
    throw new CommandFailure(
      `${from.name}/${partition} holds offsets ${plan.start} to ${plan.end}, and not ${to}; nothing was changed`,
    );
  }
  terminal.print(describeMove(service, plan, taken.position.log.end));
  if (!yes)
    await confirm(terminal, { question: 'Type yes to set it: ', expected: 'yes', nothing: 'nothing was changed' });
  const { nextOffset, previousOffset } = plan;
  try {
    await taken.set(nextOffset, { who, why, previousOffset });
  } catch (error) {
    if (!(error instanceof LaneBrokenError)) throw error;
    throw new CommandFailure(
      `an instance of ${input.service} may have started meanwhile: \`npx qcc offsets\` shows whether the offset is set`,
      { cause: error },
    );
  }
  terminal.print(`Set by ${who}: ${input.service} resumes at ${nextOffset} of ${from.name}/${partition}.`);
}
