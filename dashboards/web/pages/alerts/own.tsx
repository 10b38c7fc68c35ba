/** An alert of the collector about itself: what is to be done, where, and of a channel its last error. */
import type { Alert } from '../../../../shared/api.ts';
import type { ChannelRow } from '../../../../shared/channel.ts';
import { findWord } from '../../../../shared/words/index.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

const pages: Readonly<Record<string, string>> = {
  'schedule-gap': '/oncall',
  'channel-failed': '/oncall/channels',
  'own-backup-old': '/settings?section=collector',
  'update-stopped': '/agent-updates',
  'mirror-behind': '/settings?section=collector',
  'desk-failed': '/settings?section=parts',
  'new-endpoints': '/',
};

function LastError({ channel }: { channel: string }) {
  const { data } = useLoad<Page<ChannelRow>>('channels');
  const last = data?.items.find(({ id }) => id === channel)?.last;
  if (!last?.error) return null;
  return (
    <p>
      {t('own.error')} (<Moment at={last.at} />
      ): <span class="quotation">{last.error}</span>
    </p>
  );
}

export function OwnAlert({ alert: { rule, tags, state } }: { alert: Alert }) {
  const todo = findWord(language.value, `own.todo.${rule.id}`);
  if (todo === undefined || state === 'resolved') return null;
  const [page, link] = [pages[rule.id], findWord(language.value, `own.link.${rule.id}`)];
  return (
    <Box title={t('own.title')}>
      {rule.id === 'channel-failed' && <LastError channel={tags.channel ?? ''} />}
      <p>{todo}</p>
      {page && (
        <p>
          <a href={page}>{link}</a>
        </p>
      )}
    </Box>
  );
}
