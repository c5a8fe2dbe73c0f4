import type { Sealer } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import type { ReceivedOrder } from './received-order.ts';

/** The order as it stands on the topic `orders`: the link and the password sealed, bound to account, order and field. */
export async function toOrderMessage({ seal }: Pick<Sealer, 'seal'>, order: ReceivedOrder): Promise<Order> {
  const { downloadUrl, unzipPassword, ...open } = order;
  const sealed = async (plaintext: string | null, field: 'downloadUrl' | 'unzipPassword') =>
    plaintext === null ? null : await seal(plaintext, { account: order.account, orderNo: order.orderNo, field });
  return {
    ...open,
    sealedDownloadUrl: await sealed(downloadUrl, 'downloadUrl'),
    sealedUnzipPassword: await sealed(unzipPassword, 'unzipPassword'),
  };
}
