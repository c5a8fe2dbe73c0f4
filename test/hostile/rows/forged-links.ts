import { until } from '../../harness/until.ts';
import { getRequest, sendRaw } from '../raw-request.ts';
import { createTally, type HostileRow } from '../row.ts';
import { canary } from '../target.ts';

const COMPLETE_WITHIN_MS = 240_000;

/**
 * Somebody who has the key pairs real order numbers with links to an archive of their own, on a host that downloads are
 * allowed from, as QCC's file host is shared by its customers.
 */
export const forgedLinks: HostileRow = {
  name: 'forged-links',
  title: 'real order numbers with forged links, by somebody who has the key',
  mustHold:
    'the forged link is never used while getDownloadUrl answers: no request reaches its host, and the order is QCC’s own',
  async run({ target, short, say }) {
    const { gatewayPort, canaries, simulator, forgedHost, query } = await target.open();
    const tally = createTally();
    const before = forgedHost.requests();
    const forge = async (orderNo: string) => {
      const [signature, password] = [canary(), canary()];
      canaries.set(`signature of a forged link to ${orderNo}`, signature);
      canaries.set(`password of a forged callback for ${orderNo}`, password);
      const link = `http://127.0.0.1:${forgedHost.port}/DdMonitor/forged.zip?Expires=4102444800&OSSAccessKeyId=LTAIforged&Signature=${signature}`;
      const parameters = { key: canaries.get('QCC_KEY') ?? '', orderNo, downloadUrl: link, unzipPassword: password };
      return sendRaw(gatewayPort, getRequest(`/qcc/callback?${new URLSearchParams(parameters)}`));
    };

    const orders: string[] = [];
    for (let nth = 0; nth < (short ? 5 : 100); nth += 1) {
      const { orderNo } = await simulator.createOrder({ records: 20, callback: false });
      const answer = await forge(orderNo);
      tally.count(`the forged callback of ${orderNo}`, answer?.status === 200 ? null : `HTTP ${answer?.status}`);
      orders.push(orderNo);
    }
    // QCC's word that there is no such order counts against the callback.
    const invented = 'DDMON2099FORGED';
    await forge(invented);
    say(`${orders.length} forged callbacks are sent`);

    const ledger = () =>
      query<{ order_no: string; status: string; stored: number }>('SELECT order_no, status, stored FROM {{db}}.orders');
    await until('every order is complete, and the invented one failed', COMPLETE_WITHIN_MS, async () => {
      const status = new Map((await ledger()).map((row) => [row.order_no, row.status]));
      return status.get(invented) === 'FAILED' && orders.every((orderNo) => status.get(orderNo) === 'COMPLETE');
    });
    const stored = new Map((await ledger()).map((row) => [row.order_no, row.stored]));
    for (const orderNo of orders)
      tally.count(`the archive of ${orderNo}`, stored.get(orderNo) === 20 ? null : `${stored.get(orderNo)} rows of 20`);
    const reached = forgedHost.requests() - before;
    tally.count('the forged host', reached === 0 ? null : `got ${reached} requests`);
    return tally.figures([`${reached} requests at the forged host`]);
  },
};
