/** The command line as a person types it: help of a group, values that are wrong, two commands at the same moment. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostFault, reachedFault } from '../../collector/settings/hosts.ts';
import { runCollector, temporaryFolder } from '../support/processes.ts';

const test = suite('command line of the collector');
const folder = temporaryFolder();
test.after(() => folder.remove());
const ended = (...words: string[]) => runCollector(words).ended;

test('the first word of a group, and --help of a group or a command, show its own lines', async () => {
  const [alone, group, one] = await Promise.all([
    ended('tls'),
    ended('tls', '--help'),
    ended('token', 'create', '--help'),
  ]);
  assert.equal([alone.code, group.code, one.code], [2, 0, 0]);
  for (const { stdout } of [alone, group]) {
    assert.match(stdout, /tls init --name NAME/);
    assert.match(stdout, /tls status/);
    assert.not.match(stdout, /check-config/);
  }
  assert.match(one.stdout, /token create --role R/);
  assert.not.match(one.stdout, /tls init/);
});

test('an option without its value is named in one line', async () => {
  const [without, dashed, more] = await Promise.all([
    ended('tls', 'init', '--name'),
    ended('tls', 'init', '--name', '-keel'),
    ended('health', '--help=3'),
  ]);
  assert.equal([without.code, dashed.code, more.code], [2, 2, 2]);
  assert.match(without.stderr, /^The command line has --name without a value\.\n/);
  assert.match(
    dashed.stderr,
    /^The command line has --name without a value, or one that begins with "-"; such a value is written --name=-…\.\n/,
  );
  assert.match(more.stderr, /^The command line has a value at --help, which takes none\.\n/);
});

test('a host is a name that name servers can know, or an address', () => {
  for (const right of [
    'keel',
    'keel.example.net',
    'keel.example.net.',
    'my_host',
    '10.0.0.7',
    'fe80::1',
    '127.0.0.1',
    '0.0.0.0',
    '::',
  ])
    assert.is(hostFault(right), null, right);
  const wrong: [text: string, why: RegExp][] = [
    ['300.1.1.1', /no address/],
    ['10.1', /no address/],
    ['keel..net', /not a host/],
    ['-keel', /not a host/],
    ['keel-.net', /not a host/],
    ['a b', /not a host/],
    ['http://keel', /not a host/],
    [`${'a'.repeat(64)}.net`, /not a host/],
    ['a.'.repeat(130), /not a host/],
    ['keel.example.net:7460', /holds a port/],
    ['keel.例え.jp', /is written keel\.xn--r8jz45g\.jp/],
  ];
  for (const [text, why] of wrong) assert.match(hostFault(text) ?? 'taken', why, text);
  for (const anywhere of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0'])
    assert.match(reachedFault(anywhere) ?? 'taken', /nobody can reach it/);
  assert.is(reachedFault('::1'), null);
});

test('of two at the same moment one makes the authority, and the other leaves no key behind', async () => {
  const data = join(folder.path, 'data');
  const both = await Promise.all(
    ['a.example.net', 'b.example.net'].map((name) => ended('tls', 'init', '--name', name, '--data', data)),
  );
  assert.equal(both.map(({ code }) => code).sort(), [0, 1]);
  const refused = both.find(({ code }) => code === 1);
  assert.match(refused?.stderr ?? '', /There is an authority in .* already\..*move .* away/s);
  const keys = readdirSync(join(data, 'tls')).filter((name) => name.endsWith('.key'));
  assert.is(keys.length, 4, keys.join());
});

test.run();
