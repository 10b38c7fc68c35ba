/** People whom the desk knows, as the interface shows them. */
import { type Static, Type } from 'typebox';
import { Reason } from './inventory.ts';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const personSources = ['csv', 'ldap'] as const;
export type PersonSource = (typeof personSources)[number];

export const DirectoryPerson = Type.Object({
  id: text,
  source: Type.Enum([...personSources], { description: 'where they are kept; what `ldap` says is changed there' }),
  number: Type.Union([text, Type.Null()], { description: 'their number or id there' }),
  name: text,
  mail: textOrNull,
  phone: textOrNull,
  job: Type.Union([text, Type.Null()], { description: 'what they do, in words' }),
  site: Type.Union([text, Type.Null()], { description: 'its name' }),
  manager: Type.Union([text, Type.Null()], { description: 'mail address of who they report to' }),
  login: Type.Union([text, Type.Null()], {
    description: 'the user that is this person; none can log in by being here',
  }),
  machines: Type.Array(Type.Object({ id: text, name: text })),
  leftAt: Type.Union([Type.Integer(), Type.Null()], { description: 'since when they are marked as left, ms UTC' }),
});
export type DirectoryPerson = Static<typeof DirectoryPerson>;

/** One value of an entry of a directory server that is not taken; the others of that entry are, where somebody can be found by them. */
const LdapNote = Type.Object({
  entry: Type.String({ description: 'its name there, shortened' }),
  field: Type.Union([
    Type.Enum(['number', 'name', 'mail', 'phone', 'job', 'site', 'manager', 'login', 'skills', 'machines']),
    Type.Null({ description: 'the whole entry' }),
  ]),
  value: Type.String({ description: 'as it stands there, shortened' }),
  why: Reason,
});
export type LdapNote = Static<typeof LdapNote>;

const ms = Type.Integer({ description: 'ms UTC' });
const msOrNull = Type.Union([ms, Type.Null()]);

/** The directory server, as the settings page shows it. */
export const LdapView = Type.Object({
  url: text,
  bind: textOrNull,
  base: text,
  filter: text,
  refresh: Type.String({ description: 'cron, on the clock of the report zone' }),
  state: Type.Enum(['unseen', 'kept', 'held'], {
    description:
      'unseen: nobody has looked at what it would do yet, so nothing is taken; held: so many are missing that a person looks first',
  }),
  asOf: Type.Union([ms, Type.Null()], { description: 'when what stands here was read' }),
  triedAt: msOrNull,
  why: Type.Array(Reason, { description: 'of the last try, where it failed' }),
  people: Type.Integer({ description: 'who is kept by the server and has not left' }),
  missing: Type.Integer({ description: 'held: who is not there any more' }),
  skipped: Type.Integer({ description: 'entries and values that were not taken' }),
});
export type LdapView = Static<typeof LdapView>;

export const LdapOutcome = Type.Object({
  applied: Type.Boolean(),
  at: ms,
  digest: Type.String({ description: 'of what it would do: sent back with the reason, so that nothing else is done' }),
  entries: Type.Integer(),
  counts: Type.Object({ add: Type.Integer(), change: Type.Integer(), same: Type.Integer(), gone: Type.Integer() }),
  lines: Type.Array(
    Type.Object({
      ...{ line: Type.Integer(), name: text, does: Type.Enum(['add', 'change', 'same']) },
      before: Type.Optional(textOrNull),
      after: Type.Optional(textOrNull),
    }),
    { description: 'the first 500 that change something' },
  ),
  notes: Type.Array(LdapNote, { description: 'the first 200' }),
  referrals: Type.Integer({ description: 'parts that other servers keep; they are not asked' }),
  machines: Type.Union([Type.Array(text), Type.Null()], {
    description: 'computers that no endpoint here is called like, the first 200; null: not asked for',
  }),
  moreMachines: Type.Integer(),
});
export type LdapOutcome = Static<typeof LdapOutcome>;
