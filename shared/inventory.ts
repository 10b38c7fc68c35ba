/**
 * What is known of an endpoint besides its time series, in sections. Each section is sent whole, on change and daily,
 * on the topic `inventory`, and kept by the collector as one document with the time it was seen.
 *
 * Rule of every section: what could not be read is `null` with a `reason`, never 0, never an empty list that looks
 * like "nothing found".
 */
import { type Static, Type } from 'typebox';
import { scriptBounds, scriptIdPattern, scriptNamePattern, sha256Pattern } from './script-bounds.ts';

const text = (max = 256) => Type.String({ maxLength: max });
const instant = Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'ms since 1970, UTC' });
const maybe = {
  text: Type.Union([text(), Type.Null()]),
  long: Type.Union([text(2000), Type.Null()]),
  number: Type.Union([Type.Number(), Type.Null()]),
  instant: Type.Union([instant, Type.Null()]),
  bool: Type.Union([Type.Boolean(), Type.Null()]),
};
const closed = { additionalProperties: false } as const;

/** Why, as a code and its values: reason.ts. */
export const Reason = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$', want: 'a code of small letters, digits and _' }),
    params: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,31}$' }), Type.Union([text(2000), Type.Number()]), {
        maxProperties: 8,
        additionalProperties: false,
      }),
    ),
  },
  closed,
);
export type Reason = Static<typeof Reason>;
/** Agents before 0.2 send one sentence. */
export const Reasons = Type.Union([text(2000), Type.Array(Reason, { maxItems: 20 })]);
export type Reasons = Static<typeof Reasons>;
const orReasons = Type.Union([Reasons, Type.Null()]);

/** Section `host`: what the machine is. */
export const Host = Type.Object(
  {
    hostname: text(),
    os: Type.Object(
      {
        platform: text(32),
        name: maybe.text,
        version: maybe.text,
        build: maybe.text,
        kernel: maybe.text,
        arch: text(32),
      },
      closed,
    ),
    kind: Type.Union([Type.Literal('server'), Type.Literal('workstation')]),
    kind_why: Reasons,
    agent_version: text(32),
    boot_id: maybe.text,
    virtual: maybe.text,
  },
  closed,
);
export type Host = Static<typeof Host>;

/** Section `hardware`. */
export const Hardware = Type.Object(
  {
    manufacturer: maybe.text,
    model: maybe.text,
    serial: maybe.text,
    cpu: Type.Object({ model: maybe.text, cores: maybe.number }, closed),
    memory_bytes: maybe.number,
    disks: Type.Array(
      Type.Object(
        { name: text(), model: maybe.text, serial: maybe.text, bytes: maybe.number, kind: maybe.text },
        closed,
      ),
      { maxItems: 256 },
    ),
    interfaces: Type.Array(
      Type.Object({ name: text(), mac: maybe.text, addresses: Type.Array(text(), { maxItems: 32 }) }, closed),
      {
        maxItems: 256,
      },
    ),
  },
  closed,
);
export type Hardware = Static<typeof Hardware>;

/** Section `checks`: what each check could and could not do at its last run, and why. */
export const CheckState = Type.Object(
  {
    check: text(64),
    status: Type.Union([Type.Literal('ok'), Type.Literal('no_data'), Type.Literal('failed'), Type.Literal('off')]),
    reason: orReasons,
    at: instant,
  },
  closed,
);
export type CheckState = Static<typeof CheckState>;

export const BackupResult = Type.Enum(['ok', 'warning', 'failed', 'running', 'never', 'unknown']);
export type BackupResult = Static<typeof BackupResult>;

/**
 * Section `backups`: one normal form for every product. `lastRun` and `lastSuccess` are apart: a running or failed run
 * does not move lastSuccess; a partial run does, with result `warning`.
 */
export const BackupJob = Type.Object(
  {
    product: text(64),
    job: text(),
    protects: Type.Array(text(1024), { maxItems: 200, description: 'paths, disks or machines' }),
    repository: maybe.long,
    schedule: Type.Union([text(), Type.Null()], { description: 'as declared: daily, weekly, 6h …; null when unknown' }),
    nextRun: maybe.instant,
    lastRun: maybe.instant,
    lastSuccess: maybe.instant,
    result: BackupResult,
    reason: orReasons,
    bytes: maybe.number,
    duration: Type.Union([Type.Number(), Type.Null()], { description: 'seconds' }),
    files: maybe.number,
    lastVerified: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'last restore test or verification that ended well; agents before 0.2: also one that failed',
    }),
    verifiedOk: Type.Union([Type.Boolean(), Type.Null()], { description: 'how the newest one ended' }),
    /** The last one that failed. Left out where none has, so that collectors before 0.2 take the section too. */
    verifyFailedAt: Type.Optional(maybe.instant),
    verifyNote: Type.Optional(orReasons),
    readable: Type.Union([Type.Boolean(), Type.Null()], {
      description: 'whether the source of this knowledge could be read',
    }),
    evidence: text(64),
  },
  closed,
);
export type BackupJob = Static<typeof BackupJob>;

export const PendingUpdate = Type.Object(
  {
    name: text(),
    installed: maybe.text,
    candidate: maybe.text,
    security: maybe.bool,
    severity: Type.Optional(maybe.text),
    since: maybe.instant,
    sinceAtLeast: Type.Optional(
      Type.Boolean({ description: 'its day of publication is unknown: it has been pending at least since then' }),
    ),
  },
  closed,
);
export type PendingUpdate = Static<typeof PendingUpdate>;

