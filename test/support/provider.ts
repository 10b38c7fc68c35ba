/** Starts the provider of provider-child.ts, and logs in at it as a browser does. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './port.ts';

const main = fileURLToPath(new URL('./provider-child.ts', import.meta.url));
export const clientSecret = 'a secret of the test, long enough';

export interface RunningProvider {
  issuer: string;
  /** From now on. */
  person(sub: string, about: { name?: string; groups: string[] }): Promise<void>;
  stop(): Promise<void>;
}

/** @param redirect that it knows */
export async function startProvider(redirect: string): Promise<RunningProvider> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, String(port), redirect, clientSecret],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'test' },
    },
  );
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const next = () =>
    new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      void ended.then(() => reject(new Error(`The provider ended.\n${said}`)));
    });
  await next();
  return {
    issuer: `http://127.0.0.1:${port}`,
    async person(sub, about) {
      const known = next();
      child.stdin.write(`${JSON.stringify({ sub, ...about })}\n`);
      await known;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Lines of evenkeel.yaml, and the file with the secret beside it. */
export function providerSettings(folder: string, issuer: string, groups: string, secret = clientSecret): string {
  writeFileSync(join(folder, 'openid.secret'), `${secret}\n`, { mode: 0o600 });
  return `login:
  openid:
    issuer: ${issuer}
    client_id: evenkeel
    client_secret_file: ${join(folder, 'openid.secret')}
    name: Test keys
    scope: [groups]
    groups: ${groups}
`;
}

/** Cookies by name, as a browser keeps those of one host. */
export function cookieJar() {
  const cookies = new Map<string, string>();
  return {
    cookies,
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    take(answer: Response): void {
      for (const one of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (one.split(';')[0] as string).split(/=(.*)/s);
        if (value === '' || /max-age=0|1970/i.test(one)) cookies.delete(name);
        else cookies.set(name, value);
      }
    },
  };
}

/** Follows the provider's pages from `url`, fills in its forms, and stops where it leads back to `redirect`. */
export async function logInAt(url: string, redirect: string, sub: string, jar = cookieJar()): Promise<string> {
  let at = url;
  let form: URLSearchParams | null = null;
  for (let step = 0; step < 20; step++) {
    const answer: Response = await fetch(at, {
      ...{ redirect: 'manual', headers: { cookie: jar.header() } },
      ...(form === null ? {} : { method: 'POST', body: form }),
    });
    jar.take(answer);
    const place = answer.headers.get('location');
    form = null;
    if (place !== null) {
      at = new URL(place, at).href;
      if (at.startsWith(redirect)) return new URL(at).search;
      continue;
    }
    const page = await answer.text();
    const action = /action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`${at} is no form: ${answer.status}\n${page}`);
    at = new URL(action, at).href;
    form = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login: sub, password: 'of the provider' } : {}) });
  }
  throw new Error(`The provider does not lead back from ${url}`);
}
