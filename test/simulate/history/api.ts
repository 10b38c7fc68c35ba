/** The REST interface of a collector, for a script that is an admin and for people who log in as they do in a browser. */
import { randomBytes } from 'node:crypto';

export interface Api {
  /**
   * @param as name of a person who has joined; null: somebody without log-in
   * @returns the answer. @throws Error with what the collector said
   */
  call(method: string, path: string, body?: object, as?: string | null): Promise<unknown>;
  /** @returns whether it was possible: CONFLICT is an answer that people get, too */
  attempt(method: string, path: string, body?: object, as?: string | null): Promise<boolean>;
  /** Adds an operator with this name, who then may act. */
  join(name: string): Promise<void>;
}

export function createApi(base: string, admin: string): Api {
  const people = new Map<string, { password: string; cookie: string }>();

  function send(method: string, path: string, headers: Record<string, string>, body?: object): Promise<Response> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return fetch(base + path, { method, headers: { ...headers, ...json }, ...sent });
  }

  async function logIn(name: string): Promise<string> {
    const person = people.get(name);
    if (!person) throw new Error(`${name} has not joined`);
    const response = await send('POST', '/api/v1/login', {}, { user: name, password: person.password });
    if (!response.ok) throw new Error(`${name} could not log in: ${await response.text()}`);
    person.cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    return person.cookie;
  }

  async function answerTo(method: string, path: string, body?: object, as?: string | null) {
    const cookie = people.get(as ?? '')?.cookie ?? '';
    const own: Record<string, string> =
      as === undefined ? { authorization: `Bearer ${admin}` } : as === null ? {} : { cookie };
    let response = await send(method, path, own, body);
    // Their session has ended, as after a weekend.
    if (response.status === 401 && typeof as === 'string')
      response = await send(method, path, { cookie: await logIn(as) }, body);
    const text = await response.text();
    return { response, answer: text === '' ? null : JSON.parse(text) };
  }

  async function call(method: string, path: string, body?: object, as?: string | null): Promise<unknown> {
    const { response, answer } = await answerTo(method, path, body, as);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  return {
    call,
    async attempt(method, path, body, as) {
      const { response, answer } = await answerTo(method, path, body, as);
      if (!response.ok && response.status !== 409)
        throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
      return response.ok;
    },
    async join(name) {
      const password = randomBytes(18).toString('base64url');
      await call('POST', '/api/v1/users', { name, password, role: 'operator' });
      people.set(name, { password, cookie: '' });
    },
  };
}
