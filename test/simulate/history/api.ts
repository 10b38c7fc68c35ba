/** The REST interface of a collector, for a script that is an admin. */
export interface Api {
  /** @param as secret of a token. @returns the answer. @throws Error with what the collector said */
  call(method: string, path: string, body?: object, as?: string): Promise<unknown>;
  /** @returns whether it was possible: CONFLICT is an answer that people get, too */
  attempt(method: string, path: string, body?: object, as?: string): Promise<boolean>;
  /** A token of an operator with this name. */
  tokenFor(name: string): Promise<string>;
}

export function createApi(base: string, admin: string): Api {
  async function answerTo(method: string, path: string, body: object | undefined, as: string) {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${as}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { response, answer: text === '' ? null : JSON.parse(text) };
  }
  async function call(method: string, path: string, body?: object, as = admin): Promise<unknown> {
    const { response, answer } = await answerTo(method, path, body, as);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }
  return {
    call,
    async attempt(method, path, body, as = admin) {
      const { response, answer } = await answerTo(method, path, body, as);
      if (!response.ok && response.status !== 409)
        throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
      return response.ok;
    },
    async tokenFor(name) {
      return ((await call('POST', '/api/v1/tokens', { name, role: 'operator' })) as { secret: string }).secret;
    },
  };
}
