/** InfluxDB in the settings. The rest, and its package, is loaded only where it is opened. */
import { Type } from 'typebox';
import { type Fault, portFault, repeated } from '../../../shared/shape.ts';
import type { SeriesKind } from '../kind.ts';

const urlForm = 'an address such as http://127.0.0.1:8086';

function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return portFault(text) ?? 'is not an https or http address; write it like http://127.0.0.1:8086';
  if (url.username || url.password) return 'holds a user or a password; write them as `username` and `password_file`';
  return url.search || url.hash ? 'has more than a host, a port and a path' : null;
}

export const influx: SeriesKind = {
  kind: 'influx',
  keys: {
    url: Type.String({ minLength: 1, description: 'where InfluxDB answers', want: urlForm, check: urlFault }),
    database: Type.String({ minLength: 1, maxLength: 64, want: 'a name', default: 'evenkeel' }),
    username: Type.String({ minLength: 1, want: 'a name' }),
    password_file: Type.String({
      minLength: 1,
      want: 'a path',
      description: 'file that holds the password of `username`',
    }),
    token_file: Type.String({
      minLength: 1,
      want: 'a path',
      description: 'file that holds a token of InfluxDB 2 or 3, instead of a user and a password',
    }),
  },
  faults({ url, username, password_file: file, token_file: tokenFile }) {
    const faults: Fault[] = [];
    const fault = (key: string, value: unknown, problem: string) =>
      void faults.push({ path: [key], problem: `${repeated(value, [key])}${problem}` });
    if (url === undefined) fault('kind', 'influx', 'needs a `url` as well, such as http://127.0.0.1:8086');
    if (username !== undefined && file === undefined) fault('username', username, 'is given without `password_file`');
    if (username === undefined && file !== undefined) fault('password_file', file, 'is given without `username`');
    if (username !== undefined && tokenFile !== undefined)
      fault('token_file', tokenFile, 'is given beside `username`; InfluxDB takes the one or the other');
    return faults;
  },
  place({ url: written, database = 'evenkeel', username, password, token }) {
    const url = String(written).replace(/\/+$/, '');
    const login = {
      ...(username === undefined ? {} : { username: String(username), password: String(password) }),
      ...(token === undefined ? {} : { token: String(token) }),
    };
    return {
      name: `InfluxDB ${url}, database ${database}`,
      isInDataFolder: false,
      ...(username === undefined && token === undefined ? {} : { secretTo: url }),
      async open(settings, tagsOf) {
        const { openInflux } = await import('./influx.ts');
        return openInflux({ ...settings, url, database: String(database), ...login, tagsOf });
      },
      async fill(settings, tagsOf, ...rest) {
        const { fillInflux } = await import('./fill.ts');
        return fillInflux({ ...settings, url, database: String(database), ...login, tagsOf }, ...rest);
      },
    };
  },
};
