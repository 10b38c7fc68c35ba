/** Ticket desks, the mailbox and chat rooms as the settings have them, with what stands in files of its own. */
import type { Fault } from '../../shared/shape.ts';
import { readChat } from './chat.ts';
import { readDesks } from './desks.ts';
import type { FurtherConfig, furtherSettings } from './further.ts';
import { readLdap } from './ldap.ts';
import { readMailIn } from './mail-in.ts';
import type { Read } from './named-file.ts';
import { readRecovery } from './recovery.ts';
import { readRemote } from './remote.ts';

export const readFurther = (
  {
    desks,
    chat,
    mail_in,
    ldap,
    recovery,
    remote_support,
  }: { readonly [section in keyof typeof furtherSettings]?: unknown },
  read: Read,
  faults: Fault[],
): FurtherConfig => ({
  desks: readDesks(desks, read, faults),
  mailIn: readMailIn(mail_in, read, faults),
  ldap: readLdap(ldap, read, faults),
  chat: readChat(chat, read, faults),
  remoteSupport: readRemote(remote_support, faults),
  recovery: readRecovery(recovery),
});
