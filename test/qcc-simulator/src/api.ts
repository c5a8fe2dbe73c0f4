import { setTimeout as delay } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Call, CallBook, Violation } from './calls.ts';
import { CLASS_OF, type FaultControl, type Faults } from './faults.ts';
import type { Quota } from './quota.ts';
import { RESPONSES, type ResponseDeps } from './responses.ts';
import { sameText, tokenOf } from './sign.ts';
import { ENDPOINTS, type Endpoint, type QccResponse, statusResponse } from './status.ts';
import { FAULT_CODES, failRequest, type ServerContext } from './transport.ts';

export const API_PATH = '/api/dd_corp_monitor';

export type ApiDeps = ResponseDeps & {
  key: string;
  secretKey: string;
  /** The machine's clock: Timespan is held against it. */
  now: () => number;
  faults: FaultControl;
  quota: Quota;
  calls: CallBook;
};

type Refusal = { code: string; violation: Violation['kind'] };

/** QCC's endpoints. HTTP is 200 whatever the code, as the document knows statuses in the body only. */
export function createApi(deps: ApiDeps): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  for (const endpoint of ENDPOINTS) app.all(`${API_PATH}/${endpoint}`, (context) => serve(deps, endpoint, context));
  return app;
}

async function serve(deps: ApiDeps, endpoint: Endpoint, context: ServerContext): Promise<Response> {
  const { calls, faults } = deps;
  const { latencyMs, hangMs, numericStatus, unknownFields, bodies, pages } = faults.current;
  const record = (code: string) => calls.record({ endpoint, code, ...identifiers(context) });
  const fault = faults.draw(CLASS_OF[endpoint]);
  if (fault) {
    record(FAULT_CODES[fault]);
    return failRequest(context, fault, hangMs);
  }
  const [page, body] = [pages[endpoint], bodies[endpoint]];
  if (page !== undefined || body !== undefined) {
    record(page === undefined ? 'HTTP_200' : 'HTTP_500');
    return context.body(withRequest(context, page ?? body ?? ''), page === undefined ? 200 : 500);
  }
  const response = responseTo(deps, endpoint, context);
  record(response.status);
  if (latencyMs > 0) await delay(latencyMs);
  return context.json({
    ...response,
    ...(numericStatus && { status: Number(response.status) }),
    ...(unknownFields && { traceNo: 'c6f1a0' }),
  });
}

const withRequest = ({ req }: ServerContext, text: string): string =>
  text.replaceAll('{request}', () => JSON.stringify(`${req.method} ${req.url} ${JSON.stringify(req.header())}`));

function responseTo(deps: ApiDeps, endpoint: Endpoint, context: ServerContext): QccResponse {
  const refusal = refusalOf(deps, context);
  if (refusal) {
    deps.calls.violate(endpoint, refusal.violation);
    return statusResponse(refusal.code);
  }
  const { codes, quota }: Faults = deps.faults.current;
  const forced = codes[endpoint] ?? deps.quota.spend(endpoint, quota);
  if (forced !== undefined) return statusResponse(forced);
  const response = RESPONSES[endpoint](deps, (name) => context.req.query(name) ?? '');
  if (response.status === '202') deps.calls.violate(endpoint, 'bad-parameter');
  return response;
}

/** The document does not say which code answers which fault of signing; these are the ones whose words fit. */
function refusalOf({ key, secretKey, now, faults }: ApiDeps, context: ServerContext): Refusal | undefined {
  if (context.req.method !== 'GET') return { code: '118', violation: 'not-get' };
  if (context.req.query('key') !== key) return { code: '101', violation: 'bad-key' };
  const [token, timespan] = [context.req.header('Token'), context.req.header('Timespan')];
  if (!token || !timespan) return { code: '115', violation: 'no-token' };
  if (!/^\d{10}$/.test(timespan) || Math.abs(Number(timespan) * 1_000 - now()) > faults.current.maxSkewMs) {
    return { code: '115', violation: 'bad-timespan' };
  }
  if (!sameText(token, tokenOf(key, timespan, secretKey))) return { code: '107', violation: 'bad-token' };
  return undefined;
}

const IDENTIFIERS = ['orderNo', 'corpKeyNo', 'checkId', 'pageIndex'] as const satisfies readonly (keyof Call)[];

function identifiers(context: ServerContext): Partial<Call> {
  return Object.fromEntries(
    IDENTIFIERS.flatMap((name) => {
      const value = context.req.query(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
