import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { postgresFault, postgresName, postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import {
  advice,
  comesByItself,
  plain,
  serverFault,
  willPass,
} from '../../../collector/state/drivers/postgres-faults.ts';

const test = suite('address of a PostgreSQL database');

const address = 'postgres://keel@db.example.org/keel';

test('what is no address is named, and never shown: it may hold a password', () => {
  const cases: Record<string, RegExp> = {
    './state.db': /is not the address/,
    'mysql://keel@db/keel': /is not the address/,
    'postgres://keel@db:port/keel': /is not the address/,
    'postgres://keel@db:70000/keel': /has a port beyond 65535; write one from 1 to 65535/,
    'postgres://keel:700001secret@db:x/keel': /is not the address/,
    'postgres:///keel': /names no host/,
    'postgres://db/keel': /names no user/,
    'postgres://keel:secret@db': /names no database/,
    'postgres://keel:secret@db/': /names no database/,
    'postgres://keel:secret@db/a/b': /names no database/,
    'postgres://keel:secret%@db/keel': /%25/,
    [`${address}?sslmode=prefer`]: /sslmode/,
    [`${address}?application_name=x`]: /application_name/,
  };
  for (const [text, problem] of Object.entries(cases)) {
    assert.match(postgresFault(text) ?? 'no fault', problem, text);
    assert.not.match(postgresFault(text) ?? '', 'secret', text);
  }
});

test('every part counts; a password of its own file comes before that of the address', () => {
  const text = 'postgresql://us%40er:pa%2Fss%3A@[::1]:6543/my%20db';
  assert.is(postgresFault(text), null);
  const place = { driver: 'postgres', host: '::1', port: 6543, user: 'us@er', database: 'my db', tls: null };
  assert.equal(postgresPlace(text, null, null), { ...place, password: 'pa/ss:' });
  assert.equal(postgresPlace(text, 'of a file', null), { ...place, password: 'of a file' });
  assert.is(postgresName(postgresPlace(text, null, null)), 'postgres://us@er@[::1]:6543/my db');
  assert.is(postgresPlace(address, null, null).port, 5432);
  assert.is(postgresPlace(address, null, null).password, null);
});

test('beyond this machine TLS is verified, unless the address says otherwise', () => {
  const tls = (host: string, query = '', ca: string | null = null) =>
    postgresPlace(`postgres://keel@${host}/keel${query}`, null, ca).tls;
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '[::1]']) assert.is(tls(host), null, host);
  for (const host of ['db.example.org', '10.0.0.1', '127.example.org', 'localhost.example.org', '[::2]'])
    assert.equal(tls(host), { isVerified: true, ca: null }, host);
  assert.is(tls('db', '?sslmode=disable'), null);
  assert.equal(tls('db', '?sslmode=require'), { isVerified: false, ca: null });
  assert.equal(tls('127.0.0.1', '?sslmode=verify-full'), { isVerified: true, ca: null });
  assert.equal(tls('127.0.0.1', '?sslrootcert=ca.pem', 'PEM'), { isVerified: true, ca: 'PEM' });
});

test('what the statement is to blame for would fail again; all else is between us and the server', () => {
  const answer = (code: string, severity = 'ERROR') => Object.assign(new Error(code), { code, severity });
  const passing = ['08006', '25006', '25P03', '28P01', '3D000', '40001', '40P01', '42501', '53100', '53300', '55P03'];
  for (const code of [...passing, '57014', '57P01', '57P03', '58030', 'XX000']) assert.ok(willPass(answer(code)), code);
  for (const code of ['22003', '22P02', '22021', '23505', '23503', '42601', '42P01', '0A000'])
    assert.not(willPass(answer(code)), code);
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'])
    assert.ok(willPass(Object.assign(new Error(code), { code })), code);
  assert.ok(willPass(new Error('Connection terminated unexpectedly')));
  assert.not(willPass(new TypeError('x is not a function')));
  assert.ok(comesByItself(answer('57P03', 'FATAL')));
  assert.ok(comesByItself(answer('55P03')), 'a lock of another session');
  for (const code of ['28P01', '3D000', '42501']) assert.not(comesByItself(answer(code, 'FATAL')), code);
});

test('what a person must mend is not waited for, and says what to do', () => {
  const place = postgresPlace(address, null, null);
  const cases: [unknown, RegExp][] = [
    ...[
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_GET_ISSUER_CERT',
    ].map((code): [unknown, RegExp] => [Object.assign(new Error(code), { code }), /sslrootcert/]),
    [new Error('The server does not support SSL connections'), /sslmode=disable/],
    [new Error('There was an error establishing an SSL connection'), /host and port/],
    [new Error('received invalid response: 4a'), /host and port/],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), /state_password_file/],
    [serverFault({ version: 120_017, encoding: 'UTF8' }), /Upgrade/],
    [serverFault({ version: 150_003, encoding: 'SQL_ASCII' }), /createdb .* -E UTF8 -T template0/],
  ];
  for (const [thrown, todo] of cases) {
    const fault = plain(thrown, 5000);
    assert.not(comesByItself(fault), String(thrown));
    assert.match(advice(fault, place), todo, String(thrown));
  }
  assert.is(serverFault({ version: 130_000, encoding: 'UTF8' }), null);
  assert.ok(comesByItself(plain(new Error('timeout expired'), 5000)));
});

test.run();