/** Section `patches`: one entry per package manager. `pending: null` is "unknown", and `scan` says why. */
export const PatchState = Type.Object(
  {
    manager: text(32),
    thirdParty: Type.Boolean(),
    pending: maybe.number,
    pendingSecurity: maybe.number,
    held: maybe.number,
    list: Type.Array(PendingUpdate, { maxItems: 1000 }),
    oldestSecuritySince: maybe.instant,
    oldestSecurityAtLeast: Type.Optional(
      Type.Boolean({ description: 'an update of unknown date is pending: the true age may be greater' }),
    ),
    scannedAt: maybe.instant,
    metadataAge: Type.Union([Type.Number(), Type.Null()], { description: 'seconds' }),
    scan: Type.Union([Type.Literal('ok'), Type.Literal('failed'), Type.Literal('unknown')]),
    reason: orReasons,
    autoUpdates: Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Literal('unknown')]),
    lastInstall: maybe.instant,
  },
  closed,
);
export type PatchState = Static<typeof PatchState>;

/** Section `os`: reboot and end of life. */
export const OsState = Type.Object(
  {
    name: maybe.text,
    version: maybe.text,
    build: maybe.text,
    endOfLife: maybe.instant,
    endOfSecurity: maybe.instant,
    endOfLifeSource: Type.Union([text(), Type.Null()], {
      description: 'os-release, distro-info, table (bundled) or file (in the folder of the agent)',
    }),
    endOfLifeAsOf: Type.Optional(
      Type.Union([text(), Type.Null()], {
        description: 'day of which the table is that was asked, such as 2026-08-22',
      }),
    ),
    rollingRelease: Type.Optional(Type.Boolean({ description: 'a system without releases has no end of life' })),
    rebootRequired: maybe.bool,
    rebootSince: maybe.instant,
    rebootWhy: orReasons,
  },
  closed,
);
export type OsState = Static<typeof OsState>;

/** Section `health`: disks, arrays, services, posture … one row per finding, whatever its kind. */
export const HealthItem = Type.Object(
  {
    kind: text(32),
    name: text(),
    status: Type.Union([
      Type.Literal('ok'),
      Type.Literal('warning'),
      Type.Literal('critical'),
      Type.Literal('unknown'),
    ]),
    summary: Reasons,
    details: Type.Record(
      Type.String({ maxLength: 64 }),
      Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean(), Type.Null()]),
    ),
    at: instant,
  },
  closed,
);
export type HealthItem = Static<typeof HealthItem>;

/** Section `software`. */
export const SoftwareItem = Type.Object(
  { name: text(), version: maybe.text, publisher: maybe.text, installed: maybe.instant, lastUsed: maybe.instant },
  closed,
);
export type SoftwareItem = Static<typeof SoftwareItem>;

/** One text per language, by its code; a machine's administrator writes them. */
const texts = (max: number) =>
  Type.Record(Type.String({ pattern: '^[a-z]{2}(-[A-Z]{2})?$' }), text(max), {
    ...{ minProperties: 1, maxProperties: 8, additionalProperties: false },
  });

/** A script that a machine offers: its name and what may be chosen, never what stands in it. */
export const ScriptOffer = Type.Object(
  {
    name: Type.String({ pattern: scriptNamePattern }),
    title: texts(scriptBounds.title),
    about: Type.Union([texts(scriptBounds.about), Type.Null()]),
    sha256: Type.String({ pattern: sha256Pattern }),
    limit_s: Type.Integer({ minimum: 1, maximum: 3600 }),
    two_persons: Type.Boolean(),
    parameters: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: scriptNamePattern }),
          title: Type.Union([texts(scriptBounds.title), Type.Null()]),
          values: Type.Array(text(scriptBounds.value), { minItems: 1, maxItems: scriptBounds.values }),
        },
        closed,
      ),
      { maxItems: scriptBounds.parameters },
    ),
    problem: orReasons,
  },
  closed,
);
export type ScriptOffer = Static<typeof ScriptOffer>;

/** Section `scripts`: what may be ordered here. `token`: orders name it; another start of the agent has another one. */
export const ScriptOffers = Type.Object(
  {
    token: Type.Union([Type.String({ pattern: scriptIdPattern }), Type.Null()]),
    off: orReasons,
    list: Type.Array(ScriptOffer, { maxItems: scriptBounds.scripts }),
  },
  closed,
);
export type ScriptOffers = Static<typeof ScriptOffers>;

/** Section `script_runs`: the newest orders that this machine took or refused. `lost`: the agent ended while it ran. */
export const ScriptRun = Type.Object(
  {
    id: Type.String({ pattern: scriptIdPattern }),
    script: text(48),
    state: Type.Enum(['running', 'done', 'refused', 'lost']),
    reason: orReasons,
    heard: { ...instant, description: 'when the order came, ms UTC' },
    ended: maybe.instant,
    code: Type.Union([Type.Integer({ minimum: 0, maximum: 2 ** 32 }), Type.Null()]),
    signal: maybe.text,
    output: text(scriptBounds.output),
    cut: Type.Boolean({ description: 'it printed more' }),
  },
  closed,
);
export type ScriptRun = Static<typeof ScriptRun>;

export const sections = {
  host: Host,
  hardware: Hardware,
  checks: Type.Array(CheckState, { maxItems: 200 }),
  backups: Type.Array(BackupJob, { maxItems: 500 }),
  patches: Type.Array(PatchState, { maxItems: 32 }),
  os: OsState,
  health: Type.Array(HealthItem, { maxItems: 1000 }),
  software: Type.Array(SoftwareItem, { maxItems: 10_000 }),
  scripts: ScriptOffers,
  script_runs: Type.Array(ScriptRun, { maxItems: scriptBounds.runs }),
} as const;
export type SectionName = keyof typeof sections;
