/** A response of QCC as received, before it is interpreted. Only the account's own secrets are masked. */
export type RawResponse = {
  endpoint: string;
  /** The request, without `key`. */
  query: Readonly<Record<string, string>>;
  /** The same for all pages, and all attempts, of one call of the client. */
  lookup: string;
  /** HTTP's. */
  status: number;
  /** Null if it was longer than `MAX_RESPONSE_BYTES`. */
  body: Buffer | null;
  /** When the request was sent, and when the last byte of its response was there; ms. */
  sentAt: number;
  receivedAt: number;
};
