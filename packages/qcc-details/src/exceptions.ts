import { asDetails, type DetailEndpoint } from './detail-endpoint.ts';

/** 经营异常, document 6.2.7. */
export const exceptions: DetailEndpoint = {
  name: 'getExceptions',
  type: '2',
  ask: async (client, input, options) =>
    asDetails(await client.getExceptions(input, options), (rows) => ({ exceptions: rows, total: rows.length })),
};
