import { asDetails, type DetailEndpoint } from './detail-endpoint.ts';

/** 失信被执行人, document 6.2.9. */
export const dishonestDebtors: DetailEndpoint = {
  name: 'getShiXinList',
  type: '11',
  ask: async (client, input, options) =>
    asDetails(await client.getShiXinList(input, options), ({ rows, total }) => ({ dishonestDebtors: rows, total })),
};
