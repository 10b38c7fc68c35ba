/**
 * The road of a log entry: a real journal, a real agent, the collector: entries within a window fire an alert and open a
 * ticket, and it ends when the window has passed. The agent is killed in between, and counts no entry twice.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Alert, EndpointDetail, EndpointRow, TicketRow } from '../../shared/api.ts';
import type { HealthItem } from '../../shared/inventory.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { openCollector } from '../support/collector.ts';
import { journalMissing, type Line, makeJournal } from '../support/journal.ts';
import { temporaryFolder } from '../support/processes.ts';
import { until } from '../support/until.ts';

const test = suite('road of a log entry');

test('journal → agent → alert and ticket → ended; over a kill of the agent each entry counts once', async () => {
  if (journalMissing !== null) {
    assert.is(process.env.CI, undefined, journalMissing);
    return console.log(`\nSKIP the road of a log entry: ${journalMissing}`);
  }
  const folder = temporaryFolder();
  const collector = await openCollector({
    settings: 'agents: { interval: 1s }\ntickets: { openAfter: 1s, resolveAfter: 2s }\n',
  });
  const journal = makeJournal(join(folder.path, 'journal'));
  const data = join(folder.path, 'agent');
  const agents: AgentProcess[] = [];
  const kill = async () => {
    for (const { child, finished } of agents.splice(0)) {
      child.kill('SIGKILL');
      await finished;
    }
  };
  const run = async () => {
    await kill();
    agents.push(startAgent(['run', '--data', data]));
  };
  try {
    const { body } = await collector.call('/api/v1/enrollments', { method: 'POST', body: {}, as: 'admin' });
    const { code } = body as { code: string };
    const enrolled = await startAgent(['enroll', code, '--data', data, '--name', 'web-1', '--kind', 'server']).finished;
    assert.is(enrolled.code, 0, enrolled.stderr);
    const quick = { v: 1, interval_s: 1, checks: { logs: { every_s: 1 } } };
    writeFileSync(join(data, 'agent.settings.json'), JSON.stringify(quick), { mode: 0o600 });
    const place = `journal: { unit: ssh.service, directory: ${journal.directory} }`;
    const settings = `logs:\n  - { name: ssh-failures, ${place}, pattern: "Failed password for \\\\S+ from", window: 1m, count: 3 }\n`;
    writeFileSync(join(data, 'checks.yaml'), settings, { mode: 0o600 });
    const failed = (count: number): Line[] =>
      Array.from({ length: count }, (_, i) => ({
        ...{ at: Date.now() - (count - i), unit: 'ssh.service', identifier: 'sshd' },
        message: `Failed password for root from 203.0.113.${i} port 52233 ssh2`,
      }));
    journal.write({ at: Date.now() - 5000, message: 'Accepted password for root', unit: 'ssh.service' });
    await run();

    const get = async <T>(path: string) => (await collector.call(path, { as: 'viewer' })).body as T;
    const endpoint = async () => (await get<{ items: EndpointRow[] }>('/api/v1/endpoints')).items[0];
    const item = async () => {
      const row = await endpoint();
      const detail = row && (await get<EndpointDetail>(`/api/v1/endpoints/${row.id}`));
      const section = detail?.sections.find((one) => one.section === 'health')?.data as HealthItem[] | undefined;
      return section?.find(({ kind }) => kind === 'log');
    };
    const alert = async () =>
      (await get<{ items: Alert[] }>('/api/v1/alerts')).items.find(({ rule }) => rule.id === 'log-matches');
    /** As the agent remembers it, over its restarts. */
    const total = () => {
      const { logs } = JSON.parse(readFileSync(join(data, 'memory', 'logs.json'), 'utf8'));
      return logs['ssh-failures'].tally.total as number;
    };
    await until(async () => (await item())?.status === 'ok', 60_000, 'the agent to read the journal');
    assert.is(await alert(), undefined);

    journal.write(...failed(2));
    await run();
    await until(async () => total() === 2, 60_000, 'two entries to be counted');
    assert.is(await alert(), undefined, 'two are below the limit');

    journal.write(...failed(1));
    await until(async () => (await alert())?.state === 'firing', 60_000, 'the alert');
    const fired = (await alert()) as Alert;
    assert.equal(fired.tags, { log: 'ssh-failures' });
    assert.is(fired.value, 3, 'each entry once, over a kill');
    assert.is((await item())?.status, 'warning');
    assert.not.match(JSON.stringify(await item()), /203\.0\.113/, 'no line of the log leaves the machine');
    const tickets = async () => (await get<{ items: TicketRow[] }>('/api/v1/tickets')).items;
    await until(async () => (await tickets()).length === 1, 20_000, 'a ticket');

    await until(async () => (await alert())?.state !== 'firing', 120_000, 'the window to pass');
    assert.is(total(), 3);
  } finally {
    await kill();
    await collector.close();
    folder.remove();
  }
});

test.run();
