/** From an alert to a ticket of ours, to the desk of the company, and back, in a whole collector with its settings and its doors. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail, TicketList } from '../../../shared/api.ts';
import type { DeskTrial, DeskView } from '../../../shared/desk.ts';
import { openCollector } from '../../support/collector.ts';
import { serveDesk } from '../../support/desks/fake.ts';
import { githubToken, githubVendor } from '../../support/desks/github.ts';
import { temporaryFolder, until } from '../../support/processes.ts';

const test = suite('a desk of others, end to end');
const secret = 'the-secret-of-the-hook';

const alertOf = (status: 'firing' | 'resolved') => ({
  version: '4',
  alerts: [
    {
      status,
      labels: { alertname: 'HighLatency', severity: 'critical' },
      ...(status === 'resolved' ? { endsAt: new Date().toISOString() } : {}),
    },
  ],
});

test('an alert becomes a ticket here and there; both end together', async () => {
  const fake = await serveDesk(githubVendor());
  const folder = temporaryFolder();
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(join(folder.path, 'github.token'), `${githubToken}\n`, { mode: 0o600 });
  writeFileSync(join(folder.path, 'github.hook'), secret, { mode: 0o600 });
  const settings =
    'tickets: { openAfter: 0s, resolveAfter: 0s }\noutgoing: { allow: [127.0.0.1] }\n' +
    `desks:\n  - { name: github, kind: github, url: "${fake.url}", repository: keel/ops, token_file: github.token, hook_secret_file: github.hook, people: { ada: octocat } }\n`;
  await using collector = await openCollector({ settings }, folder);
  try {
    const ask = async <T>(path: string, method = 'GET', body?: unknown) =>
      (await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body === undefined ? {} : { body }) }))
        .body as T;
    const send = (status: 'firing' | 'resolved') => ask('alerts/webhook', 'POST', alertOf(status));
    const signed = (of: string) => fake.vendor.hook?.(of, secret) as { headers: Record<string, string>; body: string };
    const link = async () => (await ask<TicketDetail>(`tickets/${id}`)).desks[0];
    await send('firing');
    await until(async () => (await ask<TicketList>('tickets')).items.length === 1, 10_000, 'our ticket');
    const id = (await ask<TicketList>('tickets')).items[0]?.id as number;
    await until(() => fake.vendor.tickets().length === 1, 10_000, 'the ticket there');
    await until(async () => (await link())?.word === 'open', 10_000, 'the link');
    const issue = fake.vendor.tickets()[0] as ReturnType<typeof fake.vendor.tickets>[number];
    assert.match(issue.title, 'HighLatency');
    assert.is((await link())?.name, `#${issue.id}`);
    assert.is((await link())?.url, `${fake.url}/keel/ops/issues/${issue.id}`);

    fake.vendor.say(issue.id, 'Looking at it');
    const { headers, body } = signed(issue.id);
    const hook = (more: Record<string, string>) =>
      fetch(`${collector.started.addresses.http}/api/v1/desks/github/hook`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...more },
      });
    assert.is((await hook({})).status, 401);
    assert.is((await hook({ ...headers, 'x-hub-signature-256': 'sha256=00' })).status, 401);
    assert.is((await hook(headers)).status, 204);
    const said = async () => (await ask<TicketDetail>(`tickets/${id}`)).events.filter(({ kind }) => kind === 'comment');
    await until(async () => (await said()).length === 1, 10_000, 'the comment from there');
    assert.is((await said())[0]?.actor, 'octocat (github)');

    // A person has touched it: only a person resolves it.
    fake.vendor.close(issue.id);
    await send('resolved');
    assert.is((await hook(headers)).status, 204);
    await until(
      async () => (await ask<TicketDetail>(`tickets/${id}`)).row.state === 'resolved',
      10_000,
      'the end here',
    );
    assert.is((await ask<{ items: DeskView[] }>('desks')).items[0]?.trouble, null);
    const trial = await ask<DeskTrial>('desks/github/test', 'POST');
    assert.is(trial.error, null);
    assert.equal(
      trial.findings.map(({ what, result }) => `${what} ${result}`),
      ['reached good', 'place good', 'write good'],
    );
    assert.is(fake.creates(), 1);
    const everything = JSON.stringify([await ask('desks'), trial, collector.logged]);
    for (const text of [githubToken, secret]) assert.not.match(everything, text);
  } finally {
    await fake.close();
  }
});

test.run();
