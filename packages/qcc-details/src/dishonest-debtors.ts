import { asDetails, type DetailEndpoint } from './detail-endpoint.ts';

/** A list that fails behind its first page would begin, and be paid for, anew: so its later pages are not given up at once. */
const LATER_PAGES = { attempts: 6, alsoLater: true };

/** 失信被执行人, document 6.2.9. */
export const dishonestDebtors: DetailEndpoint = {
  name: 'getShiXinList',
  type: '11',
  ask: async (client, input, options) =>
    asDetails(await client.getShiXinList(input, { ...options, retryLaterPages: LATER_PAGES }), ({ rows, total }) => ({
      dishonestDebtors: rows,
      total,
    })),
};
