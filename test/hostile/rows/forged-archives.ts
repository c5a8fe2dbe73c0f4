import { buildZip, DOCUMENT, PASSWORD } from 'qcc-archive/testing/archives';
import { describeError } from 'qcc-core/base/errors';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { getRequest, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';
import { canary, type Target } from '../target.ts';

const WITHIN_MS = 240_000;
const RECORDS = 20;
/** Verdicts of `data_completeness` for days of which all records are there. */
const COMPLETE_DAYS = ['COMPLETE', 'DETAILS_MISSING', 'NOTHING_PUSHED'];
/** Longer than a pass of reconcile takes, which lists the orders meanwhile. */
const PASSES = 3;

type LedgerRow = {
  order_no: string;
  revision: number;
  status: string;
  reason: string | null;
  stored: number;
  unconfirmed: boolean;
};

/** While getDownloadUrl fails, somebody who has the key pairs real order numbers with an archive of their own. */
export const forgedArchives: HostileRow = {
  name: 'forged-archives',
  title: 'real order numbers with forged archives while getDownloadUrl fails, by somebody who has the key',
  mustHold:
    'the ledger shows an order from a callback’s link as unconfirmed although QCC lists it, and neither its push window, its day nor the order is called complete; once QCC answers, the same text is confirmed, and QCC’s own archive replaces a forged one as the next revision',
  async run({ target, short, say }) {
    const opened = await target.open();
    const { gatewayPort, canaries, simulator, forgedHost, query, adminPorts } = opened;
    const tally = createTally();
    const password = PASSWORD;
    forgedHost.serve(buildZip([{ name: 'corp.json', content: JSON.stringify(DOCUMENT) }]));
    simulator.faults.set({ codes: { getDownloadUrl: '500' } });
    const forged: string[] = [];
    const genuine: string[] = [];
    for (let nth = 0; nth < (short ? 2 : 10); nth += 1) {
      const { orderNo } = await simulator.createOrder({ records: RECORDS, callback: false });
      const signature = canary();
      canaries.set(`signature of a forged archive of ${orderNo}`, signature);
      const downloadUrl = `http://127.0.0.1:${forgedHost.port}/DdMonitor/x.zip?Expires=4102444800&Signature=${signature}`;
      const parameters = { key: canaries.get('QCC_KEY') ?? '', orderNo, downloadUrl, unzipPassword: password };
      await sendRaw(gatewayPort, getRequest(`/qcc/callback?${new URLSearchParams(parameters)}`));
      forged.push(orderNo);
      genuine.push((await simulator.createOrder({ records: RECORDS })).orderNo);
    }
    const all = [...forged, ...genuine];
    const ledger = async () => {
      const rows = await query<LedgerRow>(
        'SELECT order_no, revision, status, reason, source, stored, unconfirmed FROM {{db}}.orders',
      );
      return new Map(rows.map((row) => [row.order_no, row]));
    };
    const passes = async () => {
      const page = await (await fetch(`http://127.0.0.1:${adminPorts['callback-gateway']}/metrics`)).text();
      return Number(/^qcc_reconcile_passes_total\{[^}]*outcome="compared"[^}]*\} (\d+)$/m.exec(page)?.[1] ?? 0);
    };
    await until('every order is stored from a callback’s link', WITHIN_MS, async () => {
      const rows = await ledger();
      return all.every((orderNo) => rows.get(orderNo)?.reason === 'UNCONFIRMED');
    }).catch(async (cause: unknown) => {
      throw new Error(`${describeError(cause)}: ${JSON.stringify([...(await ledger()).values()])}`, { cause });
    });
    const before = await passes();
    await until('reconcile has listed them', WITHIN_MS, async () => (await passes()) >= before + PASSES);
    const rows = await ledger();
    for (const orderNo of all)
      tally.count(`${orderNo} while QCC fails`, rows.get(orderNo)?.unconfirmed ? null : 'is called confirmed');
    const calledComplete = await findCalledComplete(opened, all);
    for (const orderNo of all) tally.count(`${orderNo} for readers`, calledComplete.get(orderNo)?.join(', ') ?? null);
    say(`${all.length} orders are unconfirmed`);

    simulator.faults.reset();
    forgedHost.serve(null);
    for (const orderNo of all) await simulator.sendCallback(orderNo);
    const isRight = (row: LedgerRow | undefined, revision: number) =>
      row?.revision === revision && row.status === 'COMPLETE' && row.stored === RECORDS && !row.unconfirmed;
    const settled = async () => {
      const rows = await ledger();
      return [
        ...forged.map((orderNo) => [orderNo, isRight(rows.get(orderNo), 1), rows.get(orderNo)] as const),
        ...genuine.map((orderNo) => [orderNo, isRight(rows.get(orderNo), 0), rows.get(orderNo)] as const),
      ];
    };
    await until('every order is QCC’s own and confirmed', WITHIN_MS, async () =>
      (await settled()).every(([, right]) => right),
    ).catch(() => {});
    for (const [orderNo, right, row] of await settled()) tally.count(orderNo, right ? null : JSON.stringify(row));
    return tally.figures([`${forged.length} forged archives, ${genuine.length} genuine ones by the callback's link`]);
  },
};

/** Where readers see an unconfirmed order, its push window or its day called complete, for each order of which that is so. */
async function findCalledComplete({ env, query }: Target, orderNos: readonly string[]): Promise<Map<string, string[]>> {
  const standings = await query<{ order_no: string; status: string; verdict: string }>(
    `SELECT q.order_no AS order_no, q.status AS status, c.verdict AS verdict
     FROM {{db}}.data_quality AS q INNER JOIN {{db}}.data_completeness AS c ON c.account = q.account AND c.day = q.order_day`,
  );
  const windows = await query<{ day: string; complete: boolean; orders_open: number; order_nos: string[] }>(
    `SELECT toString(day) AS day, complete, orders_listed - orders_complete AS orders_open, order_nos
     FROM {{db}}.coverage WHERE notEmpty(order_nos)`,
  );
  const days = new Set(windows.map(({ day }) => day));
  const certificates = await Promise.all([...days].map((day) => runQcc(env, ['certificate', '--day', day])));
  const found = orderNos.map((orderNo): [string, string[]] => {
    const standing = standings.find(({ order_no }) => order_no === orderNo);
    const window = windows.find(({ order_nos }) => order_nos.includes(orderNo));
    const unconfirmed = window?.order_nos.filter((listed) => orderNos.includes(listed)).length ?? 0;
    const isNamed = certificates.some(
      ({ exitCode, out }) => exitCode === 1 && out.includes(`订单 order ${orderNo}: INCOMPLETE (UNCONFIRMED`),
    );
    return [
      orderNo,
      [
        ...(standing?.status === 'INCOMPLETE' ? [] : [`data_quality says ${standing?.status}`]),
        ...(standing && !COMPLETE_DAYS.includes(standing.verdict)
          ? []
          : [`data_completeness says ${standing?.verdict}`]),
        ...(window?.complete === false && window.orders_open >= unconfirmed ? [] : ['coverage counts it as complete']),
        ...(isNamed ? [] : ['no certificate names it']),
      ],
    ];
  });
  return new Map(found.filter(([, places]) => places.length > 0));
}
