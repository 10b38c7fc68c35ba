/** The shape of a drop file, and its one reader. Apart from drop-file.ts, so that only an endpoint that has some loads it. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Reason } from '../../../shared/inventory.ts';
import { strictJson } from '../parse.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
/** ISO 8601 in UTC, as `Date.toISOString` writes it: people read these files too. */
const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$' });
const amount = Type.Number({ minimum: 0 });
const or = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const reasons = Type.Array(Reason, { maxItems: 20 });

/** Schema 1. Only `schema`, `job`, `product` and `result` must be there; `unknown` when only verifications were recorded. */
export const DropFile = Type.Object({
  schema: Type.Literal(1),
  job: text(200),
  product: text(64),
  startedAt: or(time),
  /** Absent while it runs. */
  endedAt: or(time),
  result: Type.Enum(['ok', 'warning', 'failed', 'running', 'unknown']),
  exitCode: or(Type.Integer()),
  /** The process of the running backup, and its start as the system counts it, so that a reused number is noticed. */
  pid: or(Type.Integer({ minimum: 1 })),
  pidStart: or(text(64)),
  bytes: or(amount),
  files: or(amount),
  /** As the script wrote it; run-backup writes `reasons`. */
  message: or(Type.String({ maxLength: 2000 })),
  reasons: or(reasons),
  lastSuccess: or(time),
  /** The last verification that ended well, and how the newest one ended. */
  lastVerified: or(time),
  verifiedOk: or(Type.Boolean()),
  /** The last verification that failed, and why. */
  lastVerifyFailed: or(time),
  verifyNote: or(Type.String({ maxLength: 2000 })),
  verifyReasons: or(reasons),
  protects: Type.Optional(Type.Array(text(1024), { maxItems: 200 })),
  repository: or(text(2000)),
  schedule: or(text(200)),
});
export type DropFile = Static<typeof DropFile>;

let validator: ReturnType<typeof Compile<typeof DropFile>> | null = null;

/** A drop file's content; null when it is none. Unknown keys are left alone: later versions may add some. */
export function parseDropFile(content: string): DropFile | null {
  const value = strictJson(content);
  // Compiled on first use: most endpoints have no drop file.
  validator ??= Compile(DropFile);
  return validator.Check(value) ? value : null;
}
