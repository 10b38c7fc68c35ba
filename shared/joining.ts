/** Joining, as the pages see it: the lines to paste, and the packages that they fetch. */
import { type Static, Type } from 'typebox';

const text = Type.String();

export const AgentPackage = Type.Object({
  name: text,
  version: text,
  system: Type.Union([Type.Literal('linux'), Type.Literal('windows'), Type.Literal('macos')]),
  arch: Type.Union([Type.Literal('x64'), Type.Literal('arm64')]),
  form: Type.Union([Type.Literal('deb'), Type.Literal('rpm'), Type.Literal('tar.gz'), Type.Literal('msi')]),
  /** Bytes. */
  size: Type.Integer(),
  sha256: text,
});
export type AgentPackage = Static<typeof AgentPackage>;

/** What has come of a join code, for the page that waits. */
export const JoinProgress = Type.Object({
  machines: Type.Array(
    Type.Object({
      id: text,
      name: text,
      /** ms UTC: enrolled. */
      at: Type.Integer(),
      /** Its first report is here. */
      reports: Type.Boolean(),
    }),
  ),
  /** Somebody fetched the script, since the code was made. */
  fetchedAt: Type.Union([Type.Integer(), Type.Null()]),
  refused: Type.Array(
    Type.Object({
      at: Type.Integer(),
      address: text,
      why: text,
      /** In the language of the collector. */
      message: text,
      hint: text,
      /** By a code that is not known, so perhaps of another machine. */
      isUnknown: Type.Boolean(),
    }),
  ),
});
export type JoinProgress = Static<typeof JoinProgress>;

/** What to paste on the machine. `source` is for one that has this project. */
export const JoinLines = Type.Object({ linux: text, macos: text, windows: text, source: text });
export type JoinLines = Static<typeof JoinLines>;
