import { PASSWORD } from 'qcc-archive/testing/archives';
import { type Extracted, openInProcessExtractor } from '../extract-in-process.ts';
import { ARCHIVE_CASES, SMALL_ARCHIVES } from '../inputs/archives.ts';
import { BOMBS } from '../inputs/bombs.ts';
import { describeMeasured, measureArchive } from '../measure-archive.ts';
import { createTally, type HostileInput, type HostileRow, type Tally } from '../row.ts';

const BOMB_MAX_SECONDS = 2;
const BOMB_MAX_MIB = 300;
const MASKS = [0x01, 0x80, 0xff];
const SHORT_DAMAGES = 15;

/** `read`, or the reason of the one dead letter of an order of which nothing else was published. */
function becameOf({ records, deadLetters, events }: Extracted, expected: Extracted['records']): string {
  const stages = events.map(({ stage }) => stage);
  const [deadLetter] = deadLetters;
  if (deadLetters.length === 0) {
    const isWhole = JSON.stringify(records) === JSON.stringify(expected) && stages.includes('EXTRACTED');
    return isWhole ? 'read' : 'read, but not as it was packed';
  }
  const isRefused = deadLetters.length === 1 && records.length === 0 && stages.join() === 'FAILED';
  return isRefused && deadLetter
    ? deadLetter.reason
    : `${deadLetters.length} dead letters and ${records.length} records`;
}

const mismatch = (became: string, allowed: readonly string[]): string | null =>
  allowed.includes(became) ? null : `${became} instead of ${allowed.join(' or ')}`;

/** Each archive goes through the extractor's own steps; bombs in a process of their own, whose memory is measured. */
export const archives: HostileRow = {
  name: 'archives',
  title:
    'archives: every byte flipped, cut at every length, wrong passwords, AE-1, AE-2, bombs, also of an honest size, lying sizes, odd names, duplicates, ZipCrypto, in clear, zip64, data descriptors',
  mustHold:
    'nothing of one that fails is published, its dead letter has the right reason; what is valid is read; a bomb ends within 2 s of processor time for each download, and 300 MiB',
  async run(input) {
    const tally = createTally();
    await using extractor = await openInProcessExtractor({ password: PASSWORD });
    const { records: expected } = await extractor.extract(SMALL_ARCHIVES[0]!.build());

    for (const { name, becomes, build } of ARCHIVE_CASES) {
      const became = becameOf(await extractor.extract(build()), expected);
      tally.count(name, mismatch(became, [becomes]));
    }
    input.say(`${ARCHIVE_CASES.length} archives that are wrong or odd in one thing`);

    let unread = 0;
    const damages = [...damageAll(input)];
    for (const { name, archive, allowed } of damages) {
      const became = becameOf(await extractor.extract(archive), expected);
      if (became === 'read') unread += 1;
      const isAllowed = allowed === 'any' ? became === 'read' || became.startsWith('ARCHIVE_') : became === allowed;
      tally.count(name, isAllowed ? null : became);
    }
    input.say(`${damages.length} damages to small archives`);

    const notes = [
      `${unread} of ${damages.length} damages hit bytes that mean nothing: the records were exactly right`,
    ];
    // Time and memory are figures of the whole run; the short one looks at what becomes of a few.
    if (input.short) {
      for (const { name, becomes, build } of BOMBS.slice(0, 2)) {
        tally.count(name, mismatch(becameOf(await extractor.extract(build()), expected), [becomes]));
      }
    } else notes.push(...(await runBombs(input, tally)));
    return tally.figures(notes);
  },
};

type Damage = { name: string; archive: Buffer; allowed: string };

function* damageAll({ short, random }: HostileInput): Generator<Damage> {
  for (const { name, build } of SMALL_ARCHIVES) {
    const whole = build();
    const keep = short ? SHORT_DAMAGES / (whole.length * (MASKS.length + 1)) : 1;
    for (const at of whole.keys()) {
      for (const mask of MASKS) {
        if (!random.chance(keep)) continue;
        const archive = Buffer.from(whole);
        archive.writeUInt8(archive.readUInt8(at) ^ mask, at);
        yield { name: `${name}, byte ${at} changed by ${mask}`, archive, allowed: 'any' };
      }
      if (random.chance(keep)) {
        const allowed = at < 4 ? 'ARCHIVE_NOT_ZIP' : 'ARCHIVE_DAMAGED';
        yield { name: `${name}, cut off after ${at} bytes`, archive: whole.subarray(0, at), allowed };
      }
    }
  }
}

async function runBombs({ say }: HostileInput, tally: Tally): Promise<string[]> {
  const notes: string[] = [];
  for (const { name, becomes, build } of BOMBS) {
    const measured = await measureArchive(build());
    const figures = `2 GiB of ${name}: ${describeMeasured(measured)}`;
    say(figures);
    notes.push(figures);
    const isRight = measured.records === 0 && measured.reasons.join() === becomes;
    const isBounded =
      measured.cpuSeconds < BOMB_MAX_SECONDS * measured.downloads && measured.peakMemoryMiB < BOMB_MAX_MIB;
    tally.count(name, isRight && isBounded ? null : `${measured.reasons.join() || 'read'}, ${figures}`);
  }
  return notes;
}
