import { type Command, InvalidArgumentError } from 'commander';
import type { Erasure } from 'qcc-core/domain';
import { createEraser } from 'qcc-core/erasure/eraser';
import { foldName, isName, nameParts } from 'qcc-core/erasure/person-name';
import { createErasureKey, type ErasureSubject } from 'qcc-core/erasure/subject';
import { createErasureShelf } from 'qcc-core/evidence/erasure-shelf';
import { openEvidenceStore } from 'qcc-core/evidence/open-store';
import { openPublisher } from 'qcc-core/kafka/publisher';
import { TOPICS } from 'qcc-core/kafka/topics';
import { CLICKHOUSE_SETTINGS, EVIDENCE_SETTINGS, readSettings } from 'qcc-core/settings';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectKafka, type KafkaSide } from '../connect-kafka.ts';
import { connectOriginals } from '../erase/connect-originals.ts';
import { describeRefused, eraseOriginals } from '../erase/erase-originals.ts';
import { eraseRows } from '../erase/erase-rows.ts';
import { untilSinkPassed } from '../erase/until-sink-passed.ts';
import { parseCount } from '../parse-options.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Options = { company?: string; person?: string; who: string; why: string; wait: number; dryRun?: boolean };

const DEFAULT_WAIT_S = 60;

export function addEraseCommand(program: Command, terminal: Terminal): void {
  program
    .command('erase')
    .description(
      'Takes a company, or the name of a person, out of tables and kept originals, for good, and keeps it from coming back. Topics keep what they hold until its retention ends.',
    )
    .option('--company <keyNo>', 'corpKeyNo of the company; its records go. With --person: only in its records')
    .option('--person <name>', 'name of a person; it goes from all texts that hold it, the records stay', parseName)
    .requiredOption('--who <name>', 'who decides')
    .requiredOption('--why <text>', 'why; must not name the subject')
    .option('--wait <seconds>', 'how long to wait for the sink to know of it', parseCount, DEFAULT_WAIT_S)
    .option('--dry-run', 'only count')
    .action((options: Options) => erase(terminal, options));
}

async function erase(terminal: Terminal, { company, person, who, why, wait, dryRun = false }: Options): Promise<void> {
  if (company === undefined && person === undefined)
    throw new CommandFailure('say what to erase: --company or --person');
  if ([company, person].some((each) => each !== undefined && foldName(why).includes(foldName(each)))) {
    throw new CommandFailure('the reason is kept, and must not name what is erased; nothing was erased');
  }
  const settings = readSettings(terminal.env, [
    ...CLICKHOUSE_SETTINGS,
    ...EVIDENCE_SETTINGS,
    'ACCOUNT',
    'SEALING_KEY',
    'ENTRY_MAX_BYTES',
    'ERASURE_KEY',
  ]);
  if (settings.ERASURE_KEY === undefined) {
    throw new CommandFailure(
      'ERASURE_KEY is missing: make one with `openssl rand -base64 32`, give the same to every sink, and keep it; nothing was erased',
    );
  }
  const { ACCOUNT: account } = settings;
  const key = createErasureKey(settings.ERASURE_KEY);
  const subject: ErasureSubject = { account, company, person };

  await using clickhouse = connectClickHouse(terminal);
  await using store = await openEvidenceStore(settings);
  await using originals = await connectOriginals(store, settings);
  const kafkaSide = await connectKafka(terminal);
  const shelf = createErasureShelf(store);
  const known = await shelf.all(account);
  const erasure: Erasure = {
    ...key.describe(subject),
    // Later than any before it: that is how originals that were looked through are told from those that were not.
    at: Math.max(Date.now(), ...known.map(({ at }) => at + 1)),
    reason: why,
    decidedBy: who,
  };
  const eraser = createEraser(key, [...known.filter(({ id }) => id !== erasure.id), erasure]);

  if (!dryRun) {
    await shelf.keep(erasure);
    await publishErasure(kafkaSide, erasure);
  }
  const { kafka } = kafkaSide;
  const signal = AbortSignal.timeout(wait * 1_000);
  const isPassed = dryRun || (await untilSinkPassed({ kafka, prefix: kafkaSide.settings.TOPIC_PREFIX }, signal));
  const { client, database } = clickhouse;
  const rowsDeps = { client, database, cluster: settings.CLICKHOUSE_CLUSTER };
  const rows = await eraseRows(rowsDeps, { subject, erasureId: erasure.id, eraser, dryRun });
  const kept = await eraseOriginals(originals, { account, eraser, answersSince: 0, dryRun });

  const verb = dryRun ? 'Would erase' : 'Erased';
  const what = person === undefined ? 'records' : 'records that name the person';
  terminal.print(
    `${verb} (${erasure.id}): ${rows.occurrences} ${what} and ${rows.letters} dead letters in ${database};`,
  );
  terminal.print(
    `${kept.records} records in ${kept.archives} archives and ${kept.answers} detail answers in ${store.place}.`,
  );
  if (kept.refused > 0) terminal.print(describeRefused(kept.refused, dryRun));
  if (!dryRun) terminal.print('Topics keep what they hold until its retention ends; see docs/privacy.md.');
  if (!isPassed) {
    throw new CommandFailure(
      `the sink has not worked off what stood on its topics within ${wait} s, and may still store some of it as it was: run this again once it has`,
    );
  }
}

async function publishErasure({ kafka, codec, settings }: KafkaSide, erasure: Erasure): Promise<void> {
  await using publisher = await openPublisher({ kafka, prefix: settings.TOPIC_PREFIX });
  const key = `${erasure.account}|${erasure.id}`;
  await publisher.publish([{ topic: TOPICS.erasures, key, value: codec.encode('erasures', erasure) }]);
}

function parseName(text: string): string {
  const name = foldName(text.trim());
  const { length } = nameParts(name);
  if (length >= 2 && length <= 50 && isName(name)) return name;
  throw new InvalidArgumentError('It is no name: 2 to 50 letters, with points, hyphens or blanks between its parts.');
}
