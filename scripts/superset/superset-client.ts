import type { ChartAnswer } from './check/chart-answer.ts';

/** Superset's REST API, as far as this command needs it. */
export type SupersetClient = {
  /** Imports an archive of assets; what an earlier import made is overwritten. @throws Error with Superset's words */
  importAssets(bundle: Uint8Array): Promise<void>;
  /** The number that Superset gave the chart or dashboard, by its UUID or slug. */
  idOf(kind: 'chart' | 'dashboard', name: string): Promise<number>;
  /** What the chart shows. @throws Error with Superset's words if its query fails */
  chartData(id: number): Promise<ChartAnswer>;
};

type Login = { url: string; username: string; password: string };

export async function openSupersetClient({ url, username, password }: Login): Promise<SupersetClient> {
  const call = async <Answer>(path: string, init: RequestInit = {}): Promise<{ answer: Answer; headers: Headers }> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`Superset answers ${response.status} to ${path}: ${text.slice(0, 2_000)}`);
    return { answer: JSON.parse(text) as Answer, headers: response.headers };
  };
  const { answer: login } = await call<{ access_token: string }>('/api/v1/security/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password, provider: 'db', refresh: false }),
  });
  const authorization = `Bearer ${login.access_token}`;

  return {
    async importAssets(bundle) {
      // The CSRF token is valid only with the session cookie of the same response.
      const { answer, headers } = await call<{ result: string }>('/api/v1/security/csrf_token/', {
        headers: { authorization },
      });
      const cookie = headers
        .getSetCookie()
        .map((each) => each.split(';', 1)[0])
        .join('; ');
      const form = new FormData();
      form.set('bundle', new Blob([bundle as Uint8Array<ArrayBuffer>], { type: 'application/zip' }), 'assets.zip');
      await call('/api/v1/assets/import/', {
        method: 'POST',
        headers: { authorization, cookie, 'x-csrftoken': answer.result, referer: url },
        body: form,
      });
    },
    async idOf(kind, name) {
      const { answer } = await call<{ result: { id: number } }>(`/api/v1/${kind}/${name}`, {
        headers: { authorization },
      });
      return answer.result.id;
    },
    async chartData(id) {
      const { answer } = await call<{ result: ChartAnswer[] }>(`/api/v1/chart/${id}/data/?force=true`, {
        headers: { authorization },
      });
      return answer.result[0]!;
    },
  };
}
