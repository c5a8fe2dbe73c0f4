/** Every answer of the gateway, errors included: JSON with the status as a string, as QCC's own are (document 6.2.2). */
export const answerBody = (status: number, msg: string): string => JSON.stringify({ status: String(status), msg });

/** `no-store`: a cached success would answer for an order that never arrived. */
export const ANSWER_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;
