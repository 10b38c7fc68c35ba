/** A comment, and what is seldom done with a ticket; the rest is in the bar beside its name. */

import type { TicketDetail } from '../../../../shared/api.ts';
import { useKeys } from '../../keys.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { hasMention, MentionArea } from '../../parts/mention-area.tsx';
import { t } from '../../words/words.ts';
import { Unmerge } from './parts.tsx';
import { type Audience, asWhom, audiences, type TicketRun } from './run.ts';
import { MoreWork } from './work.tsx';

const open: readonly TicketDetail['row']['state'][] = ['new', 'in_progress', 'on_hold'];

export function Actions({ detail, work }: { detail: TicketDetail; work: TicketRun }) {
  const { text, setText, comment, audience, setAudience, run, busy } = work;
  const isOpen = open.includes(detail.row.state);
  useKeys({
    c: ['ticket.comment', () => document.getElementById('ticket-comment')?.querySelector('textarea')?.focus()],
  });
  return (
    <Box title={t('ticket.comment')}>
      <div class="stack" id="ticket-comment">
        <Form
          class="stack-2"
          onSubmit={() => void run('comment', { text: comment, ...asWhom[audience] })}
          busy={busy}
          word={t('ticket.send')}
          lacks={comment === '' && t('form.lacks.comment')}
          look=""
        >
          <MentionArea
            label={t('ticket.comment')}
            help={t('ticket.commentHelp')}
            value={text}
            onInput={setText}
            maxLength={10_000}
          />
          {audience !== 'internal' && hasMention(text) && (
            <Callout tone="warning" title={t('ticket.mentionPublic')} spoken />
          )}
          <Select
            label={t('ticket.audience')}
            value={audience}
            help={
              audience === 'public' && t(detail.requesterIsMailed ? 'ticket.publicMailed' : 'ticket.publicUnmailed')
            }
            onChange={(one) => setAudience(one as Audience)}
            options={audiences
              .filter((one) => one !== 'requester' || detail.row.requester !== null)
              .map((one) => [one, t(`ticket.audiences.${one}`)] as const)}
          />
        </Form>
        {isOpen && <MoreWork detail={detail} run={run} busy={busy} />}
        <Unmerge detail={detail} run={run} busy={busy} />
      </div>
    </Box>
  );
}
