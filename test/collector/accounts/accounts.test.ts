import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAccounts } from '../../../collector/accounts/accounts.ts';
import { hashPassword, verifyPassword } from '../../../collector/accounts/password.ts';
import { mayDo } from '../../../collector/accounts/roles.ts';
import { hashSecret, makeId } from '../../../collector/accounts/secret.ts';
import { sessionMs } from '../../../collector/accounts/sessions.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('accounts');
const password = 'a sentence of its own';
let now = 1_800_000_000_000;
let state: State;
test.before(async () => {
  state = await openState(freshPlace());
});
test.after(() => state.destroy());

const codeOf = async (work: Promise<unknown>) => {
  try {
    await work;
  } catch (thrown) {
    return thrown instanceof EvenkeelError ? thrown.code : String(thrown);
  }
  return 'done';
};

test('a password is kept as argon2id with the parameters beside it', async () => {
  const phc = await hashPassword(password);
  assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.is.not(phc, await hashPassword(password));
  assert.ok(await verifyPassword(password, phc));
  assert.not.ok(await verifyPassword(`${password} `, phc));
  assert.not.ok(await verifyPassword(password, 'rubbish'));
  // Raised one day, old hashes go on working: the parameters are read from the hash.
  const weaker = '$argon2id$v=19$m=64,t=1,p=1$';
  assert.not.ok(await verifyPassword(password, `${weaker}${phc.split('$').slice(4).join('$')}`));
});

test('letters are counted as people count them, and composed alike', async () => {
  assert.is(await codeOf(hashPassword('😀'.repeat(11))), 'WEAK_PASSWORD');
  assert.is(await codeOf(hashPassword('x'.repeat(1025))), 'WEAK_PASSWORD');
  const phc = await hashPassword('Zürich im Regen');
  assert.ok(await verifyPassword('Zu\u0308rich im Regen', phc));
});

test('roles in one line', () => {
  assert.ok(mayDo('admin', 'viewer'));
  assert.ok(mayDo('operator', 'operator'));
  assert.not.ok(mayDo('operator', 'manager'));
});

test('nobody acts under the name of the collector', async () => {
  const { tokens, users } = await createAccounts(state, () => now, null);
  const names = [
    'monitor',
    'Monitor',
    'ｍｏｎｉｔｏｒ',
    'MONITOR',
    'm o n i t o r',
    'monitor.',
    'mónitor',
    'mоnitоr',
    'm0nit0r',
  ];
  for (const name of [
    ...names,
    'mon1tor',
    'monltor',
    'Monitoring',
    '監視',
    'Evenkeel',
    'command line',
    'Local Tools',
    'сollector',
    ...[
      'evenkeel monitor',
      'Evenkeel (monitor)',
      'the collector',
      'collector (local)',
      'the local',
      'the local tools',
      'ticket policy',
    ],
    ...['automatic', 'set-up', 'console', 'agent', '-', '❤'],
  ]) {
    assert.is(await codeOf(users.create({ name, password, role: 'viewer' })), 'CONFLICT', name);
    assert.is(await codeOf(tokens.create({ name, role: 'viewer', by: 'ada' })), 'CONFLICT', name);
  }
  assert.equal(await users.list(), []);
  for (const name of [
    'monika',
    'moritz',
    'monitor of the north',
    'ops',
    'agent 7',
    'automatic reports',
    'Ana',
    'Amy',
    'Mya',
    'Thea',
  ])
    assert.is(await codeOf(tokens.create({ name, role: 'viewer', by: 'ada' })), 'done', name);
});

test('the first admin: one secret, once, also for two at the same moment', async () => {
  const { setup, users } = await createAccounts(state, () => now, null);
  const secret = setup.secret() as string;
  assert.is(await codeOf(setup.complete({ secret: 'guess', user: 'eve', password })), 'SETUP_LINK_WRONG');
  assert.is(await codeOf(setup.complete({ secret, user: 'ada', password: 'short' })), 'WEAK_PASSWORD');
  const outcomes = await Promise.all([
    codeOf(setup.complete({ secret, user: 'ada', password })),
    codeOf(setup.complete({ secret, user: 'eve', password })),
  ]);
  assert.equal(outcomes.sort(), ['SETUP_CLOSED', 'done']);
  assert.is((await users.list()).length, 1);
  assert.is(await codeOf(setup.complete({ secret, user: 'mallory', password })), 'SETUP_CLOSED');
  // A password file is no way around it.
  const again = await createAccounts(state, () => now, 'another long password');
  assert.is(again.setup.secret(), null);
  assert.is((await users.list()).length, 1);
});

test('a session ends by time, by log-out and with its user', async () => {
  const { users, sessions } = await createAccounts(state, () => now, null);
  const grace = await users.create({ name: 'grace', password, role: 'viewer' });
  const secret = await sessions.begin(grace.id);
  assert.is((await sessions.find(secret))?.user.name, 'grace');
  const row = await state.selectFrom('sessions').selectAll().where('user_id', '=', grace.id).executeTakeFirst();
  assert.is(row?.id_hash, hashSecret(secret));
  now += sessionMs;
  assert.is(await sessions.find(secret), undefined);
  const second = await sessions.begin(grace.id);
  await sessions.end(second);
  assert.is(await sessions.find(second), undefined);
  const third = await sessions.begin(grace.id);
  await users.disable(grace.id);
  assert.is(await sessions.find(third), undefined);
  assert.is(await users.logIn('grace', password), undefined);
});

