import { type Context, Hono } from 'hono';
import { InputError } from './check-input.ts';
import type { SeasonOrder } from './lives/season.ts';
import type { SeasonRequest } from './lives/season-request.ts';
import type { SeasonTruth } from './lives/season-truth.ts';
import type { SendSeasonRequest } from './lives/send-season.ts';
import type { Simulator } from './simulator.ts';

export const CONTROL_PATH = '/_control';

/**
 * The simulator's own interface, in JSON; what grows with the orders comes as NDJSON. It asks for no password and is
 * for loopback and test networks. What it does can be done in process by the same names.
 */
export function createControl(running: () => Simulator): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof InputError || error instanceof SyntaxError) return context.json({ error: error.message }, 400);
    throw error;
  });

  app.post('/orders', async (context) => context.json(await running().createOrder(await bodyOf(context)), 201));
  app.get('/orders', (context) => context.json(running().orders()));
  app.post('/day', async (context) => context.json(await running().sendDay(await bodyOf(context)), 201));
  app.post('/season', async (context) =>
    context.json(await running().sendSeason((await bodyOf(context)) as SendSeasonRequest), 201),
  );
  app.post('/season/plan', async (context) => {
    const { orders } = running().season((await bodyOf(context)) as SeasonRequest);
    return context.json(orders.map(planned));
  });
  app.get('/season/truth', (context) => {
    const { asOf, withCorrupt } = context.req.query();
    const truth = running().seasonTruth({
      ...(asOf !== undefined && { asOf }),
      ...(withCorrupt !== undefined && { withCorrupt: withCorrupt === 'true' }),
    });
    return ndjson(context, linesOf(truth));
  });
  app.post('/orders/:orderNo/callback', async (context) =>
    context.json(await running().sendCallback(context.req.param('orderNo'))),
  );
  app.get('/orders/:orderNo/truth', (context) => {
    const { occurrences, ...head } = running().truth(context.req.param('orderNo'));
    return ndjson(context, [head], occurrences);
  });
  app.get('/truth', (context) => ndjson(context, running().currentTruth()));

  app.get('/faults', (context) => context.json(running().faults.current));
  app.put('/faults', async (context) => context.json(running().faults.set(await bodyOf(context))));
  app.delete('/faults', (context) => context.json(running().faults.reset()));
  app.post('/quota/reset', (context) => {
    running().quota.reset();
    return context.body(null, 204);
  });

  app.get('/calls', (context) => context.json(running().calls.report()));
  app.get('/calls/log', (context) => ndjson(context, running().calls.log()));
  app.delete('/calls', (context) => {
    running().calls.reset();
    return context.body(null, 204);
  });

  app.get('/account', (context) => context.json(accountOf(running())));
  app.put('/account', async (context) => {
    running().account.set(await bodyOf(context));
    return context.json(accountOf(running()));
  });
  app.put('/clock', async (context) => context.json(running().clock.set(await bodyOf(context))));
  return app;
}

const planned = ({ number, pushDate, records, corrupt, callback, isLate, request }: SeasonOrder) => ({
  number,
  pushDate,
  records,
  corrupt,
  callback,
  isLate,
  request,
});

function* linesOf({ orders, companies, cases, unseen }: SeasonTruth): Generator<unknown> {
  for (const order of orders) yield { kind: 'order', order };
  for (const company of companies) yield { kind: 'company', company };
  for (const one of cases) yield { kind: 'case', case: one };
  yield { kind: 'unseen', unseen };
}

function accountOf({ account, baseUrl, downloadHost }: Simulator) {
  return { ...account.setting, failures: account.failures, baseUrl, downloadHost };
}

/** An empty body is an empty object. What is in it is checked by whoever takes it. */
async function bodyOf(context: Context): Promise<object> {
  const text = await context.req.text();
  const body: unknown = text.trim() === '' ? {} : JSON.parse(text);
  if (typeof body !== 'object' || body === null) throw new InputError('the body must be a JSON object');
  return body;
}

const LINES_PER_PIECE = 200;

function ndjson(context: Context, ...parts: readonly Iterable<unknown>[]): Response {
  return context.body(ReadableStream.from(pieces(parts)), 200, {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
  });
}

function* pieces(parts: readonly Iterable<unknown>[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let lines: string[] = [];
  for (const part of parts) {
    for (const value of part) {
      lines.push(`${JSON.stringify(value)}\n`);
      if (lines.length < LINES_PER_PIECE) continue;
      yield encoder.encode(lines.join(''));
      lines = [];
    }
  }
  yield encoder.encode(lines.join(''));
}
