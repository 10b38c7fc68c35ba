/** Joining with real processes: who has to wait, and what stands on the machine where it does not go. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NewEnrollment } from '../../shared/api.ts';
import type { Applicant } from '../../shared/applicant.ts';
import { startAgent } from '../support/agent.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('joining');
const folder = temporaryFolder();
let collector: RunningCollector;
let machines = 0;

test.before(async () => {
  collector = await startCollector(join(folder.path, 'collector'));
});
test.after(async () => {
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

async function send<T>(path: string, body?: object, method = 'POST'): Promise<T> {
  const headers = { authorization: `Bearer ${collector.token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(collector.http + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

const makeCode = (body: object) => send<NewEnrollment>('/api/v1/enrollments', body);
const newMachine = () => join(folder.path, `machine-${++machines}`);
const enroll = (data: string, code: string, ...words: string[]) =>
  startAgent(['enroll', '-', ...words, '--data', data], code);
const waiting = async (name: string) =>
  (await collector.get<{ items: Applicant[] }>('/api/v1/applicants')).items.find(({ hostname }) => hostname === name);

async function waitsAs(name: string): Promise<Applicant> {
  let found: Applicant | undefined;
  const isThere = async () => {
    found = await waiting(name);
    return found !== undefined;
  };
  await until(isThere, 20_000, `${name} waits`);
  return found as Applicant;
}

test('approval: the machine shows the check word, is stopped, asks on as `run`, and reports once it may', async () => {
  const { code } = await makeCode({ approval: true });
  const data = newMachine();
  const first = enroll(data, code, '--name', 'kiosk-1');
  const { id, checkWord } = await waitsAs('kiosk-1');
  await until(() => first.output().includes(checkWord), 10_000, 'the check word on the machine');
  assert.match(first.output(), /as soon as a person has approved it, on the page "Add endpoint"/);
  first.child.kill('SIGKILL');
  await first.finished;
  assert.is(statSync(join(data, 'join-waiting.json')).mode & 0o777, 0o600);
  const agent = startAgent(['run', '--data', data]);
  await until(() => agent.output().includes('waits until a person approves it'), 20_000, 'that it waits');
  await send(`/api/v1/applicants/${id}/approve`);
  type Rows = { items: { name: string; lastSeenAt: number | null }[] };
  await until(
    async () =>
      (await collector.get<Rows>('/api/v1/endpoints')).items.some(
        ({ name, lastSeenAt }) => name === 'kiosk-1' && lastSeenAt !== null,
      ),
    60_000,
    `a report of it. ${agent.output()}`,
  );
  assert.not.ok(existsSync(join(data, 'join-waiting.json')));
  assert.not.ok(existsSync(join(data, 'join-attempt.json')));
  agent.child.kill('SIGTERM');
  await agent.finished;
});

test('refused: the machine says by whom and why, and asks anew the next time', async () => {
  const { code } = await makeCode({ approval: true });
  const data = newMachine();
  const asking = enroll(data, code, '--name', 'stranger-1');
  const { id, checkWord } = await waitsAs('stranger-1');
  await send(`/api/v1/applicants/${id}/refuse`, { reason: 'Nobody ordered it.' });
  const { code: exit, stderr } = await asking.finished;
  assert.is(exit, 1);
  assert.match(stderr, /refused to let this machine join at .*: Nobody ordered it\.\n.*Ask them why/);
  assert.not.ok(existsSync(join(data, 'join-waiting.json')));
  const again = enroll(data, code, '--name', 'stranger-2');
  assert.is.not((await waitsAs('stranger-2')).checkWord, checkWord);
  again.child.kill('SIGKILL');
  await again.finished;
});

test.run();
