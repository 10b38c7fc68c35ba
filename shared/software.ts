/** What the REST interface answers about one title of software: its versions, and who has which. */
import { type Static, Type } from 'typebox';
import { page, SoftwareInstall, SoftwareTitle } from './api.ts';

export const SoftwareVersions = Type.Object({
  title: SoftwareTitle,
  /** Empty: not known. */
  versions: Type.Array(Type.Object({ version: Type.String(), endpoints: Type.Integer() })),
});
export type SoftwareVersions = Static<typeof SoftwareVersions>;

export const SoftwareInstalls = Type.Object({
  ...page(SoftwareInstall).properties,
  total: Type.Integer(),
  endpoints: Type.Integer({ description: 'how many have at least one of them' }),
});
export type SoftwareInstalls = Static<typeof SoftwareInstalls>;
