/** People whom the desk knows, as the interface shows them. */
import { type Static, Type } from 'typebox';

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
