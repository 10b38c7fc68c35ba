/** Links to tools of remote support: what a hostile name can do to one, which templates are refused, and who gets which. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toolsFor } from '../../../collector/remote/remote.ts';
import { type RemoteSubject, remoteLink, templateFault } from '../../../collector/remote/template.ts';
import { readRemote } from '../../../collector/settings/remote.ts';
import type { TicketDetail } from '../../../shared/api.ts';
import type { Fault } from '../../../shared/shape.ts';
import { openCollector } from '../../support/collector.ts';
import { putEndpoint } from '../../support/fleet-history.ts';

const test = suite('remote support');
const machine: RemoteSubject = {
  ...{
    id: 'e123',
    name: 'Files 2',
    host: 'files-0002.example.org',
    address: '10.1.2.3',
    site: 'Osaka',
    kind: 'server',
  },
  tags: ['windows', 'rustdesk:123456789'],
};
const templates = [
  ['rustdesk://{tag:rustdesk}', 'rustdesk://123456789'],
  [
    'https://mesh.example.org/?viewmode=11&gotodevicename={host}',
    'https://mesh.example.org/?viewmode=11&gotodevicename=files-0002.example.org',
  ],
  ['https://guac.example.org/#/?search={name}', 'https://guac.example.org/#/?search=Files%202'],
  ['rdp://full%20address=s:{address}', 'rdp://full%20address=s:10.1.2.3'],
  ['ssh://admin@{host}:22', 'ssh://admin@files-0002.example.org:22'],
  ['https://{host}/tools/{site}/{id}', 'https://files-0002.example.org/tools/Osaka/e123'],
] as const;
for (const [template, link] of templates)
  test(template, () => {
    assert.is(templateFault(template), null);
    assert.is(remoteLink(template, machine), link);
  });

test('what is not known gives no link', () => {
  assert.is(remoteLink('rustdesk://{tag:rustdesk}', { ...machine, tags: ['rustdesk'] }), null);
  assert.is(remoteLink('rdp://{address}', { ...machine, address: null }), null);
});

const hostile = [
  ...[
    '-oProxyCommand=calc',
    '-l',
    'a.example@evil.org',
    'evil.org/',
    'evil.org#',
    'evil.org?x',
    'a:b@evil.org',
    'a b',
    'a\nb',
    '../..',
  ],
  ...[
    'evil.org:99',
    'a%2f..',
    '[::1]',
    'a\\b',
    'javascript:alert(1)',
    '"><script>',
    '',
    '.',
    '..',
    '%00',
    'a@',
    '\u202eevil',
    '{host}',
  ],
];
test('a hostile name is refused where it names the machine, and stays a part elsewhere', () => {
  for (const value of hostile) {
    for (const [template] of templates) {
      const link = remoteLink(template, {
        ...machine,
        host: value,
        name: value,
        site: value,
        address: value,
        tags: [`rustdesk:${value}`],
      });
      if (link !== null) {
        if (template.startsWith('rdp:')) assert.match(link, /^rdp:\/\/full%20address=s:(?:\[[\da-f:]+\]|[\w.-]+)$/i);
        if (template.startsWith('rdp:')) continue;
        const [got, meant] = [new URL(link), new URL(template.replace(/\{[^}]*\}/g, 'x1'))];
        assert.equal(
          [got.protocol, got.username, got.search.split('&').length],
          [meant.protocol, meant.username, meant.search.split('&').length],
          link,
        );
      }
    }
    if (value !== '..' && value !== '.')
      assert.is(remoteLink('ssh://admin@{host}', { ...machine, host: value }), null, value);
  }
  assert.is(remoteLink('ssh://{host}', { ...machine, host: 'fd00::1' }), 'ssh://[fd00::1]');
  const ssh = [{ name: 'ssh', url: 'ssh://admin@{host}' }];
  assert.equal(
    toolsFor(ssh, { ...machine, host: '-oProxyCommand=calc' }),
    [{ name: 'ssh', url: null, withheld: 'host' }],
    'and it is said which part withholds it',
  );
  assert.equal(toolsFor(ssh, { ...machine, host: null }), [], 'what is not known is no fault');
});

test('whatever a machine is called, the link leads where the template says', () => {
  const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...hostile));
  fc.assert(
    fc.property(any, any, (host, name) => {
      const link = remoteLink('https://support.example.org/go/{name}/{host}?n={name}&x=1#{host}', {
        ...machine,
        host,
        name,
      });
      if (link === null) return;
      const url = new URL(link);
      assert.is(url.origin, 'https://support.example.org');
      assert.is(url.pathname.split('/').length, 4);
      assert.equal([...url.searchParams.keys()], ['n', 'x']);
      assert.is(url.searchParams.get('n'), name.toWellFormed());
    }),
    { numRuns: 500 },
  );
});

test('templates that are refused say what to do', () => {
  const refused: [template: string, why: RegExp][] = [
    ...(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', 'JavaScript://x'] as const).map(
      (one): [string, RegExp] => [one, /which is not one of https/],
    ),
    ['support.example.org/{host}', /does not begin with a scheme/],
    ['{host}://x', /does not begin with a scheme/],
    ['https://keel:secret@{host}/', /leave the password out/],
    ['https://x.example.org/?user=a&password=b', /held a secret/],
    ['https://x.example.org/?token=abc&n={host}', /held a secret/],
    ['https://x.example.org/#/client/key=abc', /held a secret/],
    ['https://x.example.org/{hostname}', /there are \{host\}/],
    ['https://x.example.org/{host', /brace/],
    ['https://x.example.org/a b', /no address has/],
  ];
  for (const [template, why] of refused) {
    assert.match(templateFault(template) ?? 'taken', why, template);
  }
  const faults: Fault[] = [];
  assert.equal(
    readRemote([{ name: 'A', url: 'file:///x' }, { name: 'A', url: 'ssh://{host}', kind: 'x' }, null], faults),
    [],
  );
  assert.ok(faults.length >= 4);
});

test('by kind, site and tag', () => {
  const row = { name: 'x', url: 'ssh://{host}' };
  const isFor = (more: object, of = machine) => toolsFor([{ ...row, ...more }], of).length === 1;
  assert.ok(isFor({}) && isFor({ kinds: ['server'], sites: ['osaka'], tags: ['windows', 'other'] }));
  assert.not.ok(isFor({ kinds: ['laptop'] }) || isFor({ sites: ['Kyoto'] }) || isFor({ tags: ['linux'] }));
  assert.not.ok(isFor({ sites: ['Osaka'] }, { ...machine, site: null }));
});

test('on the page of a machine for operators; from a ticket its history says so', async () => {
  const settings =
    'remote_support:\n  - { name: ssh, url: "ssh://admin@{host}" }\n  - { name: Mesh, url: "https://mesh.example.org/?n={name}", kinds: [workstation] }\n';
  let collector = await openCollector({ settings });
  try {
    const endpoint = await putEndpoint(collector.state, 1);
    await collector.stop();
    collector = await collector.again();
    const links = (as: 'viewer' | 'operator') => collector.call(`/api/v1/endpoints/${endpoint}/remote`, { as });
    assert.is((await links('viewer')).status, 403);
    assert.equal((await links('operator')).body, {
      items: [{ name: 'ssh', url: 'ssh://admin@box-0001', withheld: null }],
      next: null,
    });
    const made = await collector.call('/api/v1/tickets', {
      method: 'POST',
      as: 'operator',
      body: { title: 'x', endpoint },
    });
    const id = (made.body as TicketDetail).row.id;
    const open = (tool: string) =>
      collector.call(`/api/v1/tickets/${id}/remote`, { method: 'POST', as: 'operator', body: { tool } });
    assert.is((await open('Mesh')).status, 404);
    assert.equal((await open('ssh')).body, { name: 'ssh', url: 'ssh://admin@box-0001', withheld: null });
    const { events } = (await collector.call(`/api/v1/tickets/${id}`, { as: 'operator' })).body as TicketDetail;
    assert.ok(events.some(({ actor, text }) => actor === 'a operator' && text === 'Opened ssh for box-0001.'));
  } finally {
    await collector.close();
  }
});

test.run();
