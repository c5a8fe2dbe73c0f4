import { ClickHouseError } from '@clickhouse/client';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { asDefaultUser } from 'qcc-clickhouse/testing/default-user';
import { expect, test } from 'vitest';
import { explainFailure } from './explain-failure.ts';

const CONTEXT = {
  query: { name: 'provinces', narrowBy: undefined },
  settings: { ...asDefaultUser('http://127.0.0.1:8123'), CLICKHOUSE_USER: 'wang', CLICKHOUSE_DATABASE: 'qcc' },
  migrations: readMigrations(),
};

/** Messages as ClickHouse 26.7 sends them. */
test.each([
  ['516', 'wang: Authentication failed', /refuses the login of user wang: check CLICKHOUSE_USER/],
  [
    '497',
    "wang: Not enough privileges. To execute this query, it's necessary to have the grant SELECT(a, b) ON qcc.companies. ",
    /^user wang may not read qcc\.companies, which provinces needs: .*`npx qcc roles`, and a database from before migration 028_company_views does not have it$/,
  ],
  [
    '60',
    "Unknown table expression identifier 'qcc.companies_masked' in scope SELECT 1. ",
    /^qcc\.companies_masked, which provinces needs, does not exist: the database is older than migration 028_company_views: start the sink/,
  ],
  [
    '60',
    "Unknown table expression identifier 'qcc.no_such_view' in scope SELECT 1. ",
    /the database is older, or this version has no migration that creates it$/,
  ],
  [
    '46',
    'Function with name `today_beijing` does not exist. In scope SELECT 1. ',
    /function today_beijing, .* than migration 030_dictionary/,
  ],
  ['47', 'Unknown expression identifier `x` in scope SELECT 1. ', /needs a column .*`x`.*MIGRATIONS=apply/],
  ['81', 'Database qcc does not exist. ', /check CLICKHOUSE_DATABASE/],
  ['159', 'Timeout exceeded. ', /takes longer than user wang may use: ask an operator for a higher limit/],
  [
    '201',
    'Quota for user `wang` for 3600s has been exceeded. ',
    /user wang has used up a quota: wait until the interval of the quota ends, .* Quota for/,
  ],
  ['241', 'Memory limit exceeded. ', /takes more memory/],
  ['999', 'Something else. ', /ClickHouse does not answer provinces: Something else/],
])('code %s', (code, message, text) => {
  const { message: explained } = explainFailure(new ClickHouseError({ code, message, type: 'X' }), CONTEXT);
  expect(explained).toMatch(text);
});

test('a query of days that takes too long is narrowed, and others are not', () => {
  const late = new ClickHouseError({ code: '159', message: 'Timeout exceeded. ', type: 'X' });
  const remedies = Object.fromEntries(
    readQueries().map((query) => [
      query.name,
      explainFailure(late, { ...CONTEXT, query })
        .message.split(': ')
        .at(-1),
    ]),
  );
  expect(remedies).toMatchObject({
    'new-since': 'ask for fewer days with --set from=DAY',
    'category-by-day': 'ask for fewer days with --set from=DAY',
    // It is about one day.
    'abnormal-on-day': 'ask an operator for a higher limit',
    // The spells of all days are computed first, and so is the ledger of all orders.
    'left-the-lists': 'ask an operator for a higher limit',
    completeness: 'ask an operator for a higher limit',
    // Copies for customers are not stored by day.
    'portfolio-new-high-risk': 'ask an operator for a higher limit',
    provinces: 'ask an operator for a higher limit',
  });
  // The client gives up a moment before the server.
  expect(explainFailure(new Error('Timeout error.'), CONTEXT).message).toBe(
    'ClickHouse sends nothing of provinces for a minute: ask an operator for a higher limit',
  );
});

test('no answer', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(explainFailure(error, CONTEXT).message).toMatch(/does not answer: start it, or set CLICKHOUSE_URL/);
});
