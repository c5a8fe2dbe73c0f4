import type { OrderSource } from 'qcc-core/contract/domain';

/** An order as it came to the gateway, secrets still in clear: it never leaves the process in this form. */
export type ReceivedOrder = {
  account: string;
  /** Opaque. */
  orderNo: string;
  source: OrderSource;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** 创建时间 of listLatestOrderNo, milliseconds since the epoch; a callback brings none. */
  createDate: number | null;
  /** As QCC sent it, decoded once; not checked against the allowed hosts. */
  downloadUrl: string | null;
  unzipPassword: string | null;
  /** The earlier of the link's own `Expires` and `downloadUrlExpiredTime`, milliseconds since the epoch. */
  downloadUrlExpiredTime: number | null;
};
