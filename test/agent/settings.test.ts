/** The endpoint's own settings: what is taken, and where a mistake is told to be. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSettings, readSettings } from '../../agent/settings.ts';
import { EvenkeelError } from '../../shared/errors.ts';

const refused = (text: string): string => {
  try {
    parseSettings(text, 'checks.yaml');
  } catch (thrown) {
    assert.instance(thrown, EvenkeelError);
    return (thrown as EvenkeelError).message;
  }
  throw new Error(`taken: ${text}`);
};

test('own checks and certificates', () => {
  const settings = parseSettings(
    'custom:\n  - name: disk\n    command: [/bin/true, "-w", "10%"]\n    every: 5m\n    timeout: 10\n    output: json\ncertificates: [/etc/ssl/web.pem]\n',
    'x',
  );
  assert.equal(settings.custom, [
    { name: 'disk', command: ['/bin/true', '-w', '10%'], every: '5m', timeout: 10, output: 'json' },
  ]);
  assert.equal(settings.certificates, ['/etc/ssl/web.pem']);
  assert.equal(parseSettings('', 'x'), {});
  assert.equal(parseSettings('backups:\n  anything: 1\n', 'x'), { backups: { anything: 1 } });
});

test('mistakes have a line and a column', () => {
  assert.match(
    refused('custom:\n  - name: a\n    command: [x]\n    evry: 3\n'),
    /checks\.yaml:4:5: custom\.0\.evry: this key is not known/,
  );
  assert.match(refused('custom: []\nchecks: 1\n'), /checks\.yaml:2:1: checks: this key is not known/);
  assert.match(refused('custom: [1'), /checks\.yaml:1:/);
  assert.match(refused('custom:\n  - name: a\n    command: "sh -c x"\n'), /checks\.yaml:3:/);
  assert.match(refused('custom:\n  - name: "a b"\n    command: [x]\n'), /checks\.yaml:2:/);
  assert.match(refused('custom:\n  - name: a\n    command: []\n'), /checks\.yaml:3:/);
  assert.match(refused('custom:\n  - name: a\n    command: [x]\n    every: soon\n'), /checks\.yaml:4:/);
  assert.match(refused('a: &a [*a]\n'), /checks\.yaml/);
});

test('no file is no settings', async () => {
  assert.equal(await readSettings('/nonexistent/checks.yaml'), {});
});

test.run();
