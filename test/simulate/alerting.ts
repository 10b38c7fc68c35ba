/**
 * What the demo has for alerting, made as an admin makes it: who is on call, an escalation, routes, a channel, what is watched
 * from outside, a service, a silence; its history has maintenance. Messages go to this process alone, which takes them and forgets them.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from './history/api.ts';

const hour = 3_600_000;
/** Where everything of it happens. */
const ownHost = '127.0.0.1';

/** Of the demo's collector: nothing but this machine may be written to, or looked at. */
export const alertingSettings = `outgoing:
  allow: [${ownHost}]
targets:
  allow: [${ownHost}]
`;

/** Takes what a channel sends. */
export async function startReceiver(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200).end());
  });
  // It keeps no demo from ending.
  server.unref();
  server.listen(0, ownHost);
  await once(server, 'listening');
  return { server, url: `http://${ownHost}:${(server.address() as AddressInfo).port}/` };
}

interface AlertingParts {
  api: Api;
  /** Of the receiver of messages, and of the web app, which is watched. */
  receiver: string;
  web: string;
  now: number;
}

/** Names of those who were at the desks all the time. */
const berlin = ['Ada Krause', 'Jonas Weber', 'Mira Vogel'] as const;
const osaka = ['Kenji Mori', 'Yuki Tanaka'] as const;

export async function setUpAlerting({ api, receiver, web, now }: AlertingParts): Promise<void> {
  const idOf = async (method: string, path: string, body: object) =>
    ((await api.call(method, `/api/v1/${path}`, body)) as { id: string }).id;
  const put = (path: string, body: object, as?: string) => api.call('PUT', `/api/v1/${path}`, body, as);
  const ways = { content: { ways: [{ channel: 'pager' }] } };
  await api.call('POST', '/api/v1/channels', { name: 'pager', kind: 'webhook', settings: { url: receiver } });
  for (const name of [...berlin, ...osaka]) {
    await api.join(name);
    await put('on-call/me', ways, name);
  }
  const weekly = (users: readonly string[]) => ({
    ...{ name: 'week', users, rotation: { unit: 'week', every: 1, start: '2026-01-05T09:00' } },
  });
  // At night in Berlin it is day in Osaka: those of Osaka stand above those of Berlin, in their hours.
  const hours = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }];
  const layers = [weekly(berlin), { ...weekly(osaka), name: 'day in Osaka', hours }];
  await put('on-call/schedules/Berlin', { content: { zone: 'Europe/Berlin', layers: [weekly(berlin)] } });
  await put('on-call/schedules/Osaka', { content: { zone: 'Asia/Tokyo', layers } });
  await put('on-call/policies/servers', {
    content: {
      steps: [
        { targets: ['schedule:Berlin'], wait: '5m' },
        { targets: ['schedule:Osaka'], wait: '10m' },
      ],
      repeat: 1,
      fallback: 'channel:pager',
    },
  });
  await put('routes', {
    content: {
      receivers: ['channel:pager'],
      children: [
        { name: 'Osaka by day', match: ['site="Osaka"', 'severity="critical"'], receivers: ['schedule:Osaka'] },
        { name: 'Critical', match: ['severity="critical"'], receivers: ['policy:servers'] },
      ],
    },
    reason: 'the demo',
  });
  const watched = { intervalS: 60, timeoutS: 5, watchers: ['collector'], site: 'Berlin' };
  const page = await idOf('POST', 'targets', { ...watched, name: 'Evenkeel', kind: 'http', settings: { url: web } });
  const { hostname, port } = new URL(web);
  const tcp = { kind: 'tcp', settings: { host: hostname, port: Number(port) } };
  const shop = await idOf('POST', 'targets', { ...watched, name: 'Evenkeel, port alone', ...tcp });
  await idOf('POST', 'services', { name: 'Monitoring', note: 'What people at the desk look at.', parts: [page, shop] });
  await idOf('POST', 'silences', {
    ...{ matchers: ['rule="backup-late"', 'site="New York"'], end: now + 20 * hour },
    reason: 'The tape drive is replaced tomorrow.',
  });
}
