import { asDetails, type DetailEndpoint } from './detail-endpoint.ts';

/** 严重违法, document 6.2.8. */
export const seriousViolations: DetailEndpoint = {
  name: 'getSeriousViolation',
  type: '10',
  ask: async (client, input, options) =>
    asDetails(await client.getSeriousViolation(input, options), (rows) => ({
      seriousViolations: rows,
      total: rows.length,
    })),
};
