import { describe, expect, it } from 'vitest';
import { InputError } from '../check-input.ts';
import { creditCheck } from '../company-codes.ts';
import { createFeed, type RecordFields } from '../feed.ts';
import { nextOrder, type Order } from '../orders.ts';
import { shanghaiDay } from '../shanghai.ts';
import { createSeasons } from './season.ts';
import type { SeasonRequest } from './season-request.ts';
import { type SeasonTruthRequest, seasonTruth } from './season-truth.ts';
import type { EntryTruth, Spell } from './spells.ts';

const FROM = '2026-08-25';

/** The orders of a season as a simulator sends them, and what is true of them. */
function send(seed: string, request: Partial<SeasonRequest> = {}, orderCount?: number) {
  const season = createSeasons(seed).of({ from: FROM, companies: 1_000, ...request });
  const orders: Order[] = [];
  const feed = createFeed({ seed, companies: 100, orders });
  for (const planned of season.orders.slice(0, orderCount)) {
    orders.push(nextOrder({ seed, clock: { now: () => 0 }, before: orders }, planned.request, planned));
  }
  const records = orders.flatMap((order) =>
    [...feed.occurrences(order)].map(({ element, ...rest }) => ({ order, element: element as RecordFields, ...rest })),
  );
  return { season, orders, feed, records, truth: (of: SeasonTruthRequest = {}) => seasonTruth(feed, orders, of) };
}

// Making them takes longer than looking at them.
const sent = send('lives');
const truth = sent.truth();
const spells = truth.companies.flatMap((company) => company.spells);
const entries = spells.flatMap((spell) => spell.entries);
const changes = truth.companies.flatMap((company) => company.changes);
const count = <Item>(items: readonly Item[], fits: (item: Item) => unknown): number => items.filter(fits).length;

describe('a season', () => {
  it('is the same for the same seed and another for another', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((seed) => {
      const { records, truth: told } = send(seed, { days: 20, companies: 60 });
      return { records: records.map(({ element, details }) => ({ element, details })), truth: told() };
    });
    expect(one).toEqual(same);
    expect(one!.records).not.toEqual(other!.records);
  });

  it('pushes some five changes for each company, of all types and a few unknown ones, over the windows of each day', () => {
    expect(sent.orders).toHaveLength(2 * 92);
    expect(sent.records.length).toBeGreaterThan(4_000);
    expect(sent.records.length).toBeLessThan(6_500);
    const types = new Set(sent.records.map(({ element }) => element.type));
    expect(types).toEqual(new Set(['1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15', '16', '17']));
    expect(sent.orders.map(({ pushDate }) => pushDate).toSorted()).toEqual(sent.orders.map(({ pushDate }) => pushDate));
    expect(shanghaiDay(sent.orders.at(-1)!.pushedAt)).toBe('2026-11-24');
  });

  it('says nothing of one company in ten', () => {
    expect(truth.unseen.length).toBeGreaterThan(60);
    expect(truth.unseen.length + truth.companies.length).toBe(1_000);
    const seen = new Set(sent.records.map(({ element }) => element.corpKeyNo));
    expect(truth.unseen.filter((corpKeyNo) => seen.has(corpKeyNo))).toEqual([]);
  });

  it('has the companies of seasons that are sent otherwise, and no company of any other season', () => {
    const seasons = createSeasons('a');
    const keysOf = (request: Partial<SeasonRequest>) =>
      new Set(
        seasons.of({ from: FROM, days: 9, companies: 50, ...request }).lives.map(({ company }) => company.corpKeyNo),
      );
    expect(keysOf({ lateOrders: 2, corruptOrders: [0], skipCallbacks: 1 })).toEqual(keysOf({}));
    expect(keysOf({}).intersection(keysOf({ days: 10 })).size).toBe(0);
  });

  it('leaves the credit code out of a third of the records and a wrong check digit in one company of twenty', () => {
    const without = count(sent.records, ({ element }) => !element.creditCode) / sent.records.length;
    expect(without).toBeGreaterThan(0.29);
    expect(without).toBeLessThan(0.38);
    const codes = truth.companies.filter(({ creditCode }) => creditCode !== null);
    const wrong = codes.filter(({ creditCode }) => creditCheck(creditCode!.slice(0, 17)) !== creditCode!.at(-1));
    expect(wrong.every(({ hasWrongCheckDigit }) => hasWrongCheckDigit)).toBe(true);
    expect(wrong.length / codes.length).toBeGreaterThan(0.025);
    expect(wrong.length / codes.length).toBeLessThan(0.08);
    const traders = count(truth.companies, ({ kind }) => kind === 'sole trader');
    expect(traders / truth.companies.length).toBeGreaterThan(0.1);
  });

  it('gives a few companies the name of another one of their kind', () => {
    const namesakes = [...Map.groupBy(sent.season.lives, ({ names }) => names[0]!.name).values()].filter(
      (lives) => lives.length > 1,
    );
    expect(namesakes.length).toBeGreaterThan(4);
    expect(namesakes.length).toBeLessThan(25);
    for (const lives of namesakes) expect(new Set(lives.map(({ company }) => company.kind)).size).toBe(1);
  });

  it.each<[object, RegExp]>([
    [{}, /'from' is missing/],
    [{ from: '25 August' }, /'from' must be a Shanghai day/],
    [{ from: FROM, days: 2, until: FROM }, /'days' or 'until', not both/],
    [{ from: FROM, until: '2026-08-24' }, /must not be before/],
    [{ from: FROM, days: 2, lateOrders: 2 }, /at most 1/],
    [{ from: FROM, days: 2, corruptOrders: [4] }, /the last order is 3/],
    [{ from: FROM, orders: 2 }, /'orders' is not known/],
  ])('refuses %j', (request, message) => {
    const ask = () => createSeasons('1').of(request);
    expect(ask).toThrow(InputError);
    expect(ask).toThrow(message);
  });

  it('ends with the day that until names', () => {
    expect(createSeasons('1').of({ from: FROM, until: '2026-08-27', companies: 1 }).orders).toHaveLength(6);
  });
});

