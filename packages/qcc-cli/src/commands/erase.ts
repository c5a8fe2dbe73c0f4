import { type Command, InvalidArgumentError } from 'commander';
import { readStatedKeys } from 'qcc-clickhouse/key-ids';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { Erasure } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { erasedCompany, erasedName, type RecordIdentity } from 'qcc-core/kafka/messages/erased-record';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { openErasureList } from 'qcc-evidence/erasure/erasure-list';
import { foldName } from 'qcc-evidence/erasure/person-name';
import { createErasureKey, type ErasureSubject } from 'qcc-evidence/erasure/subject';
import { createErasureRepository } from 'qcc-evidence/erasure-repository';
import { confirm, type Decision, requireDecision } from '../confirm.ts';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { connectEvidence } from '../connect-evidence.ts';
import { connectKafka, type KafkaSide } from '../connect-kafka.ts';
import { connectOriginals } from '../erase/connect-originals.ts';
import { eraseMemberRows, eraseMembersOnTopic, findMembersOf } from '../erase/erase-members.ts';
import { DELETE_UNREADABLE, describeUnread, describeUnreadable, eraseOriginals } from '../erase/erase-originals.ts';
import { type ErasedRows, eraseRows } from '../erase/erase-rows.ts';
import { NO_NAME, type PersonOptions, readPerson, toName } from '../erase/read-person.ts';
import { untilSinkPassed } from '../erase/until-sink-passed.ts';
import { parseCount } from '../parse-options.ts';
import { requireSameKey } from '../require-same-key.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Options = PersonOptions &
  Decision & {
    company?: string;
    wait: number;
    dryRun?: true;
    yes?: true;
    deleteUnreadable?: true;
  };

const DEFAULT_WAIT_S = 60;

export function addEraseCommand(program: Command, terminal: Terminal): void {
  program
    .command('erase')
    .description(
      "Permanently erases a company or a person's name from tables and kept originals, and prevents it from being stored again. Topics keep their messages until retention ends, except for customers on `portfolio`, which are replaced or removed.",
    )
    .option(
      '--company <keyNo>',
      "corpKeyNo of the company whose records are erased. With --person, the name is erased only in this company's records",
      parseCompany,
    )
    .option(
      '--person [name]',
      'name of a person; it is removed from all texts, and the records stay. Without a value, the command asks for the name',
      parseName,
    )
    .option('--person-file <path>', 'like --person, with the name in a file')
    .requiredOption('--who <name>', 'who decides')
    .requiredOption('--why <text>', 'why; must not name the subject')
    .option(
      '--wait <seconds>',
      'how long to wait for the sink each time that the erasure needs it',
      parseCount,
      DEFAULT_WAIT_S,
    )
    .option('--dry-run', 'only count')
    .option('--yes', 'do not ask')
    .option('--delete-unreadable', DELETE_UNREADABLE)
    .action((options: Options) => erase(terminal, options));
}

