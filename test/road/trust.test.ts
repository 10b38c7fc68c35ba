/** A change of authority while agents run: real collector, real agent, real commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Credential } from '../../agent/credential.ts';
import { certificatesIn, pinOf } from '../../collector/tls/certificates.ts';
import { readAuthority } from '../../collector/tls/store.ts';
import type { EndpointDetail, EndpointRow, Enrollment, NewEnrollment } from '../../shared/api.ts';
import type { TlsView } from '../../shared/tls.ts';
import { startAgent } from '../support/agent.ts';
import { runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('trust');
const folder = temporaryFolder();
test.after(() => folder.remove());

test('rotated: a running agent is told, takes it and says so; then given up: it finds the next one by its pin', async () => {
  const home = folder.path;
  const data = join(home, 'data');
  writeFileSync(join(home, 'evenkeel.yaml'), 'tls: { names: [keel.example.net] }\n');
  const collector = await startCollector(data, ['--config', join(home, 'evenkeel.yaml')]);
  const own = () => readAuthority(data) as NonNullable<ReturnType<typeof readAuthority>>;
  const agentData = join(home, 'agent');
  const credential = () => JSON.parse(readFileSync(join(agentData, 'agent.json'), 'utf8')) as Credential;
  const trusted = () => certificatesIn(credential().mqtt.ca ?? '').map(pinOf);
  const command = (...words: string[]) => runCollector(['tls', ...words, '--data', data]).ended;

  const roots = new Set<string>();
  function ask<T>(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<T> {
    const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
    const { current, old } = own();
    // The collector shows what a command has changed two seconds later.
    for (const root of [current, ...(old ? [old.root] : [])]) roots.add(root);
    const options = {
      ca: [...roots],
      headers,
      method,
      agent: false as const,
    };
    return new Promise((resolve, reject) => {
      const asked = request(collector.http + path, options, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text === '' ? 'null' : text)));
      });
      asked.on('error', reject);
      asked.end(body && JSON.stringify(body));
    });
  }
  const view = () => ask<TlsView>('/api/v1/collector/tls');
  const isOnline = async () => (await ask<{ items: EndpointRow[] }>('/api/v1/endpoints')).items[0]?.state === 'online';

  const made = await ask<NewEnrollment>('/api/v1/enrollments', {});
  const joined = await startAgent(['enroll', made.code, '--data', agentData]).finished;
  assert.is(joined.code, 0, joined.stderr);
  let agent = startAgent(['run', '--data', agentData]);
  try {
    await until(isOnline, 25_000, 'the agent reports');
    await until(async () => (await view()).missing.length === 0, 10_000, 'it has what it was told');
    const [first, next] = [pinOf(own().current), pinOf(own().next)];
    assert.equal(credential().trust, { version: 1, pins: [first, next] });

    const rotated = await command('rotate');
    assert.is(rotated.code, 0, rotated.stderr);
    await until(() => credential().trust?.version === 2, 25_000, 'the agent has taken the change');
    assert.equal(trusted(), [next, first]);
    assert.equal(credential().trust?.pins, [next, pinOf(own().next)]);
    await until(async () => (await view()).missing.length === 0, 10_000, 'it has said so');
    const status = await command('status');
    assert.match(status.stdout, /Before .*not dropped before/);
    assert.match(status.stdout, /1 of 1 have what they were told \(version 2\)/);
    const second = await command('rotate');
    assert.is(second.code, 1);
    assert.match(second.stderr, /is not over, because it is not over before \d{4}-/);

    agent.child.kill('SIGTERM');
    await agent.finished;
    const later = pinOf(own().next);
    const unused = await ask<NewEnrollment>('/api/v1/enrollments', { label: 'branch' });
    const revoked = await ask<NewEnrollment>('/api/v1/enrollments', {});
    await ask(`/api/v1/enrollments/${revoked.enrollment.id}`, undefined, 'DELETE');
    const given = await command('rotate', '--compromised', '--cut-off-agents');
    assert.is(given.code, 0, given.stderr);
    assert.match(given.stdout, /made before do not work any more/);
    assert.match(given.stdout, 'Ended: 2 join codes;');
    const twice = await command('rotate', '--compromised', '--cut-off-agents');
    assert.is(twice.code, 1);
    assert.match(twice.stderr, /given up at .* already/);
    await until(async () => (await view()).authority?.current.pin === later, 10_000, 'it is shown');
    // Commands of its own machine know the new one as well.
    assert.match((await command('status')).stdout, /0 of 1 have what they were told/);
    assert.equal(
      (await view()).missing.map(({ why }) => why),
      ['offline'],
    );
    const codes = (await ask<{ items: Enrollment[] }>('/api/v1/enrollments')).items;
    const by = new Map(codes.map(({ id, revokedBy }) => [id, revokedBy]));
    assert.is(by.get(unused.enrollment.id), 'tls rotate --compromised');
    assert.is(by.get(made.enrollment.id), 'tls rotate --compromised', 'its use could have been repeated');
    assert.is.not(by.get(revoked.enrollment.id), 'tls rotate --compromised', 'it was revoked before');
    const late = await startAgent(['enroll', unused.code, '--data', join(home, 'late')]).finished;
    assert.is(late.code, 3, late.stderr);
    const { items: log } = await ask<{ items: { objectId: string; action: string; reason: string | null }[] }>(
      '/api/v1/audit?object=join_code',
    );
    const noted = log.find(({ objectId, action }) => objectId === unused.enrollment.id && action === 'remove');
    assert.is(noted?.reason, 'tls rotate --compromised');
    agent = startAgent(['run', '--data', agentData]);
    await until(() => trusted().join() === later, 25_000, 'the agent has found the next one');
    await until(async () => (await isOnline()) && (await view()).missing.length === 0, 25_000, 'it is back');
    assert.match(agent.output(), /The authority was given up/);
    // Whoever stood in the way may have read it.
    assert.match(given.stdout, /fetches another credential by itself/);
    await until(() => credential().generation === 1 && !credential().previous, 40_000, 'another credential');
    await until(isOnline, 25_000, 'it is back with that');
    const [row] = (await ask<{ items: EndpointRow[] }>('/api/v1/endpoints')).items;
    const { identityEvents } = await ask<EndpointDetail>(`/api/v1/endpoints/${row?.id}`);
    assert.equal(
      identityEvents.map(({ kind, names }) => [kind, names]),
      [
        ['rotated', {}],
        ['rotation_asked', { cause: 'authority' }],
      ],
    );
  } finally {
    agent.child.kill('SIGTERM');
    await agent.finished;
    collector.child.kill('SIGTERM');
    await collector.ended;
  }
});

test.run();