describe('the lists of a company', () => {
  it('has each exit after its entry, by its day and by its push', () => {
    for (const { since, until, entry, exit } of entries) {
      if (until !== null) expect(until > since).toBe(true);
      if (entry && exit) expect(exit.pushDate > entry.pushDate).toBe(true);
      if (entry) expect(since < entry.pushDate).toBe(true);
      if (exit) expect(until! < exit.pushDate).toBe(true);
    }
  });

  it('tells entries with category 1 and exits with category 2, both with the day of the newest entry', () => {
    const byCompany = new Map(truth.companies.map((company) => [company.corpKeyNo, company]));
    for (const { element } of sent.records) {
      if (element.type !== '2' && element.type !== '10') continue;
      const { date } = JSON.parse(String(element.changeExtend)) as { date: string };
      const days = byCompany
        .get(element.corpKeyNo)!
        .spells.filter(({ type }) => type === element.type)
        .flatMap((spell) => spell.entries.map(({ since }) => since));
      expect(days).toContain(date);
      expect(String(element.changeContent)).toMatch(
        { 1: /^被列入/, 2: /^被移出/, 3: /信息发生变化$/ }[String(element.category)]!,
      );
    }
    const exits = spells.filter(({ type, exit, entries: all }) => type === '2' && exit && all.length === 1);
    for (const { since, exit } of exits) {
      const record = sent.records.find((one) => one.order.orderNo === exit!.orderNo && one.position === exit!.position);
      expect(JSON.parse(String(record!.element.changeExtend))).toEqual({ date: since });
    }
  });

  it('has second spells, overlapping entries, entries from before the season and open ends', () => {
    expect(count(spells, (spell) => spell.entries.length > 1)).toBeGreaterThan(50);
    expect(count(spells, ({ entry, exit }) => entry === null && exit !== null)).toBeGreaterThan(30);
    expect(count(spells, ({ until }) => until === null)).toBeGreaterThan(100);
    const again = ({ spells: own }: { spells: Spell[] }) => own.filter(({ type }) => type === '2').length > 1;
    expect(count(truth.companies, again)).toBeGreaterThan(30);
    const half = ({ entries: own }: Spell) => own.length > 1 && count(own, ({ until }) => until === null) === 1;
    expect(count(spells, half)).toBeGreaterThan(20);
  });

  it('misses details of entries, of exits and of both', () => {
    const seen = new Set(
      entries
        .filter(({ entry, exit }) => entry && exit && entry.id !== exit.id)
        .map(({ entry, exit }) => `entry ${entry!.hasDetails}, exit ${exit!.hasDetails}`),
    );
    expect(seen.size).toBe(4);
    const states = Map.groupBy(
      changes.filter(({ type }) => ['2', '10', '11'].includes(type)),
      ({ details }) => details,
    );
    expect([...states.keys()].toSorted()).toEqual(['list', 'no-check-id', 'withheld']);
    for (const { details, hasCheckId } of changes) {
      expect(hasCheckId).toBe(details === 'list' || details === 'withheld');
    }
  });

  it('has texts that say neither', () => {
    const unclear = changes.filter(({ type, direction }) => direction === null && (type === '2' || type === '10'));
    expect(unclear.length).toBeGreaterThan(0);
    for (const { text } of unclear) expect(text).toMatch(/信息发生变化$/);
  });
});

