/** A response of QCC as it came, but for the account's own secrets, before anything is made of it. */
export type RawResponse = {
  endpoint: string;
  /** The request, without `key`. */
  query: Readonly<Record<string, string>>;
  /** The same for all pages, and all attempts, of one call of the client. */
  lookup: string;
  /** HTTP's. */
  status: number;
  /** Null where it was longer than any response. */
  body: Buffer | null;
  /** When the request was sent, and when the last byte of its response was there; ms. */
  sentAt: number;
  receivedAt: number;
};
