/** `mail_in:` of the settings: the mailbox of the desk. */
import { type Static, Type } from 'typebox';
import { isLoopback } from '../../shared/loopback.ts';
import type { Fault } from '../../shared/shape.ts';
import { addressIn } from '../notify/address-in.ts';
import { hostFault } from '../settings/hosts.ts';

const folder = (standard: string) =>
  Type.Optional(
    Type.String({
      ...{ minLength: 1, maxLength: 200, default: standard, want: 'the name of a folder' },
      // A wildcard of LIST, or a line break of the protocol.
      check: (text: string) => (/[\p{Cc}*%]/u.test(text) ? 'is not the name of a folder; leave out * and %' : null),
    }),
  );
const addressFault = (text: string) =>
  addressIn(text) === text ? null : 'is not a mail address; write it like desk@example.org';

export const MailInSettings = Type.Object(
  {
    host: Type.String({ minLength: 1, want: 'the host of an IMAP server', check: hostFault }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    tls: Type.Optional(Type.Enum(['tls', 'starttls', 'none'], { default: 'tls' })),
    user: Type.String({ minLength: 1, maxLength: 320, want: 'the name of a user' }),
    /** From a file: `password_file`. */
    password: Type.Optional(Type.String({ minLength: 1, want: 'a password', secret: true })),
    password_file: Type.Optional(Type.String({ minLength: 1, want: 'a path', description: 'file with that password' })),
    address: Type.Optional(Type.String({ minLength: 3, want: 'a mail address', check: addressFault })),
    plus_address: Type.Optional(Type.Boolean({ default: false })),
    folder: folder('INBOX'),
    move_to: folder('Evenkeel'),
    aside_to: folder('Evenkeel-aside'),
    poll_s: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600, default: 60 })),
    max_mb: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 25 })),
    per_sender: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 20 })),
    per_hour: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 300 })),
    answers: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: 5 })),
  },
  { additionalProperties: false },
);

/** Complete and checked. */
export interface MailInPlace {
  host: string;
  port: number;
  tls: 'tls' | 'starttls' | 'none';
  user: string;
  password: string;
  /** Where people write to, and where answers go. */
  address: string;
  hasPlus: boolean;
  folder: string;
  moveTo: string;
  asideTo: string;
  pollMs: number;
  sizeAtMost: number;
  /** Messages per hour of one sender, and of all. */
  perSender: number;
  perHour: number;
  /** Automatic answers to one address per hour. */
  answers: number;
}

/** What the shape does not say; only called for settings that satisfy it. */
export function faultsOfMailIn(given: Static<typeof MailInSettings>): Fault[] {
  const { host, tls, user, address, password, password_file: file } = given;
  const faults: Fault[] = [];
  if (tls === 'none' && !isLoopback(host))
    faults.push({
      path: ['tls'],
      problem: `is "none", and the password would go to ${host} in the clear; leave it out`,
    });
  if (password === undefined && file === undefined)
    faults.push({ path: ['password_file'], problem: 'is missing: the mailbox is read with a password' });
  if (password !== undefined && file !== undefined)
    faults.push({ path: ['password'], problem: 'is given beside password_file; leave one of them out' });
  if (address === undefined && addressFault(user) !== null)
    faults.push({
      path: ['address'],
      problem: 'is missing: the user is no mail address, so it is not known where people write to',
    });
  const { folder = 'INBOX', move_to = 'Evenkeel', aside_to = 'Evenkeel-aside' } = given;
  if (new Set([folder, move_to, aside_to]).size < 3)
    faults.push({
      path: ['move_to'],
      problem: 'and folder and aside_to must be three folders, or messages would be read again',
    });
  return faults;
}

export function mailInPlace(given: Static<typeof MailInSettings>, password: string): MailInPlace {
  const { host, user, tls = 'tls' } = given;
  return {
    ...{ host, user, password, tls, port: given.port ?? (tls === 'tls' ? 993 : 143) },
    ...{ address: given.address ?? user, hasPlus: given.plus_address ?? false },
    ...{
      folder: given.folder ?? 'INBOX',
      moveTo: given.move_to ?? 'Evenkeel',
      asideTo: given.aside_to ?? 'Evenkeel-aside',
    },
    ...{ pollMs: 1000 * (given.poll_s ?? 60), sizeAtMost: (given.max_mb ?? 25) * 1024 * 1024 },
    ...{ perSender: given.per_sender ?? 20, perHour: given.per_hour ?? 300, answers: given.answers ?? 5 },
  };
}

/** For the page. */
export const shownMailIn = ({ password: _, pollMs, sizeAtMost, ...shown }: MailInPlace): Record<string, unknown> => ({
  ...shown,
  pollS: pollMs / 1000,
  maxMb: sizeAtMost / 1024 / 1024,
});
