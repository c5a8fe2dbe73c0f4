import type { Sealer } from 'qcc-core/base/sealing';
import type { Order, OrderSource } from 'qcc-core/contract/domain';

/** An order as the gateway received it. Its secrets are in clear, so it never leaves the process in this form. */
export type ReceivedOrder = Omit<Order, 'source' | 'sealedDownloadUrl' | 'sealedUnzipPassword'> & {
  source: OrderSource;
  /** As QCC sent it, decoded once; not checked against the allowed hosts. */
  downloadUrl: string | null;
  unzipPassword: string | null;
};

/** The order for the topic `orders`. Link and password are sealed, bound to account, order and field. */
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
