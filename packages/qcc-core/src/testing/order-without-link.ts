import type { Order } from '../contract/domain.ts';

/** An order whose link QCC has to be asked for, with the fields that matter to the test. */
export const orderWithoutLink = (given: Partial<Order> = {}): Order => ({
  account: 'main',
  orderNo: 'DDMON1',
  source: 'callback',
  receivedAt: 1,
  createDate: null,
  sealedDownloadUrl: null,
  sealedUnzipPassword: null,
  downloadUrlExpiredTime: null,
  ...given,
});
