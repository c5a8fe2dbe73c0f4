import type { Sealer } from 'qcc-core/base/sealing';
import { expect, test } from 'vitest';
import { type ReceivedOrder, toOrderMessage } from './to-order-message.ts';

const seal: Sealer['seal'] = async (plaintext, { account, orderNo, field }) =>
  `sealed(${plaintext.length}|${account}|${orderNo}|${field})`;
const received: ReceivedOrder = {
  account: 'main',
  orderNo: 'DDMON1',
  source: 'callback',
  receivedAt: 1,
  createDate: null,
  downloadUrl: 'http://a/b.zip?Signature=top-secret',
  unzipPassword: 'hush',
  downloadUrlExpiredTime: 2,
};

test('link and password leave sealed, each bound to account, order and field', async () => {
  expect(await toOrderMessage({ seal }, received)).toEqual({
    account: 'main',
    orderNo: 'DDMON1',
    source: 'callback',
    receivedAt: 1,
    createDate: null,
    sealedDownloadUrl: 'sealed(35|main|DDMON1|downloadUrl)',
    sealedUnzipPassword: 'sealed(4|main|DDMON1|unzipPassword)',
    downloadUrlExpiredTime: 2,
  });
});

test('an order without link and password is not sealed at all', async () => {
  const message = await toOrderMessage(
    { seal },
    { ...received, source: 'reconcile', createDate: 3, downloadUrl: null, unzipPassword: null },
  );
  expect(message).toMatchObject({
    source: 'reconcile',
    createDate: 3,
    sealedDownloadUrl: null,
    sealedUnzipPassword: null,
  });
});
