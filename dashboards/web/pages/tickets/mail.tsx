/** What the history of a ticket says of a mail. */

import type { TicketDetail } from '../../../../shared/api.ts';
import type { AttachmentRefusal } from '../../../../shared/attachment.ts';
import { bytes } from '../../../../shared/words/format.ts';
import { actorName, language, t } from '../../words/words.ts';

interface MailFacts {
  mail?: 'bounced' | 'auto' | 'other' | 'named' | 'quoted' | 'too_big' | 'files';
  recipient?: string | null;
  ticket?: number;
  bytes?: number;
  folder?: string;
  files?: { name: string; size: number; why: AttachmentRefusal }[];
}

/** Null: it says nothing special. */
export function mailNote({ data, actor }: TicketDetail['events'][number]): string | null {
  const { mail, recipient, ticket = 0, bytes: size = 0, folder = '', files = [] } = (data ?? {}) as MailFacts;
  if (mail === undefined) return null;
  const named = files.map(({ name, why }) => `${name} (${t(`mailIn.file.${why}`)})`).join(', ');
  return t(`mailIn.note.${mail}`, {
    ...{ actor: actorName(actor), recipient: recipient ?? '?', n: ticket, folder, files: named },
    bytes: bytes(size, language.value),
  });
}

export const MailQuotation = ({ text }: { text: string }) => (
  <details>
    <summary class="small quiet">{t('mailIn.repeated')}</summary>
    <p class="quotation">{text}</p>
  </details>
);
