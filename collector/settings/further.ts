/** Sections of the settings that connect the collector to what a company has: ticket desks, a mailbox, chat rooms. */
import { Type } from 'typebox';
import type { ChatSettings } from '../chat/settings.ts';
import type { DeskSettings } from '../desks/settings.ts';
import { type LdapPlace, LdapSettings } from '../directory/ldap-settings.ts';
import { type MailInPlace, MailInSettings } from '../mail/settings.ts';
import type { RecoveryRules } from '../recovery/rules.ts';
import type { RemoteTemplate } from '../remote/remote.ts';
import { RecoverySettings } from './recovery.ts';

const each = (description: string) => Type.Optional(Type.Array(Type.Unknown(), { maxItems: 8, description }));

export const furtherSettings = {
  desks: each('each checked by its kind: collector/desks'),
  mail_in: Type.Optional(MailInSettings),
  chat: each('each checked by its kind: collector/chat'),
  ldap: Type.Optional(LdapSettings),
  recovery: Type.Optional(RecoverySettings),
  remote_support: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 50, description: 'collector/remote' })),
};

export interface FurtherConfig {
  /** Ticket desks of others. */
  desks: DeskSettings[];
  /** The mailbox whose messages become tickets; null: none. */
  mailIn: MailInPlace | null;
  /** The directory server whose people the desk knows; null: none. */
  ldap: LdapPlace | null;
  /** Chat rooms that are listened to. */
  chat: ChatSettings[];
  /** Links to tools of remote support. */
  remoteSupport: RemoteTemplate[];
  /** How people who have lost their access get it back. */
  recovery: RecoveryRules;
}