test('a token is found by its secret only, until it is revoked', async () => {
  const { tokens } = await createAccounts(state, () => now, null);
  const { token, secret } = await tokens.create({ name: 'script', role: 'viewer', by: 'ada' });
  assert.match(secret, /^evk_[A-Za-z0-9_-]{43}$/);
  assert.is((await tokens.find(secret))?.id, token.id);
  assert.is((await tokens.list())[0]?.lastUsedAt, now);
  assert.is(await tokens.find(hashSecret(secret)), undefined);
  await tokens.revoke(token.id);
  assert.is(await tokens.find(secret), undefined);
  const stored = JSON.stringify(await state.selectFrom('tokens').selectAll().execute());
  assert.not.ok(stored.includes(secret.slice(4)));
});

test('ids fit topics and MQTT client ids', () => {
  for (let i = 0; i < 100; i++) assert.match(makeId('e'), /^e[a-z0-9]{15}$/);
});

test('passwords are checked two at a time; whoever comes beyond the queue is told to come again', async () => {
  const hash = await hashPassword('correct horse battery');
  const answers = await Promise.allSettled(Array.from({ length: 60 }, () => verifyPassword('wrong', hash)));
  const busy = answers.filter((one) => one.status === 'rejected');
  assert.is(busy.length, 18, 'all but 2 that run and 40 that wait');
  assert.ok(busy.every(({ reason }) => reason.code === 'LOGINS_BUSY'));
  assert.is(await verifyPassword('correct horse battery', hash), true, 'and then it is checked');
  const order: string[] = [];
  const flood = Array.from({ length: 60 }, () =>
    verifyPassword('wrong', hash).then(
      () => order.push('stranger'),
      () => undefined,
    ),
  );
  const known = verifyPassword('correct horse battery', hash, true).then((right) => right && order.push('known'));
  await Promise.all([...flood, known]);
  assert.ok(order.indexOf('known') <= 3, `who is known goes before strangers that wait: ${order.join(' ')}`);
});

test('no token signs as a person, and no person as a token', async () => {
  const { tokens, users } = await createAccounts(state, () => now, null);
  const token = (name: string) => tokens.create({ name, role: 'viewer', by: 'test' });
  const user = (name: string) => users.create({ name, password, role: 'viewer' });
  await user('linus');
  for (const name of ['linus', 'LINUS', '1inus', 'lin-us', 'ӏinus']) {
    assert.is(await codeOf(token(name)), 'CONFLICT', name);
    assert.is(await codeOf(user(name)), 'CONFLICT', name);
  }
  const first = (await token('nightly')).token;
  for (const name of ['nightly', 'night1y']) {
    assert.is(await codeOf(token(name)), 'CONFLICT', name);
    assert.is(await codeOf(user(name)), 'CONFLICT', name);
  }
  await tokens.revoke(first.id);
  assert.is(await codeOf(user('nightly')), 'CONFLICT', 'its deeds stay under its name');
  assert.is(await codeOf(token('nightly')), 'done', 'a new one takes over');
});

test('names of people that differ in what makes another letter are two names; in an accent they are one', async () => {
  const { users } = await createAccounts(state, () => now, null);
  const user = (name: string) => users.create({ name, password, role: 'viewer' });
  for (const [one, other] of [
    ...[
      ['かい', 'がい'],
      ['はる', 'ばる'],
      ['ばん', 'ぱん'],
      ['カト', 'ガト'],
      ['ハナ', 'バナ'],
    ],
    ...[
      ['강민', '감민'],
      ['김수', '김소'],
    ],
    ...[
      ['มานี', 'มานิ'],
      ['ป่า', 'ป้า'],
      ['राम', 'रमा'],
      ['कमल', 'कमला'],
      ['दिन', 'दीन'],
      ['তুলি', 'তুলা'],
      ['கவி', 'கவீ'],
    ],
  ] as [string, string][]) {
    assert.is(await codeOf(user(one)), 'done', one);
    assert.is(await codeOf(user(other)), 'done', `${other} beside ${one}`);
  }
  for (const [one, ...others] of [
    ['zoe', 'zoé', 'zo\u0308e', 'zo\u0e48e', 'z\u20dfoe', 'ｚｏｅ'],
    ['jürg', 'jurg', 'júrg'],
    ['никита', 'ники\u0301та', 'nикита'],
    ['σοφια', 'σοφία', 'σoφια'],
    ['محمد', 'مُحَمَّد'],
    ['דוד', 'דָּוִד'],
    ['がく', 'か\u3099く', 'か\u309bく', 'がく\u0301', 'がく\u20dd'],
    ['ガク', 'ｶﾞｸ', 'カ\u3099ク', 'ガ\u3099ク'],
    ['สุดา', 'สุดา\u0301', '\u0301สุดา'],
  ] as [string, ...string[]][]) {
    assert.is(await codeOf(user(one)), 'done', one);
    for (const other of others) assert.is(await codeOf(user(other)), 'CONFLICT', `${other} beside ${one}`);
  }
  for (const name of ['\u0301\u0302', '\u3099', 'Evenk\u0301eel', 'monítor', 'コレクター\u3099'])
    assert.is(await codeOf(user(name)), 'CONFLICT', name);
});

test.run();