describe('a case', () => {
  it('keeps id, court, amount and days over changes and companies, and its status only moves on', () => {
    const order = ['全部未履行', '部分未履行', '全部已履行'];
    const first = new Map<unknown, Record<string, unknown>>();
    for (const { element, details } of sent.records) {
      if (element.type !== '11') continue;
      for (const { executeStatus, ...row } of details?.rows ?? []) {
        const before = first.get(row.id) ?? { ...row, executeStatus };
        expect({ ...before, executeStatus: null }).toEqual({ ...row, executeStatus: null });
        expect(order.indexOf(String(executeStatus))).toBeGreaterThanOrEqual(
          order.indexOf(String(before.executeStatus)),
        );
        first.set(row.id, { ...row, executeStatus });
      }
    }
    expect(truth.cases.map(({ companies, reports, ...row }) => row)).toEqual([...first.values()]);
  });

  it('may be carried by two companies, and a company may have more than 20', () => {
    const joint = truth.cases.filter(({ companies }) => companies.length === 2);
    expect(joint.length).toBeGreaterThan(10);
    for (const { id, companies } of joint) {
      for (const corpKeyNo of companies) {
        expect(truth.companies.find((company) => company.corpKeyNo === corpKeyNo)?.cases).toContain(id);
      }
    }
    expect(count(truth.companies, ({ cases }) => cases.length > 20)).toBeGreaterThan(10);
    const moved = ({ reports }: { reports: { executeStatus: string }[] }) =>
      reports[0]!.executeStatus !== reports.at(-1)!.executeStatus;
    expect(count(truth.cases, moved)).toBeGreaterThan(50);
  });
});

describe('the register', () => {
  it('has chains of names, and each record carries the name of its day', () => {
    expect(count(truth.companies, ({ formerNames }) => formerNames.length > 1)).toBeGreaterThan(10);
    for (const company of truth.companies) {
      const renames = company.changes.filter(({ type }) => type === '5');
      const names = [...company.formerNames.map(({ name }) => name), company.corpName];
      expect(renames.map(({ text }) => text).toSorted()).toEqual(
        company.formerNames.map((_, at) => `企业名称由“${names[at]}”变更为“${names[at + 1]}”`).toSorted(),
      );
      const days = renames.map(({ firstPushed }) => firstPushed.pushDate).toSorted();
      for (const { pushDate, corpName } of company.changes.flatMap(({ occurrences }) => occurrences)) {
        expect(corpName).toBe(names[count(days, (renamed) => renamed <= pushDate)]);
      }
    }
  });

  it('has chains of representatives: each follows the one before', () => {
    const chains = truth.companies.map(({ representativeChanges }) => representativeChanges);
    expect(count(chains, ({ length }) => length > 1)).toBeGreaterThan(50);
    for (const chain of chains) {
      for (const [at, { from }] of chain.entries()) if (at > 0) expect(from).toBe(chain[at - 1]!.to);
    }
  });

  it('revokes a company once, in the last fifth of the season, and begins nothing after it', () => {
    const revoked = truth.companies.filter((company) => company.revoked !== null);
    expect(revoked.length).toBeGreaterThan(15);
    for (const { changes: own } of revoked) {
      const ends = own.filter(({ type }) => type === '1');
      expect(ends).toHaveLength(1);
      const { pushDate } = ends[0]!.firstPushed;
      expect(pushDate > '2026-11-06').toBe(true);
      expect(own.every(({ firstPushed }) => firstPushed.pushDate <= pushDate)).toBe(true);
    }
  });
});

describe('a change that comes again', () => {
  it('keeps its id, company and type, mostly its text, and comes on a later day', () => {
    const again = changes.filter(({ occurrences }) => occurrences.length > 1);
    expect(again.length / changes.length).toBeGreaterThan(0.03);
    expect(again.length / changes.length).toBeLessThan(0.06);
    const identities = Map.groupBy(sent.records, ({ element }) => element.id);
    for (const { id, occurrences } of again) {
      expect(new Set(identities.get(id)!.map(({ element }) => `${element.corpKeyNo} ${element.type}`)).size).toBe(1);
      const days = occurrences.map(({ pushDate }) => pushDate.slice(0, 10));
      expect(new Set(days).size).toBe(occurrences.length);
    }
    const reworded = again.filter(({ occurrences }) => occurrences[0]!.text !== occurrences[1]!.text);
    expect(reworded.length).toBeGreaterThan(20);
    expect(reworded.length).toBeLessThan(again.length / 2);
    expect(
      count(reworded, ({ direction, occurrences }) => direction === '移出' && occurrences[0]!.direction === '列入'),
    ).toBeGreaterThan(5);
  });
});