async function erase(terminal: Terminal, options: Options): Promise<void> {
  const { company, wait, dryRun = false, yes = false, deleteUnreadable = false } = options;
  const { who, why } = requireDecision(options);
  const person = await readPerson(terminal, options);
  if (company === undefined && person === undefined)
    throw new CommandFailure('say what to erase: --company, --person or --person-file');
  if ([company, person].some((each) => each !== undefined && foldName(why).includes(foldName(each)))) {
    throw new CommandFailure('the reason is kept, so it must not name the company or person; nothing was erased');
  }
  const settings = readSettings(terminal.env, [
    ...CLICKHOUSE_SETTINGS,
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
  await using store = await connectEvidence(terminal);
  using originals = await connectOriginals(store, settings);
  const kafkaSide = await connectKafka(terminal);
  const { kafka } = kafkaSide;
  const prefix = kafkaSide.settings.TOPIC_PREFIX;
  const { client, database } = clickhouse;
  requireSameKey('ERASURE_KEY', key.keyId, await readStatedKeys(clickhouse, 'ERASURE_KEY'));
  // Throws if an earlier erasure was made with another key.
  await openErasureList({ kafka, prefix, codec: kafkaSide.codec, key: settings.ERASURE_KEY })();
  const repository = createErasureRepository(store);
  const known = await repository.all(account);
  const erasure: Erasure = {
    ...key.describe(subject),
    // Later than any before it: this time shows which originals were checked before this erasure.
    at: Math.max(Date.now(), ...known.map(({ at }) => at + 1)),
    reason: why,
    decidedBy: who,
  };
  const eraserOf = (all: readonly Erasure[]) =>
    createEraser(key, [...all.filter(({ id }) => id !== erasure.id), erasure]);
  const rowsDeps = { client, database, cluster: settings.CLICKHOUSE_CLUSTER };
  const rowsInput = { subject, erasureId: erasure.id };
  const what = person === undefined ? 'records' : 'records that name the person';
  const describe = (rows: ErasedRows) =>
    `${rows.occurrences} ${what} and ${rows.deadLetters} dead letters in ${database}`;

  if (!dryRun && !yes) {
    const found = describe(await eraseRows(rowsDeps, { ...rowsInput, eraser: eraserOf(known), dryRun: true }));
    terminal.print(`This permanently erases ${found}, and the same data from the originals in ${store.place}.`);
    if (deleteUnreadable) terminal.print('Originals that cannot be read are deleted whole.');
    await confirm(terminal, { question: 'Type erase to confirm: ', expected: 'erase', nothing: 'nothing was erased' });
  }
  const sinkPasses = () => untilSinkPassed({ kafka, prefix }, AbortSignal.timeout(wait * 1_000));
  // Once the erasure is announced, the sink drops the company's records, so nothing would match its customers any more.
  if (!dryRun && company !== undefined && !(await sinkPasses())) {
    throw new CommandFailure(
      `the sink has not stored everything on its topics within ${wait} s, so it is not known yet which customers match the company. Check that the sink is running (\`qcc_consumer_lag\`, \`qcc_derived_lag\`), then run this command again, if necessary with a longer --wait; nothing was erased`,
    );
  }
  const ofCompany = await findMembersOf(rowsDeps, subject);

  const eraseEverywhere = async () => {
    if (!dryRun) {
      await publish(kafkaSide, announcements(kafkaSide, { subject, erasure }));
      await eraseMembersOnTopic(kafkaSide, { subject, eraser: eraserOf(known), ofCompany });
    }
    let isPassed = dryRun || (await sinkPasses());
    // Another run may have kept an erasure since.
    const eraser = eraserOf(await repository.all(account));
    const announce = (named: readonly RecordIdentity[]) =>
      publish(
        kafkaSide,
        named.map((record) => erasedName(kafkaSide.codec, record, erasure.at)),
      );
    const sinkPassesAgain = async () => {
      isPassed = (await sinkPasses()) && isPassed;
    };
    const given = { ...rowsInput, eraser, dryRun, announce, untilSinkPassed: sinkPassesAgain };
    const members = await eraseMemberRows(rowsDeps, { subject, eraser, ofCompany, dryRun });
    const rows = await eraseRows(rowsDeps, given);
    const kept = await eraseOriginals(originals, { account, eraser, responsesSince: 0, dryRun, deleteUnreadable });
    return { isPassed, members, rows, kept };
  };
  if (!dryRun) await repository.keep(erasure);
  const { isPassed, members, rows, kept } = await eraseEverywhere().catch((cause: unknown) => {
    if (dryRun) throw cause;
    throw new CommandFailure(
      `the erasure ${erasure.id} is recorded, but not finished: run this command again for the same subject`,
      { cause },
    );
  });

  const verb = dryRun ? 'Would erase' : 'Erased';
  terminal.print(`${verb} (${erasure.id}): ${describe(rows)};`);
  terminal.print(
    `${kept.records} records in ${kept.archives} archives and ${kept.responses} detail responses in ${store.place}.`,
  );
  if (members > 0) {
    terminal.print(
      `${members} customers of portfolios; take them out of your file, too, because the next \`npx qcc portfolio load\` reads it again.`,
    );
  }
  if (kept.unread > 0) terminal.print(describeUnread(kept.unread, dryRun));
  if (!dryRun)
    terminal.print(
      'Topics keep their messages until retention ends, except for customers on `portfolio`; `erased-records` informs subscribers. See docs/privacy.md.',
    );
  const failures = kept.unreadable.length > 0 ? [describeUnreadable(kept.unreadable)] : [];
  if (!isPassed) {
    failures.push(
      `the sink did not catch up with its topics within ${wait} s, so it may still store data that is not erased: run this command again after it has caught up`,
    );
  }
  if (failures.length > 0) throw new CommandFailure(failures.join('\n'));
}

/** Messages for the sink, and for subscribers if a whole company is erased. Records that only lose a name are announced later. */
function announcements(
  { codec }: KafkaSide,
  { subject: { account, company, person }, erasure }: { subject: ErasureSubject; erasure: Erasure },
): Outgoing[] {
  const key = `${erasure.account}|${erasure.id}`;
  const forSink = { topic: TOPICS.erasures, key, value: codec.encode('erasures', erasure) };
  return company === undefined || person !== undefined
    ? [forSink]
    : [forSink, erasedCompany(codec, { account, corpKeyNo: company }, erasure.at)];
}

async function publish({ kafka, settings }: KafkaSide, messages: readonly Outgoing[]): Promise<void> {
  await using publisher = await openPublisher({ kafka, prefix: settings.TOPIC_PREFIX });
  await publisher.publish(messages);
}

function parseCompany(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is blank.');
  return text;
}

function parseName(text: string): string {
  const name = toName(text);
  if (name === null) throw new InvalidArgumentError(NO_NAME);
  return name;
}
