/** People of a directory server: looked at first, then kept in step; who vanishes is marked, and hostile entries are held. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DirectoryPerson, LdapOutcome, LdapView } from '../../../shared/directory.ts';
import type { Workload } from '../../../shared/ticket-work.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { putEndpoint } from '../../support/fleet-history.ts';
import { entryOf, openSlapd, type Slapd, slapdMissing, suffix } from '../../support/slapd.ts';
import { until } from '../../support/until.ts';

const test = suite('people of a directory server');
if (slapdMissing) console.log(`SKIP slapd: ${slapdMissing}`);
const step = (name: string, run: () => Promise<void>) => {
  if (!slapdMissing) test(name, run);
};
const base = `ou=people,${suffix}`;
const dnOf = (uid: string) => `uid=${uid},${base}`;
const person = (uid: string, more = {}) =>
  entryOf(dnOf(uid), { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, mail: `${uid}@example.org`, ...more });
const boss = { manager: dnOf('boss') };
let slapd: Slapd;
let collector: InProcess;
let machine = '';
const settings = () => `ldap:
  url: ${slapd.tls}
  ca: ${slapd.ca}
  bind: cn=root,${suffix}
  password_file: ${slapd.passwordFile}
  base: ${base}
  attributes: { site: l, login: uid, skills: employeeType }
  computers: { base: "ou=machines,${suffix}" }
  refresh: "0 3 1 1 *"
`;

test.before(async () => {
  if (slapdMissing) return;
  const unit = (ou: string) => entryOf(`ou=${ou},${suffix}`, { objectClass: 'organizationalUnit', ou });
  const staff = Array.from({ length: 20 }, (_, n) => person(`staff${n}`, boss));
  slapd = await openSlapd(
    [unit('people'), unit('machines'), ...staff, person('boss', { manager: dnOf('boss'), cn: 'Bo Ss' })].join('') +
      person('mia', { ...boss, displayName: 'Mia Abe', telephoneNumber: '+81 6 1234', title: 'Buyer', l: 'OSAKA' }) +
      person('ada', { employeeType: ['Disk', 'backup'], l: 'Nowhere' }),
  );
  collector = await openCollector({ settings: settings() });
  await putEndpoint(collector.state, 1, { kind: 'server' });
  await collector.stop();
  collector = await collector.again(settings());
  machine = (await collector.state.selectFrom('endpoints').select('name').executeTakeFirstOrThrow()).name;
  slapd.change(
    ['device-1', machine.toUpperCase()]
      .map((cn) =>
        entryOf(`cn=${cn},ou=machines,${suffix}`, { changetype: 'add', objectClass: 'device', cn, owner: dnOf('mia') }),
      )
      .join(''),
  );
  await ok('sites', 'POST', { name: 'Osaka' });
  await ok('users', 'POST', { name: 'ada', password: 'a long enough sentence', role: 'operator' });
  const csv = 'name,mail,machines,phone\r\nMia,MIA@example.org,,1234\r\nOther,other@example.org,,\r\n';
  await ok('directory/table', 'POST', { csv, reason: 'before' });
});
test.after(async () => {
  await collector?.close();
  await slapd?.[Symbol.asyncDispose]();
});

const answer = (path: string, method = 'GET', body?: unknown) =>
  collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body === undefined ? {} : { body }) });
async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const { status, text, body: got } = await answer(path, method, body);
  assert.ok(status < 300, `${method} ${path}: ${text}`);
  return got as T;
}
const look = () => ok<LdapOutcome>('directory/ldap', 'POST', {});
const take = async (): Promise<LdapOutcome> =>
  ok('directory/ldap', 'POST', { reason: 'as it is there', digest: (await look()).digest });
const view = async (): Promise<LdapView> => {
  const { server } = await ok<{ server: LdapView | null }>('directory/ldap');
  assert.ok(server);
  return server;
};
const people = async (q: string, left = false) =>
  (await ok<{ items: DirectoryPerson[] }>(`directory?q=${q}${left ? '&left=true' : ''}`)).items;
/** As by the clock: at a start what was due is read. */
async function refreshed(): Promise<LdapView> {
  const { triedAt } = await view();
  await collector.stop();
  collector = await collector.again(settings());
  await until(async () => (await view()).triedAt !== triedAt, 20_000, 'it to be read');
  return view();
}
const remove = (uid: string) => slapd.change(`dn: ${dnOf(uid)}\nchangetype: delete\n`);
const set = (uid: string, name: string, value: string | Buffer) =>
  slapd.change(entryOf(dnOf(uid), { changetype: 'modify', replace: name, [name]: value }));

step('nothing is taken before somebody has looked, and what was shown is what is done', async () => {
  const shown = await look();
  assert.equal([shown.applied, shown.entries, shown.counts], [false, 23, { add: 22, change: 1, same: 0, gone: 0 }]);
  assert.equal(shown.machines, ['device-1']);
  assert.equal(
    shown.notes.map(({ field, value }) => [field, value]),
    [['site', 'Nowhere']],
  );
  assert.equal([(await view()).state, (await people('staff')).length], ['unseen', 0]);
  set('staff1', 'title', 'Clerk');
  const changed = await answer('directory/ldap', 'POST', { reason: 'x', digest: shown.digest });
  assert.is((changed.body as { code: string }).code, 'LDAP_CHANGED');
  assert.is((await take()).applied, true);
  const { state, asOf, people: n } = await view();
  assert.equal([state, typeof asOf, n], ['kept', 'number', 23]);
});

