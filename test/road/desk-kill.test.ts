/**
 * The collector's process is killed with -9 at the moment at which each desk has made a ticket and nobody has heard of it. After the next start each
 * desk has one ticket for each of ours, and both are the same in the end.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TicketDetail } from '../../shared/api.ts';
import type { FakeVendor } from '../support/desks/fake.ts';
import { serveDesk } from '../support/desks/fake.ts';
import { githubVendor } from '../support/desks/github.ts';
import { gitlabVendor } from '../support/desks/gitlab.ts';
import { glpiVendor } from '../support/desks/glpi.ts';
import { jiraVendor } from '../support/desks/jira.ts';
import { servicenowVendor } from '../support/desks/servicenow.ts';
import { zammadVendor } from '../support/desks/zammad.ts';
import { freePort } from '../support/port.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('kill -9 after a desk has made a ticket');
const makers: readonly (() => FakeVendor)[] = [
  githubVendor,
  gitlabVendor,
  zammadVendor,
  servicenowVendor,
  glpiVendor,
  jiraVendor,
];

for (const make of makers)
  test(`${make().kind}: found again, not made again`, async () => {
    const fake = await serveDesk(make());
    const folder = temporaryFolder();
    const config = join(folder.path, 'evenkeel.yaml');
    const desk = { name: 'desk', kind: fake.vendor.kind, poll_s: 10, ...fake.vendor.settings(fake.url) };
    writeFileSync(config, JSON.stringify({ outgoing: { allow: ['127.0.0.1'] }, desks: [desk] }), { mode: 0o600 });
    const ports = ['--http-port', String(await freePort()), '--mqtt-port', String(await freePort())];
    const data = join(folder.path, 'data');
    const start = () => startCollector(data, [...ports, '--config', config]);
    let collector = await start();
    const ask = async (path: string, method = 'GET', body?: unknown) => {
      const response = await fetch(`${collector.http}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await response.json()) as never;
    };
    try {
      fake.faults.push({ when: 'create', answer: 'hang' });
      fake.onCreate(() => void collector.child.kill('SIGKILL'));
      const { row } = (await ask('tickets', 'POST', {
        title: 'Printer on fire',
        impact: 2,
        urgency: 2,
      })) as TicketDetail;
      const ended = await collector.ended;
      assert.is(ended.signal, 'SIGKILL', ended.stderr);
      assert.is(fake.vendor.tickets().length, 1);
      fake.onCreate(undefined);
      collector = await start();
      const link = async () => ((await ask(`tickets/${row.id}`)) as TicketDetail).desks[0];
      await until(async () => (await link())?.state === 'linked', 60_000, 'the ticket to be found');
      await ask(`tickets/${row.id}/resolve`, 'POST', { text: 'It is out' });
      await until(() => fake.vendor.tickets()[0]?.isOpen === false, 20_000, 'the end there');
      assert.is(fake.vendor.tickets().length, 1);
      assert.is(fake.creates(), 1);
    } finally {
      collector.child.kill('SIGKILL');
      await collector.ended;
      await fake.close();
      folder.remove();
    }
  });

test.run();
