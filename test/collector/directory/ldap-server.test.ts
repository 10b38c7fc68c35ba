/** A directory server is read whole or not at all: against OpenLDAP, and against one that says what no good one would. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { peopleOfLdap } from '../../../collector/directory/ldap-people.ts';
import { type LdapRead, readLdapServer } from '../../../collector/directory/ldap-session.ts';
import { LdapSettings, ldapPlace } from '../../../collector/directory/ldap-settings.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { faultsOf } from '../../../shared/shape.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { type FalseDirectory, type FalsePage, openFalseDirectory } from '../../support/false-directory.ts';
import { entryOf, ldapPassword, openSlapd, type Slapd, slapdMissing, suffix } from '../../support/slapd.ts';

const test = suite('reading a directory server');
if (slapdMissing) console.log(`SKIP slapd: ${slapdMissing}`);
const real = (name: string, run: () => Promise<void>) => {
  if (!slapdMissing) test(name, run);
};
const [many, other] = [`ou=many,${suffix}`, `ou=ad,${suffix}`];
const reader = `cn=reader,${suffix}`;
let slapd: Slapd;
let ca = '';

test.before(async () => {
  if (slapdMissing) return;
  const account = (name: string) =>
    entryOf(`cn=${name},${suffix}`, {
      objectClass: ['person', 'simpleSecurityObject'],
      cn: name,
      sn: name,
      userPassword: ldapPassword,
    });
  const unit = (name: string) => entryOf(`ou=${name},${suffix}`, { objectClass: 'organizationalUnit', ou: name });
  const people = Array.from({ length: 1200 }, (_, n) =>
    entryOf(`uid=u${n},${many}`, {
      objectClass: 'inetOrgPerson',
      uid: `u${n}`,
      cn: `User ${n}`,
      sn: 'x',
      mail: `u${n}@example.org`,
    }),
  );
  const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const person = (name: string, control: string, more = {}) =>
    entryOf(`cn=${name},${other}`, {
      ...{ objectClass: ['inetOrgPerson', 'user'], cn: name, sn: name, objectCategory: 'person' },
      ...{ userAccountControl: control, mail: `${name}@example.org`, objectGUID: guid, ...more },
    });
  const referral = entryOf(`ou=elsewhere,${other}`, {
    ...{
      objectClass: ['referral', 'extensibleObject'],
      ou: 'elsewhere',
      ref: 'ldap://192.0.2.1/ou=x,dc=example,dc=net',
    },
  });
  const machine = entryOf(`cn=DESK-07,${other}`, {
    objectClass: 'computer',
    cn: 'DESK-07',
    name: 'DESK-07',
    managedBy: `CN=mia,${other}`,
  });
  slapd = await openSlapd(
    [
      unit('many'),
      unit('ad'),
      ...['reader', 'small', 'blind'].map(account),
      ...people,
      person('mia', '512', { displayName: 'Mia Abe' }),
      person('gone', '514', { objectGUID: Buffer.alloc(16, 1) }),
      referral,
      machine,
    ].join(''),
    [
      `limits dn.exact="cn=small,${suffix}" size=100 size.prtotal=100`,
      `access to attrs=userPassword by anonymous auth`,
      `access to * by dn.exact="cn=blind,${suffix}" search by users read`,
    ],
  );
  ca = readFileSync(slapd.ca, 'utf8');
});
test.after(async () => {
  await slapd?.[Symbol.asyncDispose]();
});

type Given = Parameters<typeof ldapPlace>[0];
const placeOf = (given: Partial<Given> = {}, password = ldapPassword, authority: string | null = ca) =>
  ldapPlace(
    { url: slapd?.tls ?? '', bind: reader, password_file: 'x', base: many, timeout_s: 5, ...given },
    password,
    authority,
  );
const never = new AbortController().signal;
const look = (...of: Parameters<typeof placeOf>) => readLdapServer(placeOf(...of), never);

async function refusedBecause(reading: Promise<unknown>): Promise<string> {
  const thrown = await reading.then(
    () => 'it was read',
    (why: unknown) => why,
  );
  if (!(thrown instanceof EvenkeelError)) return String(thrown);
  const { code, why } = thrown;
  assert.is(code, 'LDAP_FAILED');
  assert.ok(formatReasons('ja', [...why]).length > 20);
  assert.not.match(formatReasons('ja', [...why]), /\{\{|undefined/);
  return why[0]?.code ?? '';
}

real('all pages come, by TLS, by StartTLS and in the clear on this machine', async () => {
  for (const given of [{}, { url: slapd.plain }, { url: slapd.plain, starttls: false }]) {
    const { people, computers, referrals } = await look(given);
    assert.equal([people.length, computers, referrals], [1200, null, 0]);
    assert.is(people.at(-1)?.values('MAIL')[0]?.toString(), 'u1199@example.org');
    assert.is(people[0]?.values('entryUUID').length, 1);
    assert.equal(people[0]?.values('userPassword'), []);
  }
});

real('each refusal says which of them it is', async () => {
  const cases: [string, Parameters<typeof placeOf>][] = [
    ['ldap_password', [{}, 'wrong']],
    ['ldap_base', [{ base: `ou=nowhere,${suffix}` }]],
    ['ldap_base_form', [{ base: 'people' }]],
    ['ldap_nobody', [{ filter: '(cn=nobody)' }]],
    ['ldap_nobody', [{ bind: `cn=blind,${suffix}` }]],
    ['ldap_size', [{ bind: `cn=small,${suffix}` }]],
    ['ldap_many', [{ at_most: 1100 }]],
    ['ldap_tls', [{}, ldapPassword, null]],
    ['ldap_gone', [{ url: slapd.tls.replace('ldaps', 'ldap'), starttls: false }]],
    ['ldap_gone', [{ url: slapd.plain.replace('ldap', 'ldaps') }]],
    ['ldap_refused', [{ url: 'ldap://127.0.0.1:1' }]],
    ['ldap_host', [{ url: 'ldap://nobody.invalid' }]],
    ['ldap_referral', [{ base: `ou=below,ou=elsewhere,${other}` }]],
    ['ldap_base', [{ computers: { base: `ou=nowhere,${suffix}` } }]],
  ];
  for (const [code, of] of cases) assert.is(await refusedBecause(look(...of)), code, JSON.stringify(of[0]));
  const elsewhere = { ...placeOf({ url: slapd.plain }), host: 'ldap.example.org' };
  assert.is(await refusedBecause(readLdapServer(elsewhere, never)), 'ldap_tls');
});

real('Active Directory: its numbers, who is disabled, who works where, and what another server keeps', async () => {
  const place = placeOf({ kind: 'active_directory', base: other, computers: {} });
  const read = await readLdapServer(place, never);
  assert.equal([read.people.length, read.computers?.length, read.referrals], [1, 1, 2]);
  const names = { sites: [], logins: [], skills: new Map(), endpoints: [{ id: 'e1', name: 'desk-07.example.org' }] };
  const { changes, notes } = peopleOfLdap(read, place, [], names);
  assert.equal(notes, []);
  const [mia] = changes.map(({ fields }) => fields);
  assert.equal([mia?.number, mia?.name, mia?.machines], ['33221100-5544-7766-8899-aabbccddeeff', 'Mia Abe', ['e1']]);
});

const entry = (n: number, values = {}) => ({
  dn: `uid=${n},${many}`,
  values: { cn: [`P ${n}`], entryUUID: [`id-${n}`], mail: [`p${n}@example.org`], ...values },
});

async function answered(page: (search: number) => FalsePage, given: Partial<Given> = {}, signal = never) {
  await using server: FalseDirectory = await openFalseDirectory(page);
  const place = placeOf({ url: server.url, starttls: false, ...given }, ldapPassword, null);
  const outcome = await readLdapServer(place, signal).catch((why: unknown) => why);
  return { outcome, asked: server.asked };
}

test('a page without entries is not the end, a page after which the connection is gone is none', async () => {
  const whole = await answered((n) => (n === 1 ? { cookie: 'b' } : { entries: [entry(n)], cookie: n < 2 ? 'a' : '' }));
  assert.is((whole.outcome as { people: unknown[] }).people?.length, 2);
  assert.equal(whole.asked, ['bind', 'search', 'search', 'search']);
  const cut = await answered((n) => (n === 0 ? { entries: [entry(0)], cookie: 'a' } : { raw: Buffer.alloc(0) }));
  assert.is(await refusedBecause(Promise.reject(cut.outcome)), 'ldap_gone');
  // It came once, and was not reached again without a log-in.
  assert.equal(cut.asked, ['bind', 'search', 'search']);
});

test('pages without end, floods, rubbish and silence are stopped', async () => {
  const endless = await answered(() => ({ entries: [entry(1)], cookie: 'again' }), { at_most: 50_000 });
  assert.is(await refusedBecause(Promise.reject(endless.outcome)), 'ldap_timeout');
  assert.ok(endless.asked.length <= 1001);
  const photo = Buffer.alloc(8 * 1024 * 1024, 0x41);
  const flood = await answered(() => ({ entries: [entry(1, { title: [photo, photo] })] }));
  assert.is(await refusedBecause(Promise.reject(flood.outcome)), 'ldap_bytes');
  const rubbish = await answered(() => ({ raw: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }), { timeout_s: 1 });
  assert.is(await refusedBecause(Promise.reject(rubbish.outcome)), 'ldap_timeout');
  const ended = new AbortController();
  const aborted = (): FalsePage => {
    ended.abort();
    return { isSilent: true };
  };
  const silent = await answered(aborted, {}, ended.signal);
  assert.is(await refusedBecause(Promise.reject(silent.outcome)), 'ldap_timeout');
});

test('what is no text is left out, and names that are one stay', async () => {
  const broken = { displayName: [Buffer.from([0xff, 0xfe])], title: [Buffer.from([0xc3])] };
  const { outcome } = await answered(() => ({ entries: [entry(1, broken), entry(2, { cn: [Buffer.from([0xff])] })] }));
  const names = { sites: [], logins: [], skills: new Map(), endpoints: [] };
  const { changes, notes } = peopleOfLdap(outcome as LdapRead, placeOf(), [], names);
  assert.equal(
    changes.map(({ fields }) => [fields.name, fields.job]),
    [['P 1', null]],
  );
  assert.equal(
    notes.map(({ field, why }) => [field, why.code]),
    [
      ['name', 'ldap_no_text'],
      ['job', 'ldap_no_text'],
      ['name', 'ldap_no_name'],
    ],
  );
});

test('settings that would send the password in the clear, or find nothing, are named', () => {
  const problems = (given: object) =>
    faultsOf(LdapSettings, { url: 'ldaps://ldap.example.org', base: 'dc=example', ...given }).map(({ path }) =>
      path.join('.'),
    );
  assert.equal(problems({}), []);
  assert.equal(problems({ url: 'https://ldap.example.org' }), ['url']);
  assert.equal(problems({ url: 'ldaps://me:secret@ldap.example.org' }), ['url']);
  assert.equal(problems({ url: 'ldaps://ldap.example.org/dc=x' }), ['url']);
  assert.equal(problems({ filter: '(cn=*' }), ['filter']);
  assert.equal(problems({ attributes: { mail: 'mail)(cn=*' } }), ['attributes.mail']);
  assert.equal(problems({ attributes: { phone: '' } }), []);
});

test.run();