describe('the truth', () => {
  it('has each record once and each id once', () => {
    expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length);
    expect(new Set(sent.records.map(({ element }) => element.id)).size).toBe(changes.length);
    expect(changes.flatMap(({ occurrences }) => occurrences)).toHaveLength(sent.records.length);
  });

  it('has the list that the details of a checkId had on the day of their push', () => {
    for (const at of [30, 77, 121, 160, 183]) {
      const order = sent.orders[at]!;
      const then = sent.truth({ asOf: order.pushDate });
      const companies = new Map(then.companies.map((company) => [company.corpKeyNo, company]));
      const cases = new Map(then.cases.map((one) => [one.id, one]));
      for (const { element, details } of sent.records.filter((record) => record.order === order)) {
        if (details === null || details.rows.length === 0) continue;
        const company = companies.get(element.corpKeyNo)!;
        const listed = company.spells.flatMap((spell) => (spell.type === element.type ? spell.entries : []));
        expect(details.rows.map(factsOf).toSorted()).toEqual(
          {
            getExceptions: () => listed.map(exceptionFacts),
            getSeriousViolation: () => listed.filter(({ until }) => until === null).map(violationFacts),
            getShiXinList: () => company.cases.map((id) => `${id} ${cases.get(id)!.executeStatus}`),
          }
            [details.endpoint]()
            .toSorted(),
        );
      }
    }
  });

  it('has nothing of what was not pushed yet', () => {
    const asOf = '2026-09-20';
    const part = send(
      'lives',
      {},
      sent.orders.findIndex(({ pushDate }) => pushDate > '2026-09-21'),
    );
    expect(sent.truth({ asOf })).toEqual(part.truth());
    const then = sent.truth({ asOf }).companies.flatMap((company) => company.changes);
    expect(then.flatMap(({ occurrences }) => occurrences).every(({ pushDate }) => pushDate < '2026-09-21')).toBe(true);
    expect(then.length).toBeLessThan(changes.length / 2);
    expect(() => sent.truth({ asOf: 'noon' })).toThrow(InputError);
  });

  it('lists corrupt orders and leaves their records out unless asked for', () => {
    const small = send('a', { days: 10, companies: 200, corruptOrders: [3, 8], skipCallbacks: 0.5 });
    const without = small.truth();
    const corrupt = without.orders.filter((order) => order.corrupt !== null);
    expect(corrupt.map(({ number, corrupt: damage }) => [number, damage])).toEqual([
      [3, 'byte'],
      [8, 'password'],
    ]);
    expect(count(without.orders, ({ callback }) => !callback)).toBe(10);
    const pushes = (own: typeof without) =>
      own.companies.flatMap((company) => company.changes).flatMap(({ occurrences }) => occurrences);
    const lost = corrupt.flatMap(({ records }) => records).length;
    expect(lost).toBeGreaterThan(0);
    expect(pushes(without)).toHaveLength(small.records.length - lost);
    const all = small.truth({ withCorrupt: true });
    expect(count(pushes(all), ({ corrupt: damage }) => damage !== null)).toBe(lost);
    expect(pushes(all)).toHaveLength(small.records.length);
  });

  it('is the same for orders that arrive late, once all are there', () => {
    const shape = { days: 12, companies: 200 };
    const late = send('a', { ...shape, lateOrders: 4 });
    const sequence = late.orders.map(({ pushDate }) => pushDate);
    expect(sequence).not.toEqual(sequence.toSorted());
    expect(count(late.truth().orders, ({ isLate }) => isLate)).toBe(4);
    const factsOnly = ({ companies, cases }: ReturnType<typeof late.truth>) =>
      JSON.stringify([companies, cases]).replaceAll(/DDMON\d+/g, '');
    expect(factsOnly(late.truth())).toBe(factsOnly(send('a', shape).truth()));
  });
});

/** A row of details without the time of day. */
function factsOf(row: Readonly<Record<string, string | number>>): string {
  if ('executeStatus' in row) return `${row.id} ${row.executeStatus}`;
  if ('addOffice' in row) return `${row.addDate} ${row.addReason} ${row.addOffice}`;
  const day = (seconds: unknown) => (seconds === 0 ? null : shanghaiDay(Number(seconds) * 1_000));
  return `${day(row.addDate)} ${row.addReason} ${row.decisionOffice} ${day(row.removeDate)} ${row.romoveReason}`;
}

const exceptionFacts = ({ since, reason, office, until, removalReason }: EntryTruth): string =>
  `${since} ${reason} ${office} ${until} ${removalReason ?? ''}`;
const violationFacts = ({ since, reason, office }: EntryTruth): string => `${since} ${reason} ${office}`;
