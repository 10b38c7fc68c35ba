/** `mail_in:` of evenkeel.yaml: what is missing or dangerous is said by its place. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMailIn } from '../../../collector/settings/mail-in.ts';
import type { Fault } from '../../../shared/shape.ts';

function read(section: unknown) {
  const faults: Fault[] = [];
  const place = readMailIn(section, (path) => (path === 'secret' ? 'from a file\n' : ''), faults);
  return { place, said: faults.map(({ path, problem }) => `${path.join('.')} ${problem}`).join('\n') };
}
const usual = { host: 'imap.example.org', user: 'desk@example.org', password_file: 'secret' };

test('defaults: TLS, three folders, the password of its file', () => {
  const { place, said } = read(usual);
  assert.is(said, '');
  assert.equal(
    [place?.port, place?.tls, place?.password, place?.address, place?.folder, place?.moveTo, place?.asideTo],
    [993, 'tls', 'from a file', 'desk@example.org', 'INBOX', 'Evenkeel', 'Evenkeel-aside'],
  );
  assert.is(read({ ...usual, tls: 'starttls' }).place?.port, 143);
  assert.is(read(undefined).place, null);
});

test('what cannot be meant', () => {
  assert.match(
    read({ ...usual, tls: 'none' }).said,
    /mail_in\.tls is "none", and the password would go to imap\.example\.org/,
  );
  assert.is(read({ ...usual, host: '127.0.0.1', tls: 'none' }).said, '');
  assert.match(read({ ...usual, password_file: undefined }).said, /mail_in\.password_file is missing/);
  assert.match(read({ ...usual, password: 'x' }).said, /leave one of them out/);
  assert.match(read({ ...usual, password_file: 'gone' }).said, /mail_in\.password_file .*empty file/);
  assert.match(read({ ...usual, user: 'desk' }).said, /mail_in\.address is missing/);
  assert.match(read({ ...usual, move_to: 'INBOX' }).said, /three folders/);
});

test.run();