step('who was of a table is of the server now: what it says holds, what people entered stays', async () => {
  const [mia] = await people('Mia');
  assert.equal([mia?.name, mia?.source, mia?.site, mia?.manager], ['Mia Abe', 'ldap', 'Osaka', 'boss@example.org']);
  assert.equal([mia?.phone, mia?.job, mia?.machines.map(({ name }) => name)], ['+81 6 1234', 'Buyer', [machine]]);
  const [ada] = await people('ada');
  assert.equal([ada?.login, ada?.phone, ada?.site], ['ada', null, null]);
  const { items } = await ok<Workload>('people/workload');
  assert.equal(items.find((one) => one.person === 'ada')?.skills, ['backup', 'disk']);
  const { called } = await ok<{ called: Record<string, string> }>('users/names');
  assert.equal(called, {});
  set('ada', 'displayName', 'Ada Lang');
  assert.is((await take()).counts.change, 1);
  assert.equal((await ok<{ called: Record<string, string> }>('users/names')).called, { ada: 'Ada Lang' });
  // Nobody reports to themselves.
  assert.is((await people('boss'))[0]?.manager, null);
  assert.is((await people('other'))[0]?.source, 'csv');
  const again = await look();
  assert.equal([again.counts.same, again.lines], [23, []]);
});

step(
  'read again by itself: another name, who has vanished and who has come back; without an answer all stays',
  async () => {
    set('mia', 'displayName', 'Mia Sato');
    set('mia', 'mail', 'mia.sato@example.org');
    remove('staff3');
    slapd.change(person('new', boss).replace('\n', '\nchangetype: add\n'));
    const after = await refreshed();
    assert.equal([after.state, after.why, after.people], ['kept', [], 23]);
    assert.equal(
      (await people('Mia')).map(({ name, mail }) => [name, mail]),
      [['Mia Sato', 'mia.sato@example.org']],
    );
    assert.equal(await people('staff3'), []);
    const [gone] = await people('staff3', true);
    assert.type(gone?.leftAt, 'number');
    slapd.change(person('staff3', boss).replace('\n', '\nchangetype: add\n'));
    await slapd.stop();
    const failed = await refreshed();
    assert.equal([failed.asOf, failed.why[0]?.code, failed.people], [after.asOf, 'ldap_refused', 23]);
    await slapd.start();
    await refreshed();
    assert.is((await people('staff3'))[0]?.leftAt, null);
  },
);

step('many at once are not taken for people who have left before somebody has looked', async () => {
  for (let n = 0; n < 8; n++) remove(`staff${n}`);
  const held = await refreshed();
  assert.equal([held.state, held.missing, held.people], ['held', 8, 24]);
  assert.is((await look()).counts.gone, 8);
  await take();
  assert.equal([(await view()).state, (await view()).people], ['kept', 16]);
});

step('hostile entries: none breaks a page, takes what is of others, or costs somebody their row', async () => {
  set('staff8', 'cn', 'Evil\u202e\u0007');
  set('staff9', 'title', Buffer.alloc(1024 * 1024, 0x41));
  set('staff10', 'mail', 'a@example.org, b@example.org');
  set('staff12', 'telephoneNumber', 'call me');
  const added = (uid: string, more: object) => slapd.change(person(uid, more).replace('\n', '\nchangetype: add\n'));
  added('thief', { mail: 'BOSS@example.org' });
  added('double', { mail: 'other2@example.org' });
  added('double2', { mail: 'Other2@example.org' });
  added('circle1', { manager: dnOf('circle2') });
  added('circle2', { manager: dnOf('circle1') });
  added('nameless', { cn: '\u200b' });
  const shown = await take();
  const noted = shown.notes.map(({ entry, field, why }) => `${entry.split(',')[0]} ${field} ${why.code}`).sort();
  assert.equal(noted, [
    'uid=ada site name_unknown',
    'uid=double2 null ldap_twice',
    'uid=nameless name name_unseen',
    'uid=staff10 mail entry_mail',
    'uid=staff12 phone entry_phone',
    'uid=staff8 name name_disturbing',
    'uid=staff9 job ldap_long',
    'uid=thief null ldap_twice',
  ]);
  assert.is(shown.counts.gone, 0);
  const [left] = await people('boss');
  assert.equal([left?.name, left?.mail], ['Bo Ss', 'boss@example.org']);
  assert.equal((await people('staff8'))[0]?.leftAt, null);
  assert.equal(
    (await people('staff10')).map(({ mail }) => mail),
    [null],
  );
  assert.equal(
    (await people('circle')).map(({ manager }) => manager),
    ['circle2@example.org', 'circle1@example.org'],
  );
});

step(
  'a table changes of them what is entered here, and nothing else; only admins see and read the server',
  async () => {
    const table = async (csv: string) =>
      ok<{ faults: { why: { code: string } }[] }>('directory/table', 'POST', { csv });
    const codes = async (csv: string) => (await table(csv)).faults.map(({ why }) => why.code);
    assert.equal(await codes('mail,name,phone\r\nboss@example.org,Bo Ss,123456\r\n'), ['person_of_ldap']);
    assert.equal(
      await codes(`mail,name,machines,login,skills\r\nada@example.org,Ada Lang,${machine},ada,printers | disk\r\n`),
      [],
    );
    assert.equal(await codes('mail,name,skills\r\nboss@example.org,Bo Ss,printers\r\n'), ['person_skills_login']);
    for (const as of ['operator', 'viewer'] as const) {
      assert.is((await collector.call('/api/v1/directory/ldap', { as })).status, 403);
      assert.is((await collector.call('/api/v1/directory/ldap', { method: 'POST', as, body: {} })).status, 403);
    }
    const { server } = (await answer('directory/ldap')).body as { server: object };
    assert.not.match(JSON.stringify(server), /a password of tests/);
    const audit = await collector.state.selectFrom('audit_log').selectAll().where('action', '=', 'ldap').execute();
    assert.is(audit.length, 4);
  },
);

test.run();
